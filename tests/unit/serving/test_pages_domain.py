"""The domain of labs' web pages: never one that a browser takes for the portal's site."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.errors import UsageError
from orchestrator.loader.settings_file import parse_settings
from orchestrator.serving.installation import settings_text
from orchestrator.serving.pages_domain import same_site
from orchestrator.serving.process_commands import portal_command
from orchestrator.serving.serve_folders import ServeFolders
from orchestrator.serving.serve_plan import ServeOptions, ServePlan, plan_of


@pytest.mark.parametrize(
    ("domain", "host", "same"),
    [
        ("labs-pages.example", "labs.school.example", False),
        ("pages.other.example", "labs.school.example", False),
        ("pages.school.example", "labs.school.example", True),
        ("labs.school.example", "labs.school.example", True),
        ("x.labs.school.example", "labs.school.example", True),
        ("school.example", "labs.school.example", True),
        ("SCHOOL.example", "labs.school.EXAMPLE", True),
        ("example", "labs.school.example", True),
        ("pages.co.uk", "labs.co.uk", False),
        ("pages.school.ac.uk", "labs.school.ac.uk", True),
        ("pages.ac.uk", "labs.school.ac.uk", False),
        ("pages.lab", "portal.lab", False),
        ("pages.example", "portal", False),
        ("portal", "portal", True),
        ("pages.example", "192.168.1.10", False),
        ("1.10", "192.168.1.10", False),
        ("localhost", "localhost", False),
        ("localhost", "labs.localhost", False),
        ("pages.localhost", "labs.pages.localhost", True),
    ],
)
def test_what_a_browser_takes_for_one_site(domain: str, host: str, same: bool) -> None:
    assert same_site(domain, host) is same


def plan(text: str, **options: object) -> ServePlan:
    return plan_of(ServeOptions(**options), parse_settings(f"contract = 1\n{text}", "x"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", "http://localhost:8443"),
        ('listen = "[::1]:9000"', "http://localhost:9000"),
        ('listen = "0.0.0.0:8443"', ""),
        ('listen = "0.0.0.0:8443"\npages = "*.pages.example"\nnames = ["labs.example"]', "https://pages.example:8443"),
        ('listen = "0.0.0.0:8443"\npages = "*.pages.example:443"\nnames = ["labs.example"]', "https://pages.example"),
        ('listen = "unix:/run/x"\nbehind_proxy = true\nnames = ["labs.example"]', ""),
        (
            'listen = "unix:/run/x"\nbehind_proxy = true\nnames = ["labs.example"]\npages = "*.pages.example"',
            "https://pages.example",
        ),
        ('[tls]\ncert = "/c"\nkey = "/k"', ""),
    ],
)
def test_where_pages_are(text: str, address: str, tmp_path: Path) -> None:
    served = plan(text)
    found = served.pages(served.listen.port)
    assert found == address
    folders = ServeFolders(tmp_path, tmp_path)
    command = portal_command(folders, 3, ("https://x",), None, trust_proxy=False, pages=found)
    assert ("--pages" in command) is bool(address)
    assert ("*.pages.example" in served.hosts) is ("pages" in text), "the certificate is for them"
    assert plan(settings_text(served).partition("\n")[2]).pages_name == served.pages_name


@pytest.mark.parametrize("pages", ["*.school.example", "*.pages.school.example", "*.labs.school.example:443"])
def test_the_portal_s_own_site_is_refused(pages: str) -> None:
    with pytest.raises(UsageError, match=r"labs\.school\.example"):
        plan(f'listen = "0.0.0.0:8443"\nnames = ["192.168.1.1", "labs.school.example"]\npages = "{pages}"')
