"""Builds the images that are missing, each after its parent, independent ones side by side."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path

from orchestrator.core import labels
from orchestrator.engine.engine_interface import Cancellation, Engine, ImageBuildError
from orchestrator.core.errors import BreakfixError
from orchestrator.images import bootstrap, machine_apt
from orchestrator.images.build_log import BuildLog, default_folder, open_log
from orchestrator.images.catalogue import Catalogue
from orchestrator.images.context import pack
from orchestrator.images.machine_apt import MachineApt
from orchestrator.images.observer import BuildObserver, SilentObserver
from orchestrator.core.text import Text

_SLICE = 1.0
"""Seconds until a wait for builds looks whether it was interrupted."""


class ImageBuilder:
    """Makes images exist on an engine.

    An image whose tag is there is never built again. A parent is built only where a missing image needs it.
    """

    def __init__(
        self,
        engine: Engine,
        catalogue: Catalogue,
        *,
        logs: Path | None = None,
        workers: int | None = None,
        apt: MachineApt | None = None,
    ) -> None:
        """Make a builder.

        Args:
            engine: where the images shall be.
            catalogue: the images.
            logs: the folder of the full logs; by default the user's state folder.
            workers: how many images are built at once; by default one per processor, two at least.
            apt: how packages are reached; by default as on this machine.
        """
        self._engine = engine
        self._catalogue = catalogue
        self._logs = logs or default_folder()
        self._workers = workers or max(2, os.cpu_count() or 2)
        self._apt = apt

    def missing(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return what ``build`` would build, each after its parent."""
        there = {tag for image in self._engine.images({labels.KIND: "image"}) for tag in image.tags}
        needed: set[str] = set()
        for name in names:
            for one in self._catalogue.lineage(name):
                if self._catalogue.tag(one) in there:
                    break
                needed.add(one)
        return tuple(name for name in self._catalogue.ordered(names) if name in needed)

    def build(self, names: Iterable[str], observer: BuildObserver | None = None) -> dict[str, str]:
        """Make sure that images are there, and return their tags by name.

        After a failure nothing more is begun, and what is being built may end. Ctrl-C ends all builds at once.

        Raises:
            ImageBuildError: an image's build failed; the error shows its last lines and where its log is.
            MachineError: the machine lacks something.
            ContentError: an image's folder cannot be read.
            UsageError: there is no image of such a name.
        """
        wanted = tuple(dict.fromkeys(names))
        watching = observer or SilentObserver()
        missing = self.missing(wanted)
        for name in wanted:
            if name not in missing:
                watching.cached(name)
        if missing:
            parents = {name: self._catalogue.source(name).spec.parent for name in missing}
            _Building(partial(self._build_one, watching), parents).run(self._workers)
        return {name: self._catalogue.tag(name) for name in wanted}

    def _build_one(self, observer: BuildObserver, name: str, cancellation: Cancellation) -> None:
        """Build one image whose parent is there."""
        with open_log(self._logs, name, cancellation) as log:
            if self._engine.has_image(self._catalogue.tag(name)):  # another Breakfix has just built it
                observer.cached(name)
                return
            observer.started(name)
            began = time.monotonic()
            try:
                self._make(name, log, observer, cancellation)
            except ImageBuildError as error:
                failure = _failure(name, error, log)
                observer.failed(name, failure)
                raise failure from error
            except BreakfixError as error:
                observer.failed(name, error)
                raise
            observer.finished(name, time.monotonic() - began, self._size(name))

    def _make(self, name: str, log: BuildLog, observer: BuildObserver, cancellation: Cancellation) -> None:
        def on_line(text: str) -> None:
            observer.line(name, log.add(text))

        apt = self._machine_apt()
        if self._catalogue.source(name).spec.bootstrap:
            bootstrap.ensure(self._engine, apt, on_line, cancellation)
        self._engine.build(
            pack(apt.prepared(self._catalogue.context(name))),
            self._catalogue.tag(name),
            arguments={**apt.proxies, "PARENT": self._catalogue.parent_tag(name)},
            labels=self._labels(name),
            on_line=on_line,
            cancellation=cancellation,
        )

    def _machine_apt(self) -> MachineApt:
        if self._apt is None:
            self._apt = machine_apt.of_this_machine()
        return self._apt

    def _labels(self, name: str) -> dict[str, str]:
        return {
            labels.KIND: "image",
            labels.IMAGE: name,
            labels.FINGERPRINT: self._catalogue.fingerprint(name),
        }

    def _size(self, name: str) -> int:
        return sum(image.size for image in self._engine.images(dict(self._labels(name))))


class _Building:
    """One run: which images wait for their parent, which are being built."""

    def __init__(self, build_one: Callable[[str, Cancellation], None], parents: Mapping[str, str | None]) -> None:
        self._build_one = build_one
        self._parents = parents
        self._waiting = list(parents)
        self._running: dict[Future[None], str] = {}
        self._cancellation = Cancellation()
        self._failures: list[BaseException] = []

    def run(self, workers: int) -> None:
        with ThreadPoolExecutor(workers, thread_name_prefix="image") as threads:
            try:
                self._begin(threads)
                while self._running:
                    self._end_some()
                    self._begin(threads)
            except BaseException:  # Ctrl-C above all: the pool would else wait for builds of minutes
                self._cancellation.request()
                raise
        if self._failures:
            raise self._failures[0]

    def _begin(self, threads: ThreadPoolExecutor) -> None:
        """Begin each image whose parent is neither waited for nor being built."""
        if self._failures:
            return
        pending = {*self._waiting, *self._running.values()}
        for name in [one for one in self._waiting if self._parents[one] not in pending]:
            self._waiting.remove(name)
            future = threads.submit(self._build_one, name, self._cancellation)
            self._running[future] = name

    def _end_some(self) -> None:
        done: set[Future[None]] = set()
        while not done:  # in slices: a signal that comes right before a wait does not interrupt it
            done, _ = wait(self._running, timeout=_SLICE, return_when=FIRST_COMPLETED)
        for future in done:
            del self._running[future]
            if (error := future.exception()) is not None:
                self._failures.append(error)


def _failure(name: str, error: ImageBuildError, log: BuildLog) -> ImageBuildError:
    return ImageBuildError(
        Text(
            fr=f"La construction de l'image « {name} » a échoué. Journal complet : {log.path}",
            en=f'The build of the image "{name}" failed. Full log: {log.path}',
        ),
        error.hint
        or Text(
            fr="Corrigez la cause que montrent les dernières lignes, puis relancez : ce qui est prêt reste.",
            en="Fix the cause that the last lines show, then run it again: what is ready stays.",
        ),
        evidence=log.tail,
    )
