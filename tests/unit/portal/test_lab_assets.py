"""What others wrote and the page serves: the very files of their packages, each with its licence."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from orchestrator.portal import lab_pages

STATIC = Path(lab_pages.__file__).parent / "static"
VENDOR = STATIC / "vendor"
ASSETS = json.loads((VENDOR / "assets.json").read_text())["assets"]
LICENCES = {
    "MIT": "Permission is hereby granted, free of charge",
    "MPL-2.0": "Mozilla Public License Version 2.0",
}
"""Licence -> what its text says."""
FIRST = 250_000
"""Bytes that the page may weigh before a terminal is opened."""


def test_every_file_is_the_packages_own() -> None:
    listed = {name: about["sha256"] for asset in ASSETS for name, about in asset["files"].items()}
    files = {path.relative_to(VENDOR).as_posix(): path for path in VENDOR.rglob("*") if path.is_file()}
    del files["assets.json"]
    found = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    assert found == listed


def test_every_package_says_where_it_is_from_and_how_it_may_be_used() -> None:
    for asset in ASSETS:
        name = asset["name"].rpartition("/")[2]
        assert asset["tarball"] == f"https://registry.npmjs.org/{asset['name']}/-/{name}-{asset['version']}.tgz"
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", asset["integrity"])
        assert LICENCES[asset["licence"]] in (VENDOR / asset["licence_file"]).read_text()


def test_vendored_scripts_import_what_came_with_them() -> None:
    for path in VENDOR.rglob("*.js"):
        said = path.read_text()
        for target in re.findall(r"""^(?:import|export)\b[^;]*?from\s+["']([^"']+)["']""", said, re.MULTILINE):
            assert (path.parent / target).resolve().is_relative_to(VENDOR), f"{path}: {target}"
            assert (path.parent / target).is_file(), f"{path}: {target}"


def test_the_page_is_light_until_a_terminal_opens() -> None:
    weight = {name: (STATIC / name).stat().st_size for name in _of_the_page("base.html.j2", "lab.html.j2")}
    assert {"portal.css", "lab.css", "lab.js", "page.js"} < set(weight)
    assert sum(weight.values()) < FIRST - 100_000, weight  # the rest is for the page itself


def _of_the_page(*templates: str) -> set[str]:
    """Return the files that a page's templates name, and the scripts that these import at once."""
    said = "".join((STATIC.parent / "templates" / name).read_text() for name in templates)
    found: set[str] = set()
    new = set(re.findall(r"""static\(["']([^"']+)["']\)""", said))
    while new:
        found |= new
        texts = [(STATIC / name).read_text() for name in new if name.endswith(".js")]
        imports = {name for text in texts for name in re.findall(r"""from\s*["']\./([^"']+)["']""", text)}
        new = imports - found
    return found


def test_scripts_import_what_is_served_beside_them_and_nothing_else() -> None:
    for path in STATIC.glob("*.js"):
        for target in re.findall(r"""(?:from|import\()\s*["']([^"']+)["']""", path.read_text()):
            assert target.startswith("./"), f"{path.name}: {target}"
            assert (STATIC / target).is_file(), f"{path.name}: {target}"


def test_scripts_never_make_html_of_text() -> None:
    for path in STATIC.glob("*.js"):
        text = path.read_text()
        for wrong in ("insertAdjacentHTML", "outerHTML", "innerHTML", "document.write", "eval(", "new Function"):
            assert wrong not in text, f"{path.name}: {wrong}"
