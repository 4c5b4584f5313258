"""A fault that a trainer wrote in their own content folder goes the whole way, on real hosts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from orchestrator.app import App
from orchestrator.core.progress import Silent
from orchestrator.proof.prover import prove
from orchestrator.proof.stages import ProofSubject
from tests.live.conftest import Watching, told

pytestmark = pytest.mark.live

SCENARIO = "scenarios/1.3-network-connection/banner-lost"
FILES = {
    "faults/banner.py": '''\
        """Faults of the banner that a host greets with."""

        from typing import ClassVar

        from pydantic import Field

        from orchestrator.faults import Fault, HostName, LabDriver, Memento, Text, not_effective


        class BannerLost(Fault):
            """A host greets with another text than its own."""

            name: ClassVar[str] = "banner-lost"

            host: HostName = Field(description="The host.")
            says: str = Field(description="The wrong text.")

            def remember(self, driver: LabDriver) -> Memento:
                return {"issue": driver.read(self.host, "/etc/issue").decode()}

            def inject(self, driver: LabDriver) -> None:
                driver.write(self.host, "/etc/issue", f"{self.says}\\n".encode())

            def verify(self, driver: LabDriver) -> None:
                seen = driver.read(self.host, "/etc/issue").decode()
                if self.says not in seen:
                    raise not_effective(self, seen)

            def revert(self, driver: LabDriver, memento: Memento) -> None:
                driver.write(self.host, "/etc/issue", memento["issue"].encode())

            def explain(self) -> Text:
                return Text(fr=f"{self.host} disait « {self.says} ».", en=f"{self.host} said '{self.says}'.")
        ''',
    f"{SCENARIO}/scenario.yaml": """\
        contract: 1
        id: banner-lost
        title: {fr: Une autre bannière, en: Another banner}
        competences: ["1.3"]
        lab: small-office
        kind: fault
        difficulty: 1
        minutes: 5
        variables:
          word: {draw: choice, of: [Bonsoir, Adieu]}
        faults:
          - {fault: banner-lost, parameters: {host: pc1, says: "{{ word }}"}}
        hints:
          - {fr: Lisez /etc/issue., en: Read /etc/issue.}
        """,
    f"{SCENARIO}/ticket.fr.md": "La bannière est fausse.\n",
    f"{SCENARIO}/ticket.en.md": "The banner is wrong.\n",
    f"{SCENARIO}/debrief.fr.md": "C'était la bannière.\n",
    f"{SCENARIO}/debrief.en.md": "It was the banner.\n",
    f"{SCENARIO}/checks/test_banner.py": '''\
        """Is the banner its own again?"""

        from grader import check


        @check("symptom", points=1, competence="1.3", fr="La bannière est la bonne.", en="The banner is right.")
        def test_banner(lab):
            assert "Debian" in lab.host("pc1").file("/etc/issue").content_string


        @check("guard", points=1, competence="1.3", fr="Le poste pc2 n'a pas changé.", en="pc2 is unchanged.")
        def test_other(lab):
            assert "Debian" in lab.host("pc2").file("/etc/issue").content_string
        ''',
    f"{SCENARIO}/solutions/reference.yaml": """\
        contract: 1
        summary: {fr: Remettre la bannière, en: Put the banner back}
        reference: true
        steps:
          - tell: {fr: La bannière du système, en: The system's banner}
            shell: {host: pc1, script: "echo 'Debian GNU/Linux 13' >/etc/issue"}
        """,
}
for number in (1, 2):
    FILES[f"{SCENARIO}/shortcuts/no-{number}.yaml"] = f"""\
        contract: 1
        summary: {{fr: "Vider le fichier {number}", en: "Empty the file {number}"}}
        steps:
          - tell: {{fr: Vider, en: Empty}}
            shell: {{host: pc1, script: "echo {number} >/etc/issue"}}
        """


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trainer")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return folder


@pytest.fixture(scope="module")
def trainers(root: Path) -> Iterator[App]:
    program = App([root])
    yield program
    program.close()


def banner(app: App, running_name: str) -> str:
    running = app.labs.running.planned(running_name)
    return app.labs.running.driver(running).read("pc1", "/etc/issue").decode()


@pytest.mark.core
def test_it_is_started_explained_reset_and_reverted(trainers: App, root: Path) -> None:
    plan = trainers.labs.plans.plan("banner-lost", 1)
    running = trainers.labs.lifecycle.start(plan, Silent())
    try:
        word = plan.faults[0].parameters["says"]
        assert banner(trainers, running.instance.name) == f"{word}\n"
        assert [text.en for text in trainers.labs.plans.explain_faults(running.instance, running.plan)] == [
            f"pc1 said '{word}'."
        ]
        assert [r.outcome for r in trainers.labs.grading.check(running).results] == ["fail", "pass"]

        # Another command, without --content: the instance itself knows where its fault is written.
        other = App()
        found = other.labs.running.planned(running.instance.name)
        assert root in [Path(path) for path in other.instance_records.get(running.instance.name).roots]
        running = other.labs.lifecycle.reset(found, Silent())
        other.close()
        assert banner(trainers, running.instance.name) == f"{word}\n"

        trainers.instances.revert(trainers.labs.running.driver(trainers.labs.running.planned(running.instance.name)))
        assert "Debian" in banner(trainers, running.instance.name)
    finally:
        trainers.labs.lifecycle.discard(running.instance)


def test_it_is_proven(trainers: App) -> None:
    subject = ProofSubject(trainers.labs.plans.plan("banner-lost", 2))
    (proof,) = prove(trainers.labs, [subject], jobs=None, watch=Watching())
    assert proof.proven, told(proof)
