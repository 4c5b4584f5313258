"""Where the store is: what is asked for, what the environment names, or a file of the user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.errors import UsageError
from orchestrator.records.location import database_url


def test_without_a_word_it_is_a_file_of_the_users(tmp_path: Path) -> None:
    url = database_url(None, {"XDG_DATA_HOME": str(tmp_path)})
    assert (url.drivername, url.database) == ("sqlite+pysqlite", str(tmp_path / "breakfix/records.sqlite"))


def test_the_option_counts_before_the_environment() -> None:
    environment = {"BREAKFIX_DATABASE": "postgresql://school@db1/labs"}
    assert database_url(None, environment).render_as_string() == "postgresql+psycopg://school@db1/labs"
    assert database_url("/srv/labs.sqlite", environment).database == "/srv/labs.sqlite"


@pytest.mark.parametrize(
    "given", ["postgres://a@b/c", "postgresql://a@b/c", "postgresql+psycopg2://a@b/c", "postgresql+psycopg://a@b/c"]
)
def test_postgresql_is_spoken_to_by_our_driver(given: str) -> None:
    assert database_url(given, {}).drivername == "postgresql+psycopg"


@pytest.mark.parametrize(
    ("given", "named"), [("postgreql://a@b/c", '"postgresql://"'), ("mysql://a@b/c", '"sqlite://"'), ("x://", "sqlite")]
)
def test_an_unknown_kind_is_refused_with_those_there_are(given: str, named: str) -> None:
    with pytest.raises(UsageError) as refused:
        database_url(given, {})
    assert named in refused.value.text.en
    assert refused.value.hint is not None


@pytest.mark.parametrize("given", ["postgresql://a:secret@b:port/c", "sqlite://"])
def test_an_unreadable_address_is_refused_without_showing_its_password(given: str) -> None:
    with pytest.raises(UsageError) as refused:
        database_url(given, {})
    assert "secret" not in f"{refused.value.text} {refused.value.hint}"
