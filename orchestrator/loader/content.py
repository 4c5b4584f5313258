"""All content of some roots: labs, scenarios and images, loaded when asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Final

import orchestrator
from orchestrator.core.errors import ContentError, Problem, UsageError
from orchestrator.loader.folder_reader import Problems
from orchestrator.loader.image_loader import load_image, require_no_circle
from orchestrator.loader.lab_loader import read_lab
from orchestrator.loader.read_limits import within_limits
from orchestrator.loader.referential_loader import load_referential
from orchestrator.loader.roots import DOCUMENTS, ContentUnit, Folders, Kind, strays
from orchestrator.loader.scenario_folder import ValidateFault
from orchestrator.loader.scenario_loader import ScenarioContext, load_scenario
from orchestrator.model.image import ImageSpec
from orchestrator.model.lab import Lab
from orchestrator.model.referential import Referential
from orchestrator.model.scenario import Scenario, ScenarioDocument

_REFERENTIAL: Final = Path(orchestrator.__file__).parent / "_referential" / "rncp-227.yaml"


class Content:
    """All content of some roots. Listing looks for folders only; a document is read when it is asked for.

    Ids are unique over all roots: an id that two folders have is refused when it is asked for or listed.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        """Take the roots, the built-in one first (see ``content_roots``)."""
        self.roots = tuple(roots)
        self._labs: dict[str, tuple[Lab | None, tuple[Problem, ...]]] = {}
        self._images: dict[str, ImageSpec] = {}

    def labs(self) -> tuple[str, ...]:
        """Return the names of all labs, sorted."""
        return self._lab_folders.names()

    def scenarios(self) -> tuple[str, ...]:
        """Return the ids of all scenarios, by competence folder and id."""
        return self._scenario_folders.names()

    def images(self) -> tuple[str, ...]:
        """Return the names of all images, sorted."""
        return self._image_folders.names()

    def lab_folder(self, name: str) -> Path:
        """Return a lab's folder; raises as ``lab``."""
        return self._lab_folders.one(name)

    def scenario_folder(self, name: str) -> Path:
        """Return a scenario's folder, by a name that it has or had; raises as ``scenario``."""
        last = _last_part(name)
        return self._scenario_folders.one(self.names_now((last,)).get(last, last))

    def names_now(self, names: Collection[str]) -> Mapping[str, str]:
        """Return those of the names that no scenario has but one had, each with the name that this one has now."""
        unknown = set(names) - self._scenario_folders.all.keys()
        return {former: name for former, name in self._former_names.items() if former in unknown} if unknown else {}

    def image_folder(self, name: str) -> Path:
        """Return an image's folder; raises as ``image``."""
        return self._image_folders.one(name)

    def lab(self, name: str) -> Lab:
        """Load a lab, once.

        Raises:
            UsageError: there is no such lab; the error names the nearest.
            ContentError: the lab is invalid, or two folders have this name.
        """
        lab, problems = self._read_lab(name)
        if lab is None or problems:
            raise ContentError(problems)
        return lab

    def units(self) -> tuple[ContentUnit, ...]:
        """Return every image, lab and scenario, also those that share their name."""
        return tuple(
            ContentUnit(kind, folder)
            for kind, folders in self._folders.items()
            for same_name in folders.all.values()
            for folder in same_name
        )

    def require_unique(self, unit: ContentUnit) -> None:
        """Refuse a unit whose name another one of its kind has, or that is a link out of its root.

        Raises:
            ContentError: there is another one, or it is one.
        """
        folders = self._folders.get(unit.kind)
        if folders is not None and unit.name in folders.all:
            folders.one(unit.name)

    def leads_out(self, unit: ContentUnit) -> bool:
        """Return whether a link brings a unit in from outside of its root, which ``require_unique`` refuses."""
        folders = self._folders.get(unit.kind)
        return folders is not None and unit.folder in folders.outside

    def read_lab(self, folder: Path) -> tuple[Lab | None, tuple[Problem, ...]]:
        """Return a lab of these roots, or of none, with every problem; see ``lab_loader.read_lab``."""
        if folder in self._lab_folders.all.get(folder.name, ()):
            return self._read_lab(folder.name)
        return read_lab(folder, images=self._image_folders.all)

    def read_image(self, folder: Path) -> ImageSpec:
        """Load an image of these roots, or of none.

        Raises:
            ContentError: the image is invalid, or its own ancestor.
        """
        ours = self._image_folders.all.get(folder.name) == [folder]
        spec = self.image(folder.name) if ours else load_image(folder, images=self._image_folders.all)
        require_no_circle(spec, folder, self._parent)
        return spec

    def strays(self, below: Path | None = None) -> tuple[Problem, ...]:
        """Return a problem for each folder that looks like a unit but lacks the document that makes it one.

        Args:
            below: the folder to look in; None: everywhere.
        """
        return tuple(strays(self.roots, below))

    def _read_lab(self, name: str) -> tuple[Lab | None, tuple[Problem, ...]]:
        if name not in self._labs:
            folder = self.lab_folder(name)
            try:
                read = within_limits(
                    lambda: read_lab(folder, images=self._image_folders.all), folder / DOCUMENTS["labs"]
                )
            except ContentError as error:  # kept, so that no scenario on it takes as long again
                read = None, error.problems
            self._labs[name] = read
        return self._labs[name]

    def image(self, name: str) -> ImageSpec:
        """Load an image's description, once.

        Raises:
            UsageError: there is no such image; the error names the nearest.
            ContentError: the image is invalid, or two folders have this name.
        """
        if name not in self._images:
            folder = self.image_folder(name)
            read = partial(load_image, folder, images=self._image_folders.all)
            self._images[name] = within_limits(read, folder / DOCUMENTS["images"])
        return self._images[name]

    def _parent(self, name: str) -> str | None:
        """Return an image's parent; None also where the image cannot be read, which is told of that image."""
        with contextlib.suppress(ContentError, UsageError):
            return self.image(name).parent
        return None

    def images_of(self, lab: Lab) -> dict[str, ImageSpec]:
        """Return the images of a lab's hosts by name, as ``plan_lab`` and ``plan_scenario`` take them.

        Raises:
            ContentError: an image is invalid.
        """
        return {name: self.image(name) for name in sorted({h.image for h in lab.document.hosts.values()})}

    def scenario(self, name: str, *, validate_fault: ValidateFault | None = None) -> Scenario:
        """Load a scenario with its lab, and check both.

        Args:
            name: the scenario's id; the folders above it may come first (``1.3-network-connection/…``).
            validate_fault: tells what is wrong with a fault; called with rendered parameters.

        Raises:
            UsageError: there is no such scenario; the error names the nearest.
            ContentError: the scenario or its lab is invalid, or two folders have this id.
        """
        folder = self.scenario_folder(name)
        return within_limits(
            lambda: load_scenario(folder, self.scenario_context(validate_fault)), folder / DOCUMENTS["scenarios"]
        )

    def scenario_document(self, name: str) -> ScenarioDocument:
        """Read ``scenario.yaml`` alone, for a list of many scenarios; nothing else of the folder is checked.

        Raises:
            UsageError: there is no such scenario.
            ContentError: the file is invalid.
        """
        folder = self.scenario_folder(name)
        problems = Problems()
        document, _ = problems.document(folder / "scenario.yaml", ScenarioDocument, within=folder)
        if document is None or problems:
            raise problems.error()
        return document

    def scenario_context(self, validate_fault: ValidateFault | None = None) -> ScenarioContext:
        """Return what a scenario leans on, to load one that is in no root."""
        return ScenarioContext(self._lab_folders.all, self._read_lab, self.referential(), validate_fault)

    def referential(self) -> Referential:
        """Return the certification's referential."""
        return self._referential

    @cached_property
    def _referential(self) -> Referential:
        return load_referential(_REFERENTIAL)

    @cached_property
    def _folders(self) -> dict[Kind, Folders]:
        return {"images": self._image_folders, "labs": self._lab_folders, "scenarios": self._scenario_folders}

    @cached_property
    def _former_names(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for name, folders in self._scenario_folders.all.items():
            for folder in folders:
                document, _ = Problems().document(folder / DOCUMENTS["scenarios"], ScenarioDocument, within=folder)
                found |= dict.fromkeys(document.former_ids if document else (), name)
        return found

    @cached_property
    def _lab_folders(self) -> Folders:
        return Folders(self.roots, "labs")

    @cached_property
    def _scenario_folders(self) -> Folders:
        return Folders(self.roots, "scenarios")

    @cached_property
    def _image_folders(self) -> Folders:
        return Folders(self.roots, "images")


def _last_part(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2]
