"""What PostgreSQL says to its administrator: in a session with our settings, by a catalogue that came with it."""

from __future__ import annotations

import shlex
import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from grader.bilingual import text_of
from grader.postgresql import CHANGED, SqlAnswer, ask_postgresql, connection
from tests.unit.records import postgres


class Host:
    """A host whose psql prints some rows for each statement; the first is our own question."""

    def __init__(self, *printed: str, rc: int = 0) -> None:
        self.printed, self.rc = printed, rc
        self.words: list[str] = []

    def run(self, command: str, *words: str) -> Any:  # noqa: ANN401 (stands for testinfra's)
        self.words = shlex.split(command % tuple(map(shlex.quote, words)))
        marks = [word.split()[1] for word in self.words if word.startswith("\\echo ")]
        text = "".join(f"{rows}{mark}\n" for rows, mark in zip(self.printed, marks, strict=False))
        return SimpleNamespace(rc=self.rc, stdout=text, stderr="ERROR" if self.rc else "")


def asked(host: Any, *statements: str) -> SqlAnswer:  # noqa: ANN401
    return ask_postgresql(host, *statements, database="shop")


def test_each_statement_has_its_rows() -> None:
    host = Host("", "a\nb\n", "", "c\n")
    assert asked(host, "SELECT 1", "SELECT 2", "SELECT 3") == SqlAnswer(0, "a\nb\nc", "", ("a\nb", "", "c"))
    assert host.words[:6] == ["runuser", "-u", "postgres", "--", "env", "-i"]
    assert connection("shop") in host.words


def test_what_failed_is_told_with_what_came_before() -> None:
    assert asked(Host("", "a\n", rc=1), "SELECT 1", "SELECT 2") == SqlAnswer(1, "a", "ERROR", ("a",))
    assert asked(Host(rc=2), "SELECT 1") == SqlAnswer(2, "", "ERROR", ())


def test_a_changed_catalogue_is_no_evidence() -> None:
    with pytest.raises(AssertionError) as caught:
        asked(Host("texteq\n", "a\n"), "SELECT 1")
    assert text_of(str(caught.value)).en == "PostgreSQL: in pg_catalog, texteq did not come with the server"


def test_settings_of_the_session_come_first() -> None:
    assert "options='-c search_path=pg_catalog,pg_temp -c event_triggers=off " in connection("shop")


@pytest.mark.slow
def test_what_is_made_in_the_catalogue_is_found() -> None:
    with postgres.server() as address:

        def psql(sql: str) -> list[str]:
            command = ["psql", "-XAtq", address.format(name="postgres"), "-c", sql]
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()

        assert psql(CHANGED) == []
        psql("CREATE FUNCTION public.own() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        assert psql(CHANGED) == []
        psql("CREATE FUNCTION pg_catalog.own() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        psql("CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text LANGUAGE sql AS $$SELECT 'x'$$")
        assert sorted(psql(CHANGED)) == ["own", "version"]
