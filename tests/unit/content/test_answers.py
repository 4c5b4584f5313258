"""What counts as the right answer, and what is no answer at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from grader.answer_grading import grade_answers
from grader.report import is_answer
from orchestrator.core.text import Text
from orchestrator.model.deliverables import Question
from orchestrator.planning.answers import UnreadableAnswerError, check_truth, is_right, normal_form

HOSTS = ("pc1", "srv1", "web1")
_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)


def ask(kind: str, truth: str | list[str], **more: Any) -> Question:  # noqa: ANN401 - a question's fields
    fields = {"kind": kind, "truth": truth, "question": {"fr": "Quoi ?", "en": "What?"}, **more}
    return _QUESTION.validate_json(json.dumps(fields), strict=True)


def prose(words: int, truth: str = "One two three four.") -> Question:
    return ask("prose", truth, words=words, grid=[{"fr": "C'est clair.", "en": "It is clear."}])


CHOICES = {
    "unplugged": {"fr": "câble débranché", "en": "cable unplugged"},
    "stale": {"fr": "vieille adresse", "en": "old address"},
}
CAUSE = ask("choice", "unplugged", choices=CHOICES)

RIGHT = [
    (ask("text", "Câble débranché"), "  cable   DEBRANCHE. "),
    (ask("text", "L'étendue"), "l\N{RIGHT SINGLE QUOTATION MARK}e\N{COMBINING ACUTE ACCENT}tendue"),
    (ask("text", "MX", also=["mail exchanger"]), "Mail Exchanger"),
    (ask("text", "Straße"), "strasse"),
    (ask("text", "/etc/Hosts", exact=True), " /etc/Hosts "),
    (CAUSE, "unplugged"),
    (CAUSE, "Cable Unplugged"),
    (CAUSE, "Câble débranché"),
    (ask("integer", "1200"), "1 200"),
    (ask("integer", "1200"), "+1200"),
    (ask("integer", "-3"), "-3"),
    (ask("integer", "100", tolerance=5), "95"),
    (ask("address", "192.168.10.1"), " 192.168.10.1 "),
    (ask("address", "192.168.10.1/24"), "192.168.10.1/255.255.255.0"),
    (ask("address", "192.168.10.1/24"), "192.168.10.1 255.255.255.0"),
    (ask("address", "192.168.10.1/24"), "192.168.10.1 / 24"),
    (ask("address", "192.168.10.1"), "192.168.10.1/24"),
    *(
        (ask("mac", "02:bf:dc:ee:80:0a"), answer)
        for answer in (
            *("02:bf:dc:ee:80:0a", " 02-BF-DC-EE-80-0A ", "02bfdcee800a", "02bf.dcee.800A", "02bf-dcee-800a"),
            *("02BFDC-EE800A", "02 bf dc ee 80 0a", "2:bf:dc:ee:80:a"),
        )
    ),
    (ask("mac", "02-BF-DC-EE-80-0A"), "02:bf:dc:ee:80:0a"),
    *((ask("prefix", "/24"), answer) for answer in ("/24", " 24", "/ 24", "255.255.255.0", "/255.255.255.0")),
    (ask("prefix", "255.255.255.255"), "32"),
    (ask("prefix", "/0"), "0.0.0.0"),
    (ask("name", "www.Valbocage.internal"), " WWW.valbocage.internal. "),
    (ask("name", "_ldap._tcp.valbocage.internal."), "_ldap._tcp.valbocage.internal"),
    (ask("name", "xn--caf-dma.example"), "Cafe\N{COMBINING ACUTE ACCENT}.example"),
    *(
        (ask("number", "1250.5"), answer)
        for answer in ("1250,5", "1250.50", "1 250,5", "1\u202f250,5", "+1\u00a0250.5")
    ),
    (ask("number", "-1"), "\N{MINUS SIGN}1,0"),
    (ask("number", "1"), "1,000"),
    (ask("number", "0"), "-0.0"),
    (ask("number", "1000"), "1000"),
    (ask("number", "2.5", tolerance=0.1), "2,6"),
    (ask("integer", "1200"), "1\u202f200"),
    *(
        (ask("date", "2026-11-29"), answer)
        for answer in (
            *("2026-11-29", "29/11/2026", "29-11-2026", "29.11.2026", "2026/11/29", "29 novembre 2026"),
            *(
                "Dimanche 29 Novembre 2026",
                "le 29 nov. 2026",
                "29 November 2026",
                "November 29, 2026",
                "29th of Nov 2026",
            ),
        )
    ),
    (ask("date", "1er août 2026"), "1/8/2026"),
    (ask("date", "4 février 2026"), "2026-02-04"),
    (ask("host", "web1"), "WEB1.valbocage.internal"),
    (ask("host", "web1"), "web1."),
    (ask("list", ["pc1", "web1"], of="host"), "web1, PC1, web1"),
    (ask("list", ["a", "b"], ordered=True), "A\nB"),
    (ask("list", ["a", ""]), "a"),
    (ask("list", ["10", "9"], of="integer"), "9,10"),
    (prose(words=3), "Some other words,\nfour of them."),
    (prose(words=3), "one - 2 … three"),
]

WRONG = [
    (ask("text", "Câble"), "câbles"),
    (ask("text", "/etc/Hosts", exact=True), "/etc/hosts"),
    (ask("text", "MX", also=[""]), "   ."),
    (CAUSE, "stale"),
    (ask("integer", "100", tolerance=5), "94"),
    (ask("integer", "12"), "120"),
    (ask("address", "192.168.10.1/24"), "192.168.10.1"),
    (ask("address", "192.168.10.1/24"), "192.168.10.1/25"),
    (ask("mac", "02:bf:dc:ee:80:0a"), "02:bf:dc:ee:80:a0"),
    (ask("prefix", "/24"), "255.255.255.128"),
    (ask("name", "www.valbocage.internal"), "valbocage.internal"),
    (ask("number", "1000"), "1,000"),
    (ask("number", "2.5", tolerance=0.1), "2,61"),
    (ask("date", "2026-04-03"), "04/03/2026"),
    (ask("host", "web1"), "srv1"),
    (ask("list", ["pc1", "web1"], of="host"), "web1"),
    (ask("list", ["pc1"], of="host"), "pc1, web1"),
    (ask("list", ["a", "b"], ordered=True), "b, a"),
    (prose(words=3), "one - … two"),
]

UNREADABLE = [
    (CAUSE, "unpluged", "did you mean"),
    (ask("integer", "1"), "1.5", "whole number"),
    (ask("integer", "1"), "1 2", "whole number"),
    (ask("integer", "1"), "two", "whole number"),
    (ask("integer", "1"), "\N{ARABIC-INDIC DIGIT ONE}", "whole number"),
    (ask("address", "10.0.0.1"), "10.0.0.256", "IPv4"),
    (ask("address", "10.0.0.1"), "::1", "IPv4"),
    *(
        (ask("mac", "02:bf:dc:ee:80:0a"), answer, "no MAC address")
        for answer in ("02:bf:dc:ee:80", "02:bf:dc:ee:80:0g", "02:bf-dc:ee:80:0a", "02bf.dcee-800a", "02bfdcee800a1")
    ),
    *(
        (ask("prefix", "/24"), answer, "neither a prefix")
        for answer in ("/33", "255.255.0.255", "0.0.0.255", "/-1", "")
    ),
    *((ask("name", "a.b"), answer, "no name") for answer in ("a..b", "a b", "-a.b", "http://a.b", ".", "a" * 64)),
    *((ask("number", "1"), answer, "no number") for answer in ("1,000.5", "1 2", "one", "1e3", "1,", "NaN")),
    (ask("integer", "1000"), "1,000", "no whole number"),
    *(
        (ask("date", "2026-11-29"), answer, "no date")
        for answer in ("29/11/26", "11/29/2026", "2026-02-29", "29 jui 2026", "29 no 2026", "29 2026", "29/11-2026")
    ),
    (ask("host", "web1"), "web2", 'did you mean "web1"'),
    (ask("list", ["pc1"], of="host"), "pc1, pc9", 'no host "pc9"'),
]


def names(cases: list[Any]) -> list[str]:
    return [f"{case[0].kind}-{case[1].strip()}" for case in cases]


@pytest.mark.parametrize(("question", "answer"), RIGHT, ids=names(RIGHT))
def test_right(question: Question, answer: str) -> None:
    assert is_right(question, answer, HOSTS)


@pytest.mark.parametrize(("question", "answer"), WRONG, ids=names(WRONG))
def test_wrong(question: Question, answer: str) -> None:
    assert not is_right(question, answer, HOSTS)


@pytest.mark.parametrize(("question", "answer", "reason"), UNREADABLE, ids=names(UNREADABLE))
def test_unreadable(question: Question, answer: str, reason: str) -> None:
    with pytest.raises(UnreadableAnswerError, match=reason) as caught:
        normal_form(question, answer, HOSTS)
    assert caught.value.text.fr != caught.value.text.en


@pytest.mark.parametrize(
    "question",
    [
        ask("text", " "),
        ask("list", ["", " "]),
        ask("choice", "cable", choices=CHOICES),
        ask("integer", "many"),
        ask("address", "10.0.0.0/33"),
        ask("mac", "02:00"),
        ask("prefix", "/64"),
        ask("name", "a b"),
        ask("number", "many"),
        ask("date", "2026-02-30"),
        ask("host", "pc9"),
        ask("list", ["10.0.0.1", "x"], of="address"),
        prose(words=5),
    ],
)
def test_a_truth_that_is_no_answer(question: Question) -> None:
    with pytest.raises(UnreadableAnswerError):
        check_truth(question, HOSTS)


# Grading ----------------------------------------------------------------------------------------------------

QUESTIONS = {
    "cause": CAUSE.model_copy(update={"points": 3, "competence": "1.3"}),
    "count": ask("integer", "4217"),
    "server": ask("host", "srv1"),
    "where": ask("list", ["pc1", "web1"], of="host"),
}


def test_each_question_is_a_result() -> None:
    given = {"cause": "Unplugged", "count": "7", "where": "pc1\nsrv1"}
    unreadable = {"server": Text(fr="pas une machine", en="no machine")}
    results = grade_answers(QUESTIONS, given, unreadable, HOSTS)
    assert [(r.id, r.role, r.outcome, r.points) for r in results] == [
        ("answers.yaml::cause", "objective", "pass", 3),
        ("answers.yaml::count", "objective", "fail", 1),
        ("answers.yaml::server", "objective", "fail", 1),
        ("answers.yaml::where", "objective", "fail", 1),
    ]
    assert all(is_answer(result) for result in results)
    assert results[0].competence == "1.3"
    assert results[0].sentence == Text(fr="Réponse juste : Quoi ?", en="Right answer: What?")
    evidence = [result.evidence for result in results]
    assert evidence[0] is None
    assert evidence[1:] == [
        Text(fr="« 7 » est faux.", en='"7" is wrong.'),
        Text(fr="Réponse illisible : pas une machine", en="Unreadable answer: no machine"),
        Text(fr="« pc1, srv1 » est faux.", en='"pc1, srv1" is wrong.'),
    ]


def test_no_answer_is_a_fail_not_an_error() -> None:
    results = grade_answers(QUESTIONS, {"count": "  "}, {}, HOSTS)
    assert {result.outcome for result in results} == {"fail"}
    assert {result.evidence.en for result in results if result.evidence} == {"No answer yet."}


def test_the_truth_is_in_no_result() -> None:
    for given in ({}, {"count": "7", "where": "srv1"}, {"count": "x", "where": "srv9"}):
        assert "4217" not in repr(grade_answers({"count": QUESTIONS["count"]}, given, {}, HOSTS))


def test_a_broken_truth_is_an_error() -> None:
    (result,) = grade_answers({"count": ask("integer", "many")}, {"count": "7"}, {}, HOSTS)
    assert result.outcome == "error"


def test_prose_is_seen_to_be_there_and_earns_nothing() -> None:
    question = {"reply": prose(words=3)}
    (missing,), (short,), (long,) = (
        grade_answers(question, given, {}, HOSTS)
        for given in ({}, {"reply": "Hello there"}, {"reply": "Whatever it says."})
    )
    assert [result.outcome for result in (missing, short, long)] == ["fail", "fail", "pass"]
    assert missing.points == 0
    assert short.evidence == Text(
        fr="Ce texte est trop court : il y manque 1 mot.", en="This text is too short: 1 more word is needed."
    )
    assert "people" in long.sentence.en
    assert "personne" in long.sentence.fr


def test_prose_has_no_points() -> None:
    with pytest.raises(ValidationError):
        ask("prose", "One two three", points=1, grid=[{"fr": "Oui", "en": "Yes"}])
