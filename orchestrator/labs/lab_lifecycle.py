"""Starting labs, saving and resuming them, starting them again, and removing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from orchestrator.core.errors import LabError, UsageError
from orchestrator.core.progress import Progress
from orchestrator.core.text import Text
from orchestrator.deliverables.deliverables_store import DeliverablesStore
from orchestrator.instances.instance import Instance, StartContext
from orchestrator.instances.lab_names import require_free
from orchestrator.instances.readiness import wait_for_conditions
from orchestrator.labs.running_lab import Running
from orchestrator.labs.running_labs import RunningLabs
from orchestrator.labs.variant_plans import VariantPlans, images_of
from orchestrator.loader.content import Content
from orchestrator.model.plan import Plan


class LabLifecycle:
    """From the start of a lab to its removal."""

    def __init__(
        self,
        labs: RunningLabs,
        plans: VariantPlans,
        deliverables: DeliverablesStore,
        build: Callable[[Sequence[str]], Mapping[str, str]],
    ) -> None:
        """Take the parts; ``build`` is that of ``Labs``."""
        self._labs = labs
        self._plans = plans
        self._deliverables = deliverables
        self._build = build

    # Starting ---------------------------------------------------------------------------------------------

    def prepare(self, plans: Sequence[Plan]) -> None:
        """Build what plans need, and start the fabric: then several threads may start their instances at once.

        Raises:
            MachineError: an image cannot be built, or the engine does not answer.
        """
        self._build(sorted({host.image for plan in plans for host in plan.hosts}))
        self._labs.instances.prepare()

    def start(
        self, plan: Plan, progress: Progress, *, broken: bool = True, name: str | None = None, pooled: str = ""
    ) -> Running:
        """Build the images that are missing and start an instance, of that name where one is given.

        Args:
            plan: what it is to be.
            progress: is told each step.
            broken: whether the faults are injected.
            name: its name; None: a new one.
            pooled: a hash of all that it is made of, where it is for nobody yet: it takes the processors that nobody
                else wants, and is frozen in the end until it is claimed.

        Raises:
            UsageError: the name cannot be a lab's, or is one's already.
            MachineError: an image cannot be built, or the engine does not answer.
            LabError: the lab did not come up; all of it was removed again.
        """
        if name is not None:  # before images are built
            require_free(name, [host.name for host in plan.hosts], self._labs.all())
        around = replace(self._around(plan, self._plans.content), pooled=pooled)
        return self._start(plan, around, progress, broken=broken, name=name)

    def claim(self, name: str) -> Running:
        """Make an instance somebody's that was started for nobody: it goes on, as it was broken.

        Raises:
            BusyError: another program is at work on it.
            LabError: it is gone or somebody's already, a host does not go on, or is not wired.
            UsageError: its content is gone.
        """
        instance = self._labs.instances.pool.claim(name)
        if unready := self._labs.unready(instance):
            raise LabError(next(iter(unready.values())))
        return Running(instance, *self._plans.of_instance(instance))

    def reset(self, running: Running, progress: Progress) -> Running:
        """Start the same variant again under the same name, broken as it was at first; the old instance is removed.

        Raises:
            LabError: it did not come up, or another program is at work on the old one, which then stays as it is.
            MachineError: an image cannot be built, or the fabric does not come up; the old one stays as it is.
        """
        instances = self._labs.instances
        with instances.exclusive(running.instance.name):
            content = self._plans.content_of(running.instance)  # known by its record, which goes with it
            around = self._around(running.plan, content)
            instances.prepare()  # all that can be lacking is there before the old one goes
            instances.remove(running.instance.name)
            return self._start(running.plan, around, progress, broken=True, name=running.instance.name)

    def _around(self, plan: Plan, content: Content) -> StartContext:
        """Return what a plan's instance is made with; images that are missing are built."""
        images = images_of(content, plan)
        return StartContext(images, self._build(sorted(images)), tuple(str(root) for root in content.roots))

    def _start(
        self, plan: Plan, around: StartContext, progress: Progress, *, broken: bool, name: str | None = None
    ) -> Running:
        instance = self._labs.instances.start(plan, around, progress, broken=broken, name=name)
        self._deliverables.put_aside(instance.name)  # of an earlier instance of that name
        return Running(instance, plan, around.images)

    # Its fault --------------------------------------------------------------------------------------------

    def inject(self, running: Running) -> None:
        """Inject the plan's faults; raises as ``Instances.inject``."""
        self._labs.instances.inject(self._labs.driver(running))

    def revert(self, running: Running) -> None:
        """Revert the injected faults; raises as ``Instances.revert``."""
        self._labs.instances.revert(self._labs.driver(running))

    def wait_until_ready(self, running: Running) -> None:
        """Wait until an instance's services do their work, as after its start; raises as ``wait_for_conditions``."""
        wait_for_conditions(self._labs.driver(running), running.plan.ready)

    # Pausing ----------------------------------------------------------------------------------------------

    def thaw(self, name: str) -> None:
        """Let the hosts of an instance go on that are frozen, but not a jury session's; who grades or acts does it too.

        Raises:
            UsageError: there is no such instance.
            LabError: a host does not go on.
        """
        self._labs.instances.thaw(name)

    def save(self, instance: Instance, *, rest_only: bool = False) -> None:
        """Stop the hosts of an instance, whose files and cables stay, until it is resumed.

        Args:
            instance: it.
            rest_only: whether only what a killed program has left of saving is done; another instance goes on.

        Raises:
            UsageError: it is a jury session's: it must not go away under a candidate.
            LabError: its start was cut off, a host does not stop, or another program is at work on it.
        """
        if instance.assessed:
            raise UsageError(
                Text(
                    fr=f"{instance.name} est le lab d'un candidat : il ne se sauvegarde pas.",
                    en=f"{instance.name} is a candidate's lab: it cannot be saved.",
                ),
                Text(
                    fr="Seule sa session de jury l'arrête : « breakfix session clear » après la clôture.",
                    en="Only its jury session ends it: 'breakfix session clear' after the closing.",
                ),
            )
        self._labs.require(instance, "started", "saved")
        self._labs.instances.save(instance.name, rest_only=rest_only)

    def resume(self, running: Running, progress: Progress) -> Running:
        """Boot the hosts of a saved instance as they are; one that is not saved is left as it is.

        Raises:
            LabError: a host did not boot, so that it is saved as before; or another program is at work on it.
            MachineError: the fabric does not come up.
        """
        count = len(running.instance.hosts)
        progress.step(Text(fr=f"Remise en marche de {count} machines", en=f"Starting {count} hosts again"))
        return replace(running, instance=self._labs.instances.resume(self._labs.driver(running)))

    # Removing ---------------------------------------------------------------------------------------------

    def stop(self, name: str) -> None:
        """Stop an instance and remove all of it but what was handed in.

        Raises:
            BusyError: another program is at work on it.
        """
        self._labs.instances.remove(name)

    def stop_all(self, spare: Callable[[Instance], bool]) -> tuple[str, ...]:
        """Stop all instances but those to spare; where none is left, the fabric too (``Instances.remove_all``)."""
        return self._labs.instances.remove_all(spare)

    def discard(self, instance: Instance) -> None:
        """Stop an instance and remove all of it, with what was handed in: nobody worked on it.

        Raises:
            LabError: another program is at work on it.
        """
        self._labs.instances.remove(instance.name)
        self._deliverables.discard(instance.name)
