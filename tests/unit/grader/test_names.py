"""Names as resolvers compare them, and what a host knows without asking DNS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from grader.bilingual import text_of
from grader.names import names_by_hand, plain_name, same_name


@dataclass(frozen=True)
class Host:
    """A host, as far as its files are looked at."""

    hosts: str
    sources: str | None = None

    def file(self, path: str) -> Any:  # noqa: ANN401 (stands for testinfra's)
        return File(self.hosts if path == "/etc/hosts" else self.sources)


@dataclass(frozen=True)
class File:
    text: str | None
    is_the_images = False

    @property
    def exists(self) -> bool:
        return self.text is not None

    @property
    def content_string(self) -> str:
        return self.text or ""


def told(hosts: str, sources: str | None = None) -> str:
    host: Any = Host(hosts, sources)
    return text_of(names_by_hand(host, "intranet", "www.site.example")).en


def test_capitals_and_a_final_dot_do_not_count() -> None:
    assert same_name("INTRANET.Site.example.", "intranet.site.example")
    assert not same_name("intranet.site.example", "intranet.site.exampl")
    assert plain_name("Mail1.") == "mail1"


@pytest.mark.parametrize(
    "line",
    [
        "127.0.0.1 intranet",
        "127.0.0.1\tINTRANET.lan.test",
        "  ::1 localhost  a.b\tIntranet.lan.test. # a note",
        "10.0.0.1 WWW.site.EXAMPLE",
    ],
)
def test_a_line_that_names_one_is_found(line: str) -> None:
    assert told(f"127.0.0.1 localhost\n{line}\n").startswith("/etc/hosts says ")


@pytest.mark.parametrize(
    "line",
    ["# 10.0.0.1 intranet", "10.0.0.1 pc1 # intranet", "10.0.0.1 intranets my-intranet site.example", "intranet"],
)
def test_other_lines_are_passed_over(line: str) -> None:
    assert not told(f"127.0.0.1 localhost\n{line}\n")


@pytest.mark.parametrize(
    ("sources", "others"),
    [
        ("hosts: files dns\npasswd: files sss\n", ""),
        ("hosts:\tfiles [NOTFOUND=return] dns myhostname\n", ""),
        (" hosts : db files dns\n", "db"),
        ("hosts: files[success=continue]own dns # db\n", "own"),
    ],
)
def test_other_sources_of_names_are_told(sources: str, others: str) -> None:
    expected = f"by /etc/nsswitch.conf, names come from {others} as well" if others else ""
    assert told("127.0.0.1 localhost\n", sources) == expected
