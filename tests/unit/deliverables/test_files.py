"""``answers.yaml`` and ``report.md`` as people write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from orchestrator.core.text import Text
from orchestrator.deliverables.answers_file import AnswersError, check_answers, form_of, read_answers, write_answers
from orchestrator.deliverables.deliverables_store import ANSWERS, REPORT, DeliverablesStore
from orchestrator.deliverables.report_file import read_report, report_of, report_template
from orchestrator.loader.yaml_source import parse_yaml
from orchestrator.model.deliverables import Question, ReportStep

HOSTS = ("pc1", "web1")
QUESTIONS: dict[str, Question] = TypeAdapter(dict[str, Question]).validate_json(
    json.dumps(
        {
            "cause": {
                "kind": "choice",
                "question": {"fr": "Quelle cause ?", "en": "Which cause?"},
                "choices": {"cable": {"fr": "le câble", "en": "the cable"}, "dhcp": {"fr": "DHCP", "en": "DHCP"}},
                "truth": "dhcp",
            },
            "mode": {"kind": "text", "question": {"fr": "Quel mode ?", "en": "Which mode?"}, "truth": "0644"},
            "count": {"kind": "integer", "question": {"fr": "Combien ?\nEn tout.", "en": "How many?"}, "truth": "99"},
            "address": {"kind": "address", "question": {"fr": "Où ?", "en": "Where?"}, "truth": "10.1.1.1/24"},
            "hosts": {
                "kind": "list",
                "of": "host",
                "question": {"fr": "Lesquelles ?", "en": "Which?"},
                "truth": ["web1"],
            },
            "server": {"kind": "host", "question": {"fr": "Qui ?", "en": "Who?"}, "truth": "web1"},
            "reply": {
                "kind": "prose",
                "language": "en",
                "question": {"fr": "Votre réponse ?", "en": "Your reply?"},
                "truth": "Dear all, it works again, have a nice day and so on.",
                "grid": [{"fr": "C'est clair.", "en": "It is clear."}],
            },
        }
    )
)


@pytest.mark.parametrize(
    ("truth", "form"),
    [
        ("10.1.1.1", "an address such as 192.0.2.1"),
        ("10.1.1.1/24", "an address and its length, such as 192.0.2.1/24"),
        ("10.1.1.0/24", "a network and its length, such as 192.0.2.0/24"),
        ("10.1.1.128/25", "a network and its length, such as 192.0.2.0/24"),
        ("10.1.1.1/32", "an address and its length, such as 192.0.2.1/24"),
        ("{{ net }}/24", "an address and its length, such as 192.0.2.1/24"),
        ("fd00:1::/64", "a network and its length, such as 2001:db8::/64"),
        ("fd00:1::5", "an address such as 2001:db8::1"),
    ],
)
def test_the_form_of_an_address_fits_what_is_asked_for(truth: str, form: str) -> None:
    words = {"fr": "Où ?", "en": "Where?"}
    asked = {"kind": "address", "question": words, "truth": truth}
    question: Question = TypeAdapter(Question).validate_python(asked)
    assert form_of(question, HOSTS).en == form
    listed: Question = TypeAdapter(Question).validate_python(
        {"kind": "list", "of": "address", "question": words, "truth": [truth]}
    )
    assert ("networks" in form_of(listed, HOSTS).en) == form.startswith("a network")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_empty_file_asks_everything_and_tells_no_truth(language: str) -> None:
    text = write_answers(QUESTIONS, {}, HOSTS, language)  # type: ignore[arg-type]
    for question in QUESTIONS.values():
        assert question.question.in_(language).splitlines()[0] in text  # type: ignore[arg-type]
        assert form_of(question, HOSTS).in_(language) in text  # type: ignore[arg-type]
    assert "0644" not in text
    assert "99" not in text
    assert "10.1.1.1" not in text
    answers = read_answers(text.encode(), "answers.yaml", QUESTIONS, HOSTS)
    assert (answers.given, answers.problems) == ({}, ())


@pytest.mark.parametrize(
    "answer",
    [
        *("0644", "yes", "null", "true", "1e3", "~", "@", "- x", "*a", "a: b", "# not a comment", "{{ x }}"),
        *('"quoted" \\ back', "é, ü; ñ", "two\nlines"),
    ],
)
def test_what_is_written_is_read_again(answer: str) -> None:
    given = {"mode": answer, "hosts": "web1\npc1", "count": "12"}
    text = write_answers(QUESTIONS, given, HOSTS, "fr")
    assert read_answers(text.encode(), "answers.yaml", QUESTIONS, HOSTS).given == given


@pytest.mark.parametrize(
    "answer",
    [
        "one line",
        "two\nlines",
        "two\n\n  indented\n- lines # no comment: really",
        "a line\u2028 and\nanother",
        "  a\n\ttab",
    ],
)
def test_prose_is_read_again_line_by_line(answer: str) -> None:
    text = write_answers(QUESTIONS, {"reply": answer}, HOSTS, "en")
    assert read_answers(text.encode(), "answers.yaml", QUESTIONS, HOSTS).given == {"reply": answer.strip()}
    assert "in English" in text
    assert "It is clear" in text


def test_answers_are_read_as_typed() -> None:
    answers = read_answers(b"mode: 0644\ncount: 1_000\nhosts: [pc1, web1]\ncause: ~\n", "a.yaml", QUESTIONS, HOSTS)
    assert answers.given == {"mode": "0644", "hosts": "pc1\nweb1"}
    assert set(answers.unreadable) == {"count"}


def test_every_problem_has_its_place_and_the_rest_counts() -> None:
    text = "cuase: dhcp\ncause: cabel\ncount: many\nserver: web2\nhosts: [pc1, {a: b}]\nmode: '0644'\nmode: x\n"
    answers = read_answers(text.encode(), "answers.yaml", QUESTIONS, HOSTS)
    assert answers.given == {"mode": "0644"}
    assert [(str(p.place), p.text.en) for p in answers.problems] == [
        ("answers.yaml:1:1", 'there is no question "cuase"; did you mean "cause"?'),
        ("answers.yaml:2:8", '"cabel" is none of the choices; did you mean "cable"?'),
        ("answers.yaml:3:8", '"many" is no whole number'),
        ("answers.yaml:4:9", 'the lab has no host "web2"; did you mean "web1"?'),
        ("answers.yaml:5:8", "expected one answer, or a plain list"),
        ("answers.yaml:7:1", 'the key "mode" is already on line 6; keep one of them'),
    ]
    assert set(answers.unreadable) == {"cause", "count", "server", "hosts"}


@pytest.mark.parametrize("data", [b"cause: [", b"- a\n- b\n", b"\xff\xfe", b"just words"])
def test_a_file_that_is_none_leaves_every_answer_unreadable(data: bytes) -> None:
    answers = read_answers(data, "answers.yaml", QUESTIONS, HOSTS)
    assert answers.given == {}
    assert set(answers.unreadable) == set(QUESTIONS)
    assert len(answers.problems) == 1


def test_answers_of_a_command_line_are_refused_together() -> None:
    with pytest.raises(AnswersError) as caught:
        check_answers({"causes": "x", "count": "many", "mode": ""}, QUESTIONS, HOSTS)
    assert 'causes: there is no question "causes"; did you mean "cause"?' in caught.value.text.en
    assert "count : « many » n'est pas un nombre entier" in caught.value.text.fr


# The report ---------------------------------------------------------------------------------------------------

TITLE = Text(fr="Plus de réseau : le câble", en="No network: the cable")
ALL = ("symptom", "cause", "action", "test", "minutes")
STEP = ReportStep(
    symptom=Text(fr="Plus rien", en="Nothing"),
    cause=Text(fr="Câble", en="Cable"),
    action=Text(fr="Rebranché", en="Plugged"),
    test=Text(fr="Intranet ouvert", en="Intranet opened"),
    minutes=25,
)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_template_is_empty_and_the_whole_report_is_complete(language: str) -> None:
    template = report_template(TITLE, "cable-out", "cable-out-1a2b", language)  # type: ignore[arg-type]
    assert read_report(template.encode()).empty == ALL
    front = parse_yaml(template.split("---")[1], "front").value
    assert front == {"scenario": "cable-out", "lab": "cable-out-1a2b", "minutes": None}
    written = read_report(report_of(STEP, TITLE, "cable-out", "cable-out-1a2b", language).encode())  # type: ignore[arg-type]
    assert (written.empty, written.minutes) == ((), 25)
    assert written.sha256 is not None
    assert len(written.sha256) == 64


def test_no_report() -> None:
    written = read_report(None)
    assert (written.empty, written.minutes, written.sha256) == (ALL, None, None)


@pytest.mark.parametrize(
    ("text", "empty"),
    [
        ("---\nminutes: 10 min\n---\n## Symptome\nx\n## CAUSE :\ny\n## Actions\nz\n## Test with the user\nok\n", ()),
        ("---\r\nminutes: 10\r\n---\r\n# Symptôme\r\nx\r\n", ("cause", "action", "test")),
        ("## Symptôme\nx\n", ("cause", "action", "test", "minutes")),
        ("---\nminutes: soon\n---\n## Symptôme\n...\n- \n", ALL),
        ("---\nminutes: 0\n---\n", ALL),
        ("---\nminutes: [\n---\n## Cause\ny\n", ("symptom", "action", "test", "minutes")),
        ("## Cause\n<!-- y\nmore -->\n## Action\n<!-- never closed\nz\n", ALL),
        ("## Cause\n### Détail\ny\n# Autre\n## Action\n## Annexe\nz\n", ("symptom", "action", "test", "minutes")),
        ("## Cause\n```\n## Action\n```\n", ("symptom", "action", "test", "minutes")),
        ("", ALL),
    ],
)
def test_completeness(text: str, empty: tuple[str, ...]) -> None:
    assert read_report(text.encode()).empty == empty


def test_a_report_of_any_bytes_is_read() -> None:
    assert read_report(b"\xff\xfe## Cause\n\x00abc").empty == ALL


# Where they are kept --------------------------------------------------------------------------------------


def test_the_store_keeps_files_by_instance(tmp_path: Path) -> None:
    store = DeliverablesStore(tmp_path / "deliverables")
    assert (store.read("a", ANSWERS), store.kept("a")) == (None, ())
    store.discard("a")
    path = store.write("a", ANSWERS, "é: 1\n")
    store.write("b", REPORT, "x")
    assert store.read("a", ANSWERS) == "é: 1\n".encode()
    assert store.kept("a") == (path,)
    assert path.parent.stat().st_mode & 0o077 == 0, "what a trainee writes is nobody else's to read"
    assert [p.name for p in path.parent.iterdir()] == [ANSWERS]
    store.discard("a")
    assert (store.kept("a"), len(store.kept("b"))) == ((), 1)
