"""Looks after every host that Docker runs: cables it, prepares it, opens its gate, hears when it has booted.

Docker's event stream says when a host starts; the host's own label says how it is cabled; the cables' states say what
has been changed since. The first start, a reboot, a restarted helper: all go the same way.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from . import disks, dockerd, hosts, namespaces, reaper_program
from .dockerd import DockerUnavailableError, Events, HostContainer
from .interface_names import port_name
from .links import Links
from .messages import HelperError, ProtocolError, SetPort
from .port_states import PortStates
from .sound_states import SoundStates

_GATE_RETRY = 0.002
"""Seconds between two looks at a gate that is not there yet; it appears as soon as the host's init runs."""
_GATE_LIMIT = 180.0
"""Seconds until a host whose init never came to its gate is given up."""
_RECONNECT = 0.5
"""Seconds until the next try to reach Docker."""
_LOOKS = (0.0, 2.0, 10.0, 30.0)
"""Seconds after Docker was reached when hosts whose start failed are looked for. Docker begins all of them as soon as
it is up itself: those that need what this helper has to bring first, the AppArmor profile, may fail until then. What
could not be done for one host or lab is tried again then, and after trouble with an event."""
Event: TypeAlias = tuple[str, str, str, str]
"""What Docker tells of a host: what happened, its container's id, its instance and its name."""
_MTU = range(68, 9001)
"""What an Ethernet cable may carry, in bytes: from IPv4's least (RFC 791) to jumbo frames."""
_PERCENT = range(101)


@dataclass(eq=False)
class Wired:
    """A host that the helper looks after."""

    container: HostContainer
    since: float
    prepared: bool = False
    gate_open: bool = False
    ready: bool = False
    failure: str = ""
    receiver: socket.socket | None = None

    @property
    def waiting(self) -> bool:
        """Return whether its gate is still to be opened."""
        return not self.gate_open and not self.failure


class Reconciler:
    """The hosts that run and the fabric under them."""

    def __init__(
        self, selector: selectors.BaseSelector, links: Links, states: PortStates, log: Callable[[str], None]
    ) -> None:
        """Look after hosts.

        Args:
            selector: the main loop's; its registered data are called when a file is readable.
            links: the bridges and cables.
            states: the cables' states.
            log: prints a line to the helper's log.
        """
        self._selector = selector
        self._links = links
        self._states = states
        self._sound = SoundStates()
        self._log = log
        self._wired: dict[str, Wired] = {}
        self._segments: dict[str, set[str]] = {}
        self._ports: dict[str, set[tuple[str, str]]] = {}
        self._events: Events | None = None
        self._arrived: deque[Event] = deque()
        self._gate_opened = False
        self._next_reconnect = 0.0
        self._looks: list[float] = []
        self._troubled = False

    @property
    def busy(self) -> bool:
        """Return whether there may be more to do at once."""
        return bool(self._arrived) or self._gate_opened

    def pause(self, now: float) -> float | None:
        """Return how long the main loop may sleep for the hosts' sake; None: until something happens."""
        if self.busy:
            return 0.0
        ages = [now - wired.since for wired in self._wired.values() if wired.waiting]
        pauses = [_GATE_RETRY if min(ages) < 1 else _GATE_RETRY * 25] if ages else []
        if self._events is None:
            pauses.append(self._next_reconnect - now)
        elif self._looks:
            pauses.append(self._looks[0] - now)
        return min(pauses) if pauses else None

    def follow_docker(self) -> None:
        """Subscribe to Docker's events where that is not so, and take in what happened meanwhile."""
        now = time.monotonic()
        if self._events is not None:
            if self._looks and now >= self._looks[0]:
                self._looks.pop(0)
                self._look_again()
            return
        if now < self._next_reconnect:
            return
        try:
            events = Events()
            self._reconcile()
        except Exception as error:  # whatever it answers
            self._log(f"Docker does not answer: {error}")
            self._next_reconnect = time.monotonic() + _RECONNECT
            return
        self._events = events
        self._looks = [now + pause for pause in _LOOKS]
        self._selector.register(events, selectors.EVENT_READ, self._on_events)

    def _look_again(self) -> None:
        """Do again what could not be done, and start the hosts that should run and whose start failed."""
        if self._troubled:
            self._troubled = False
            self._attempt("hosts", self._reconcile)
        failed: list[str] = []
        self._attempt("hosts whose start failed", lambda: failed.extend(dockerd.failed()))
        for container in failed:
            self._log(f"the start of the host {container[:12]} failed: starting it again")
            self._attempt(f"host {container[:12]}", dockerd.start, container)

    def _attempt(self, what: str, act: Callable[..., None], *given: Any) -> Exception | None:
        """Do what concerns one host or one lab; its trouble is logged, returned, and keeps nothing from the others."""
        try:
            act(*given)
        except Exception as error:
            self._troubled = True
            self._log(f"{what}: {type(error).__name__}: {error}")
            return error
        return None

    def _on_events(self) -> None:
        events = self._events
        if events is not None and self._attempt("Docker's events", lambda: self._arrived.extend(events.read())):
            self._unsubscribe()
        self._look_soon()

    def next_event(self) -> None:
        """Do what the first of the events that have arrived asks for: one a turn, so that no client waits for all."""
        if not self._arrived:
            return
        event = self._arrived.popleft()
        trouble = self._attempt(f"{event[0]} of {event[1][:12]}", self._on_event, *event)
        if isinstance(trouble, DockerUnavailableError):
            self._unsubscribe()
        self._look_soon()

    def _unsubscribe(self) -> None:
        """End the subscription; what is missed, or was not done yet, is taken in with the next one."""
        if self._events is not None:
            self._selector.unregister(self._events)
            self._events.close()
        self._events = None
        self._arrived.clear()

    def _look_soon(self) -> None:
        if self._troubled and not self._looks:
            self._looks = [time.monotonic() + pause for pause in _LOOKS]

    def _on_event(self, action: str, container: str, instance: str, host: str) -> None:
        if action == "start":
            self._take_in(container)
        else:
            self._let_go(container)
        if action == "destroy":
            disks.forget(container)
            self._sound.forget(container)
            _clear_aside(container)
            try:  # the lab that is reset has the same name, and whole cables
                self._states.drop(instance, host)
            finally:
                self._remove_remains(instance)

    def _reconcile(self) -> None:
        """Take in every running host, and forget instances that have no container left."""
        existing = dockerd.containers()
        running = {container for container, _, runs in existing if runs}
        instances = {instance for _, instance, _ in existing}
        self._attempt("strays", self._remove_strays, instances)  # first: a killed helper may have left half a link
        self._attempt("disks", disks.keep, {container for container, _, _ in existing})
        self._attempt("sound states", self._sound.keep, {container for container, _, _ in existing})
        for container in set(self._wired) - running:
            self._let_go(container)
        for container in running:
            self._attempt(f"host {container[:12]}", self._take_in, container)
        for instance in set(self._segments) - instances:
            self._attempt(instance, self._remove_remains, instance)
        self._attempt("ports", self._states.keep, instances)

    def _remove_strays(self, instances: set[str]) -> None:
        """Remove the links of all instances but these: also those that another helper made, which was killed."""
        for name in self._links.strays(instances):
            self._links.remove(name)

    def _take_in(self, container_id: str) -> None:
        """Look after a host that runs: one that has booted is cabled unless it is, another one at its gates."""
        container = dockerd.inspect(container_id)
        if container is None:
            return
        known = self._wired.get(container.id)
        if known is not None and known.container.pid == container.pid and (known.gate_open or not known.failure):
            return
        self._let_go(container.id)
        wired = self._wired[container.id] = Wired(container, since=time.monotonic())
        try:
            if hosts.has_booted(container.pid) and self._cable(container):
                self._restart(wired)
        except Exception as error:  # one host's trouble must not end the helper
            self._troubled = True
            wired.failure = f"{type(error).__name__}: {error}"
            self._log(f"{container.instance}/{container.host}: {wired.failure}")

    def _restart(self, wired: Wired) -> None:
        """Restart a host whose cables were lost: what it had set up on them went with them, and comes with its boot."""
        wired.gate_open, wired.failure = True, "its cables were lost, it has to be restarted"
        self._log(f"{wired.container.instance}/{wired.container.host}: {wired.failure}")
        dockerd.restart_aside(wired.container.id)

    def _cable(self, container: HostContainer) -> bool:
        """Cable a host, and return whether a cable had to be made."""
        instance, host = container.instance, container.host
        made = False
        for segment in container.wiring["segments"]:
            self._links.ensure_bridge(instance, segment)
            self._segments.setdefault(instance, set()).add(segment)
        for interface in container.wiring["interfaces"]:
            port = self._states.get(instance, host, interface["name"], interface["segment"])
            self._ports.setdefault(instance, set()).add((host, interface["name"]))
            if self._links.reaches(port_name(instance, host, interface["name"]), container.pid):
                self._links.apply(instance, host, interface["name"], port)
            else:
                self._links.plug_in(
                    instance, host, interface["name"], pid=container.pid, mac=interface["mac"], port=port
                )
                made = True
        return made

    def open_gates(self) -> None:
        """Prepare a host that waits at its first gate, or cable it at the second and let it boot: one host a turn."""
        self._gate_opened = False
        for wired in self._wired.values():
            if not wired.waiting:
                continue
            if hosts.has_booted(wired.container.pid):  # a gate that is there all the same is a trainee's
                wired.gate_open = wired.ready = True
                continue
            entered = namespaces.has_entered(wired.container.pid)
            gate = hosts.try_gate(wired.container.pid, hosts.START if entered else hosts.GATE)
            if gate is None:
                if time.monotonic() - wired.since > _GATE_LIMIT:
                    wired.failure = "its init never came to its gate"
                continue
            if not entered and wired.prepared:  # it is just about to enter
                os.close(gate)
                continue
            try:
                if entered:
                    self._admit(wired)
                    os.write(gate, b"go\n")
                    wired.gate_open = True
                else:
                    wired.prepared = True
                    os.write(gate, self._prepare(wired.container))
            except Exception as error:  # its init ends where its gate is closed, and Docker starts it again
                wired.failure = str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
                self._log(f"{wired.container.instance}/{wired.container.host}: {wired.failure}")
            finally:
                os.close(gate)
            self._gate_opened = True
            return

    @staticmethod
    def _prepare(container: HostContainer) -> bytes:
        """Prepare a host, and return what its init is told: the capabilities to keep, in setpriv(1)'s words."""
        wiring = container.wiring
        disk = wiring.get("disk", 0)  # hosts of an earlier Breakfix have none
        hosts.prepare(container.pid, container.id, writable_net_sysctls=wiring["sysctls"], disk=disk)
        kept = sorted(namespaces.capabilities_of(wiring))
        return ",".join(["-all", *(f"+cap_{number}" for number in kept)]).encode() + b"\n"

    def _admit(self, wired: Wired) -> None:
        """Cable a host that is in its namespaces, and listen for its boot."""
        container = wired.container
        namespaces.require_confined(container.pid, namespaces.capabilities_of(container.wiring))
        self._cable(container)
        wired.receiver = hosts.listen_for_ready(container.pid)
        self._selector.register(wired.receiver, selectors.EVENT_READ, lambda: self._on_notice(wired))

    def _on_notice(self, wired: Wired) -> None:
        """Read what a host's systemd says of its boot."""
        if wired.receiver is None:
            return
        with contextlib.suppress(BlockingIOError):
            if b"READY=1" in wired.receiver.recv(4096).split(b"\n"):
                wired.ready = True
        if wired.ready:  # who goes on sending would keep the helper busy
            self._stop_listening(wired)

    def _stop_listening(self, wired: Wired) -> None:
        if wired.receiver is not None:
            with contextlib.suppress(KeyError):  # it could not be registered
                self._selector.unregister(wired.receiver)
            wired.receiver.close()
            wired.receiver = None  # its notice may be among the events that the loop is going through

    def _let_go(self, container_id: str) -> None:
        """Forget a host's process; its cables end with its network namespace."""
        wired = self._wired.pop(container_id, None)
        if wired is not None:
            self._stop_listening(wired)

    def _remove_remains(self, instance: str) -> None:
        """Remove what is left of an instance when its last container is gone."""
        if any(action == "destroy" and of == instance for action, _, of, _ in self._arrived):
            return  # another one is just going
        remaining = dockerd.containers()
        if any(name == instance for _, name, _ in remaining):
            return
        self._links.forget(instance, self._segments.pop(instance, set()), self._ports.pop(instance, set()))
        instances = {name for _, name, _ in remaining}
        self._remove_strays(instances)
        self._states.keep(instances)

    def hosts_of(self, instance: str) -> list[Wired]:
        """Return the running hosts of an instance."""
        return [w for w in self._wired.values() if w.container.instance == instance]

    @staticmethod
    def is_ready(wired: Wired) -> bool:
        """Return whether a host has booted and is not over: Docker may have ended it, and its event be on the way."""
        return wired.ready and hosts.has_booted(wired.container.pid)

    def ports(self, instance: str) -> list[dict[str, Any]]:
        """Return the cables of an instance's running hosts as they are now."""
        ports = []
        for wired in self.hosts_of(instance):
            host = wired.container.host
            for interface in wired.container.wiring["interfaces"]:
                state = self._states.get(instance, host, interface["name"], interface["segment"])
                ports.append({"host": host, "interface": interface["name"], **asdict(state)})
        return sorted(ports, key=lambda p: (p["host"], p["interface"]))

    def set_port(self, request: SetPort) -> None:
        """Change a cable and record it.

        Raises:
            HelperError: no such running host, interface or segment.
            ProtocolError: a value that no cable can have.
            OSError: it cannot be done; or not be kept, and the cable is as it was.
        """
        planned = {
            i["name"]: i["segment"]
            for w in self.hosts_of(request.instance)
            if w.container.host == request.host
            for i in w.container.wiring["interfaces"]
        }
        if request.interface not in planned:
            kind, message = "unknown", f"no running host {request.host} with an interface {request.interface}"
            raise HelperError(kind, message)
        if request.segment is not None and request.segment not in self._segments.get(request.instance, ()):
            kind, message = "unknown", f"no segment {request.segment}"
            raise HelperError(kind, message)
        if (
            (request.mtu is not None and request.mtu not in _MTU)
            or (request.loss is not None and request.loss not in _PERCENT)
            or (request.rate or 0) < 0
        ):
            message = "mtu must be 68 to 9000 bytes, loss 0 to 100 percent, rate 0 or more bits per second"
            raise ProtocolError(message)
        place = (request.instance, request.host, request.interface)
        before = self._states.get(*place, planned[request.interface])
        port = before.changed(
            plugged=request.plugged,
            segment=request.segment,
            mtu=request.mtu,
            rate=request.rate,
            loss=request.loss,
        )
        self._links.apply(*place, port)
        try:
            self._states.put(*place, port)
        except OSError:
            self._links.apply(*place, before)  # what cannot be kept would be lost with the host's next restart
            raise


def _clear_aside(container: str) -> None:
    """Remove control groups that the engine left behind, in a process of its own: groups in groups may be many."""
    if not any(reaper_program.groups_of([container], reaper_program.GROUPS)):
        return
    if os.fork() == 0:
        try:
            reaper_program.clear([container])
        finally:
            os._exit(0)
