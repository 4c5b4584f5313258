"""Results: in the language and its typography, in their style, and as JSON where that was asked for."""

from __future__ import annotations

import pytest

from orchestrator.cli.click_classes import Argument, CommandGroup, Option
from orchestrator.cli.grading_view import RunningLine
from orchestrator.cli.output import Output, table
from orchestrator.core.language import Language
from orchestrator.core.text import Text, same

from .conftest import speak

SAID = Text(fr="« oui » : vu ?", en="[yes]: seen?")
SHOWN: dict[Language, str] = {"fr": "«\xa0oui\xa0»\xa0: vu\xa0?", "en": "[yes]: seen?"}


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_text_is_printed_in_the_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lang: Language
) -> None:
    speak(lang, monkeypatch)
    out = Output(lang, json=False)
    for say in (out.print, out.ok, out.warn, out.bad, out.quiet, out.heading):
        say(SAID)
    out.note(SAID, style="warn")
    printed = capsys.readouterr()
    assert [line for line in printed.out.splitlines() if line] == [SHOWN[lang]] * 6
    assert printed.err == SHOWN[lang] + "\n"


def test_the_style_is_that_of_texts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    speak("en", monkeypatch)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    Output("en", json=False).bad("broken [bold]here")
    assert capsys.readouterr().out == "\x1b[1;31mbroken [bold]here\x1b[0m\n"


def test_a_result_is_a_document_or_its_view(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    speak("en", monkeypatch)
    for json, shown in ((True, '{\n  "a": 1\n}'), (False, "seen")):
        out = Output("en", json=json)
        out.emit({"a": 1}, lambda out=out: out.ok("seen"))  # type: ignore[misc]
        assert capsys.readouterr().out.strip() == shown
    rows = table(Text(fr="Nom", en="Name"))
    rows.add_row(SAID)
    rows.add_row("[bold]lea")
    Output("en", json=False).emit({"a": 1}, rows)
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == ["Name", SHOWN["en"], "[bold]lea"]


def test_help_is_in_the_language_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = Text(fr="Ici.", en="Here."), Text(fr="LÀ", en="THERE")
    option, argument = Option(["--far"], help=here, metavar=there), Argument(["place"], metavar=there)
    group = CommandGroup("go", help=here, short_help=there, epilog=there, params=[option, argument])
    context = group.context_class(group, info_name="go")
    shown: dict[Language, tuple[str, str, str]] = {
        "fr": ("Ici.", "LÀ", "LÀ COMMANDE [ARGUMENTS]…"),
        "en": ("Here.", "THERE", "THERE COMMAND [ARGS]…"),
    }
    for lang, (what, where, usage) in shown.items():
        speak(lang, monkeypatch)
        said = group.get_help(context)
        assert [words for words in (what, f"--far {where}", usage) if words not in said] == []
        assert said.splitlines()[-1].strip() == where, "the epilog"
        assert group.get_short_help_str() == where


def test_a_grading_shows_what_runs_now_and_for_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    speak("en", monkeypatch)
    now = [100.0]
    monkeypatch.setattr("orchestrator.cli.grading_view.time.monotonic", lambda: now[0])
    line, first, second = RunningLine(), Text(fr="La boutique s'ouvre.", en="The shop opens."), same("web1")
    assert line.__rich__().plain == "Grading…"
    line.tell((first,))
    now[0] += 7
    line.tell((first, second))
    assert line.__rich__().plain == "The shop opens. (and 1 more)  7\u202fs"
    now[0] += 70
    line.tell((second,))
    assert line.__rich__().plain == "web1  1\u202fmin"
    line.tell(())
    assert line.__rich__().plain == "Grading…"
