"""Files that nobody would write, drawn by Hypothesis: sound, or refused with their place; never a trace or a hang."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.content.mutations import REAL, STRANGE, Mutant, Mutator
from tests.unit.content.test_malformed import assert_clear, bounded, found_in

pytestmark = pytest.mark.slow

SCENARIO = "scenarios/1.3-network-connection/no-network-after-move"
CODE = f"{SCENARIO}/checks/test_connection.py"
DOCUMENTS = (
    f"{SCENARIO}/scenario.yaml",
    f"{SCENARIO}/solutions/reference.yaml",
    "labs/small-office/lab.yaml",
    "images/host/image.yaml",
)
TEXTS = (f"{SCENARIO}/ticket.fr.md", "labs/small-office/README.en.md")


def keys_of(schema: object) -> Iterator[str]:
    """Yield all keys that a JSON Schema knows."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from keys_of(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from keys_of(part)


SCHEMAS = [json.loads(path.read_text()) for path in (REAL / "docs/schemas/v1").glob("*.json")]
KNOWN = st.sampled_from(sorted(set(keys_of(SCHEMAS))))
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
KEYS = KNOWN | WORDS | st.integers() | st.booleans() | st.none()
NUMBERS = st.integers() | st.floats()
LEAVES = st.none() | st.booleans() | NUMBERS | st.dates() | WORDS | KNOWN | st.sampled_from(STRANGE)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
BYTES = st.binary(max_size=200) | st.text(st.characters(exclude_categories=["Cs"])).map(str.encode)
ANY_FILE = st.tuples(
    st.sampled_from((*DOCUMENTS, *TEXTS, CODE)), BYTES | VALUES.map(lambda value: yaml.safe_dump(value).encode())
)

many = settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
Reader = Callable[[str, bytes], None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("arbitrary") / "content"
    Mutator(root.parent, []).copy(root, REAL / SCENARIO)
    return root


@pytest.fixture
def read(folder: Path) -> Reader:
    """Return what puts bytes in the place of a file, reads the whole folder, and puts the file back."""

    def reads(name: str, content: bytes) -> None:
        path, mutant = folder / name, Mutant(folder, (name, repr(content)))
        real = path.read_bytes()
        path.write_bytes(content)
        try:
            with bounded(mutant):
                problems = found_in(mutant)
            assert_clear(problems, mutant, whole="gone" if name in DOCUMENTS else name)
        finally:
            path.write_bytes(real)

    return reads


def changed(draw: st.DrawFn, document: object) -> object:
    """Return a document with another value at a place that is drawn, or a key too many."""
    deeper = draw(st.integers(0, 4)) > 0
    if isinstance(document, dict) and document and deeper:
        key = draw(st.sampled_from(sorted(document, key=str)))
        return {**document, key: changed(draw, document[key])}
    if isinstance(document, list) and document and deeper:
        at = draw(st.integers(0, len(document) - 1))
        return [*document[:at], changed(draw, document[at]), *document[at + 1 :]]
    if isinstance(document, dict) and draw(st.booleans()):
        return {**document, draw(KEYS): draw(VALUES)}
    return draw(VALUES)


@st.composite
def changed_files(draw: st.DrawFn) -> tuple[str, bytes]:
    name = draw(st.sampled_from(DOCUMENTS))
    document = changed(draw, yaml.safe_load((REAL / name).read_text(encoding="utf-8")))
    return name, yaml.safe_dump(document, allow_unicode=True, sort_keys=False).encode()


def test_the_folder_is_sound_as_it_is(folder: Path) -> None:
    assert found_in(Mutant(folder, ())) == ()


@many
@given(changed_files())
def test_many_values_where_they_should_not_be(read: Reader, case: tuple[str, bytes]) -> None:
    read(*case)


@many
@given(ANY_FILE)
def test_many_files_of_anything(read: Reader, case: tuple[str, bytes]) -> None:
    read(*case)
