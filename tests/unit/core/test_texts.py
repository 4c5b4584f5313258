"""What a user is told: in which language, with which exit status, at which place, and with names that agree."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from orchestrator.core import labels
from orchestrator.core.errors import (
    BreakfixError,
    ContentError,
    ExitCode,
    LabError,
    MachineError,
    Place,
    Problem,
    UsageError,
)
from orchestrator.core.language import Language, language_of
from orchestrator.core.number_text import number_text
from orchestrator.core.suggest import nearest, with_suggestion
from orchestrator.core.text import Text, same
from orchestrator.fabric.helper import dockerd, hosts
from orchestrator.instances.host_container import APPARMOR_PROFILE

ROOT = Path(__file__).parents[3]

# Numbers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "form", "fr", "en"),
    [(0, ",", "0", "0"), (12288, ",", "12\N{NO-BREAK SPACE}288", "12,288"), (12.5, ",.7g", "12,5", "12.5"),
     (2.0, ",.7g", "2", "2"), (1234.56, ",.1f", "1\N{NO-BREAK SPACE}234,6", "1,234.6"), (-0.5, ",", "-0,5", "-0.5")],
)  # fmt: skip
def test_a_number_is_written_as_people_write_it(number: float, form: str, fr: str, en: str) -> None:
    assert number_text(number, form) == Text(fr=fr, en=en)


# Language -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr"}, "fr"),
        ({"LANG": "FR_CA"}, "fr"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": ""}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "fr_FR.UTF-8"}, "fr"),
        ({"LC_ALL": "C", "LC_MESSAGES": "fr_FR.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "fr_BE"}, "fr"),
        ({"LANGUAGE": "fr:en", "LC_ALL": "en_GB.UTF-8"}, "fr"),
        ({"LANGUAGE": "en:fr", "LANG": "fr_FR.UTF-8"}, "en"),
        ({"LC_TIME": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_the_language_is_what_the_environment_asks_for(environment: dict[str, str], language: Language) -> None:
    assert language_of(environment) == language


def test_the_environment_is_looked_at_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    for value, language in (("fr_FR.UTF-8", "fr"), ("en_GB.UTF-8", "en")):
        monkeypatch.setenv("LANG", value)
        assert language_of() == language


def test_a_text_exists_in_both_languages() -> None:
    text = Text(fr="bonjour", en="hello")
    assert (text.in_("fr"), text.in_("en")) == ("bonjour", "hello")
    assert text.map(str.upper) == Text(fr="BONJOUR", en="HELLO")
    assert same("pc1") == Text(fr="pc1", en="pc1")
    read = TypeAdapter(Text).validate_python
    for wrong in ({"fr": "x"}, {"fr": "x", "en": ""}, {"fr": "x", "en": "y", "de": "z"}, "x"):
        with pytest.raises(ValidationError):
            read(wrong)


# Errors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "code"),
    [(UsageError, 2), (MachineError, 3), (LabError, 5), (BreakfixError, 5)],
)
def test_each_class_of_error_has_its_exit_status(kind: type[BreakfixError], code: int) -> None:
    error = kind(Text(fr="cassé", en="broken"), same("repair it"), "the log")
    assert error.exit_code == code
    assert str(error) == "broken"
    assert (error.text.fr, error.hint, error.evidence) == ("cassé", same("repair it"), "the log")


def test_exit_statuses_are_a_contract() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "DONE": 0,
        "NOT_REPAIRED": 1,
        "WRONG_USE": 2,
        "MACHINE": 3,
        "CONTENT": 4,
        "BROKEN": 5,
        "INTERRUPTED": 130,
    }


def test_an_error_of_content_tells_every_problem() -> None:
    problems = (
        Problem(Place("lab.yaml", 3, 7), Text(fr="faux", en="wrong"), same("repair it")),
        Problem(Place("lab.yaml"), Text(fr="manque", en="missing")),
    )
    error = ContentError(problems)
    assert error.exit_code == ExitCode.CONTENT
    assert error.text == Text(fr="lab.yaml:3:7 : faux\nlab.yaml : manque", en="lab.yaml:3:7: wrong\nlab.yaml: missing")
    assert error.hint is None, "one hint could not be for both"
    assert ContentError(problems[:1]).hint == same("repair it")
    with pytest.raises(ValueError, match="at least one"):
        ContentError(())


def test_a_place_is_named_as_the_user_would_type_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(Place.of(tmp_path / "labs" / "lab.yaml", 3, 7)) == "labs/lab.yaml:3:7"
    assert str(Place.of(Path("/etc/hosts"), 2)) == "/etc/hosts:2"
    assert str(Place("x", 0, 0)) == "x"
    assert Place("a", 2) < Place("a", 10) < Place("b", 1)


def test_near_names_are_suggested() -> None:
    known = ["cable-out", "cable-in", "dns-zone-broken"]
    assert nearest("cabel-out", known)[0] == "cable-out"
    assert nearest("zone", known) == ("dns-zone-broken",), "a part of a name is enough"
    assert nearest("zz", known) == ()
    text = Text(fr="Inconnu", en="Unknown")
    assert with_suggestion(text, "cable-uot", known).en == 'Unknown; did you mean "cable-out"?'
    assert "cable-in" in with_suggestion(text, "qqqq", known).fr
    assert with_suggestion(text, "qqqq", map(str, range(100, 200))) == text


# Names that two sides must agree on -----------------------------------------------------------------------


def test_the_helper_reads_the_labels_that_the_program_writes() -> None:
    """It imports nothing of the program, so its copies must be compared."""
    assert (dockerd.KIND, dockerd.INSTANCE, dockerd.HOST, dockerd.WIRING) == (
        labels.KIND,
        labels.INSTANCE,
        labels.HOST,
        labels.WIRING,
    )


def test_labels_are_ours_and_distinct() -> None:
    values = [value for name, value in vars(labels).items() if name.isupper()]
    assert len(values) == len(set(values)) > 8
    assert all(value.startswith("breakfix.") for value in values)


def test_a_hosts_init_waits_where_the_helper_looks() -> None:
    init = (ROOT / "images/host/files/usr/lib/breakfix/init").read_text()
    assert hosts.GATE in init
    assert Path(hosts.NOTIFY).parent == Path(hosts.GATE).parent


def test_the_profile_that_is_asked_for_is_the_one_that_is_loaded() -> None:
    profile = Path(hosts.__file__).with_name("breakfix-host.apparmor").read_text()
    assert f"\nprofile {APPARMOR_PROFILE} " in profile
