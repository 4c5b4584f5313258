"""Real content with one to three mistakes in it, drawn from a seed: what a person, an editor or an attacker may leave.

The mistakes are of five kinds: in the text (a line lost, doubled, moved, its indentation changed, characters that YAML
minds), in the values (another type, a huge number, a template that is wrong or never ends), in the bytes (cut short,
not UTF-8, far too large), beyond all measure (nested too deeply, computed for ever) and in the files themselves
(missing, a folder, a FIFO, a link out, a loop of links).
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

REAL = Path(__file__).parents[3]
RECORDS = shutil.ignore_patterns("proof.json*")
"""What a scenario's folder holds that nobody reads with it."""
FOLDERS = ("labs", "scenarios", "images")
DOCUMENTS = (".yaml", ".md", ".py", ".j2")

STRANGE = (
    "{}",
    "[]",
    "[[]]",
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "99999999999999999999",
    "0x1F",
    ".nan",
    "''",
    "' '",
    "2024-02-30",
    "!!python/object/apply:os.system ['true']",
    "!x y",
    "&a [*a]",
    "*nowhere",
    "'{{'",
    "'{{ 1 / 0 }}'",
    "'{{ nothing.at.all }}'",
    "'{{ lab.__class__.__mro__ }}'",
    "'{% for i in range(10 ** 9) %}x{% endfor %}'",
    "'{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}'",
    "'{{ \"x\" * 10 ** 9 }}'",
    "'{{ 10 ** 10 ** 10 }}'",
    "'{% include \"/etc/passwd\" %}'",
    "../../../etc/passwd",
    "/etc/passwd",
    "999.999.999.999",
    "192.168.10.1/99",
    "::1",
    "a: b: c",
    "'a\\0b'",
    '"a\\0b"',
    '"\\ud800"',
    "\u202e\u0000"[:1],
    "é" * 5000,
    "x" * 100_000,
    "[" * 60 + "]" * 60,
    '"\\e]0;x\\a\\e[2J"',
    '"\\u202egnp.exe"',
    "{fr: x}",
    "{fr: x, en: y, de: z}",
    "{fr: 1, en: 2}",
    "|\n  text",
)
"""Values that stand where they should not."""

LINES = (
    "\t- x",
    "---",
    "...",
    "%YAML 9.9",
    "? complex",
    "- - -",
    "key: [",
    'key: "',
    "{{ x }}: y",
    "<<: *a",
    "\x07",
    ": ",
)


@dataclass(frozen=True)
class Mutant:
    """A content folder with mistakes: where it is, and what was done to it."""

    root: Path
    done: tuple[str, ...]


class Mutator:
    """Makes content folders with mistakes below a folder, one after the other; the same seed gives the same one."""

    def __init__(self, folder: Path, scenarios: Sequence[Path]) -> None:
        """Take the scenarios (folders of the real content) to spoil."""
        self._folder = folder
        self._scenarios = scenarios

    def make(self, seed: int) -> Mutant:
        """Return a folder with one scenario, its lab, the images, and one to three mistakes."""
        draw = random.Random(seed)
        root = self._folder / str(seed)
        scenario = draw.choice(self._scenarios)
        self.copy(root, scenario)
        done = []
        for _ in range(draw.choice((1, 1, 1, 2, 3))):
            files = sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink() and _spoilt_often(p, draw))
            if not files:
                break
            path = draw.choice(files)
            change = draw.choice(CHANGES)
            change(path, draw)
            done.append(f"{change.__name__.strip('_')} {path.relative_to(root)}")
        return Mutant(root, tuple(done))

    def copy(self, root: Path, scenario: Path) -> None:
        """Copy a scenario with its lab and what tells of the images, as they are."""
        lab = next(
            line.split(":", 1)[1].strip()
            for line in (scenario / "scenario.yaml").read_text(encoding="utf-8").splitlines()
            if line.startswith("lab:")
        )
        shutil.copytree(scenario, root / scenario.relative_to(REAL), ignore=RECORDS)
        shutil.copytree(REAL / "labs" / lab, root / "labs" / lab)
        for image in (REAL / "images").iterdir():
            if (image / "image.yaml").is_file():
                (root / "images" / image.name).mkdir(parents=True)
                for name in ("image.yaml", "Dockerfile"):
                    if (image / name).is_file():
                        shutil.copy(image / name, root / "images" / image.name / name)


def _spoilt_often(path: Path, draw: random.Random) -> bool:
    """Return whether a file is among those to draw from: those that say most, more often than the others."""
    return path.name in {"scenario.yaml", "lab.yaml"} or draw.random() < (0.5 if path.suffix in DOCUMENTS else 0.1)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="surrogateescape").split("\n")


def _write(path: Path, lines: Sequence[str]) -> None:
    path.write_text("\n".join(lines), encoding="utf-8", errors="surrogateescape")


def _lose_a_line(path: Path, draw: random.Random) -> None:
    lines = _lines(path)
    del lines[draw.randrange(len(lines))]
    _write(path, lines)


def _double_a_line(path: Path, draw: random.Random) -> None:
    lines = _lines(path)
    at = draw.randrange(len(lines))
    lines.insert(at, lines[at])
    _write(path, lines)


def _move_a_line(path: Path, draw: random.Random) -> None:
    lines = _lines(path)
    line = lines.pop(draw.randrange(len(lines)))
    lines.insert(draw.randrange(len(lines) + 1), line)
    _write(path, lines)


def _indent_a_line(path: Path, draw: random.Random) -> None:
    lines = _lines(path)
    at = draw.randrange(len(lines))
    lines[at] = draw.choice((" ", "  ", "\t", "    ")) + lines[at]
    _write(path, lines)


def _outdent_a_line(path: Path, draw: random.Random) -> None:
    lines = _lines(path)
    indented = [at for at, line in enumerate(lines) if line.startswith(" ")]
    if indented:
        at = draw.choice(indented)
        lines[at] = lines[at][draw.choice((1, 2)) :]
    _write(path, lines)


def _insert_a_line(path: Path, draw: random.Random) -> None:
    lines = _lines(path)
    lines.insert(draw.randrange(len(lines) + 1), draw.choice(LINES))
    _write(path, lines)


def _replace_a_value(path: Path, draw: random.Random) -> None:
    lines = _lines(path)
    with_value = [at for at, line in enumerate(lines) if ": " in line]
    at = draw.choice(with_value or range(len(lines)))
    key, colon, _ = lines[at].partition(": ")
    lines[at] = f"{key}{colon}{draw.choice(STRANGE)}"
    _write(path, lines)


def _misspell_a_word(path: Path, draw: random.Random) -> None:
    text = "\n".join(_lines(path))
    words = [at for at in range(1, len(text) - 1) if text[at].isalpha() and text[at - 1].isalpha()]
    if words:
        at = draw.choice(words)
        text = text[:at] + text[at + 1 :]
    _write(path, text.split("\n"))


def _put_a_character(path: Path, draw: random.Random) -> None:
    text = "\n".join(_lines(path))
    at = draw.randrange(len(text) + 1)
    _write(
        path, (text[:at] + draw.choice("{}[]:,&*!|>'\"%@`#?-\t\x00\x1b\u2028\ufeff\U0001f600") + text[at:]).split("\n")
    )


def _swap_two_values(path: Path, draw: random.Random) -> None:
    lines = _lines(path)
    with_value = [at for at, line in enumerate(lines) if ": " in line]
    if len(with_value) > 1:
        one, other = draw.sample(with_value, 2)
        (first, _, a), (second, _, b) = lines[one].partition(": "), lines[other].partition(": ")
        lines[one], lines[other] = f"{first}: {b}", f"{second}: {a}"
    _write(path, lines)


def _cut_short(path: Path, draw: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: draw.randrange(len(data) + 1)])


def _flip_bytes(path: Path, draw: random.Random) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(draw.randrange(1, 5)):
        if data:
            data[draw.randrange(len(data))] = draw.randrange(256)
    path.write_bytes(data)


def _nothing_but_bytes(path: Path, draw: random.Random) -> None:
    path.write_bytes(draw.randbytes(draw.randrange(400)))


def _far_too_large(path: Path, draw: random.Random) -> None:
    with path.open("ab") as file:
        file.truncate(draw.choice((2 << 20, 1 << 33)))


def _billion_laughs(path: Path, draw: random.Random) -> None:
    levels = draw.randrange(5, 30)
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    _write(path, [*_lines(path), *bomb])


def _too_deep(path: Path, draw: random.Random) -> None:
    """Put what is nested too deeply in the place of a line: for Python, for Jinja2, or for whoever reads YAML."""
    lines = _lines(path)
    lines[draw.randrange(len(lines))] = draw.choice(
        (
            "x = " + "not " * 3000 + "1",
            "x = " + "-" * 100_000 + "1",
            "@a" + ".b" * 960,
            "{% if a == 'b' %}" * 3000 + "{% endif %}" * 3000,
            "{{ " + "'a' if a == 'b' else " * 3000 + "'c' }}",
            "[" * 3000 + "]" * 3000,
        )
    )
    _write(path, lines)


def _takes_for_ever(path: Path, draw: random.Random) -> None:
    """Put what would be computed for ever in the place of a line."""
    lines = _lines(path)
    wide = draw.choice(("range(99999)|sort|length", "'x' in range(99999)|list", "('x' * 99999).upper()"))
    lines[draw.randrange(len(lines))] = draw.choice(
        (
            f"{{% for i in range(60000) %}}{{% if {wide} %}}{{% endif %}}{{% endfor %}}",
            "{% if" + " " * 100_000 + "x",
            "{{ '" + "{{" * 100_000 + "' ~",
        )
    )
    _write(path, lines)


def _read_in_another_way(path: Path, draw: random.Random) -> None:
    """Have Python take a file for one in another encoding."""
    _write(path, [f"# coding: {draw.choice(('latin-1', 'rot13', 'utf-7', 'nonesuch'))}", *_lines(path)])


def _a_name_that_is_no_text(path: Path, _draw: random.Random) -> None:
    os.rename(path, os.fsencode(path.parent) + b"/test_\xff.py")  # noqa: PTH104 (pathlib has no bytes)


def _missing(path: Path, _draw: random.Random) -> None:
    path.unlink()


def _a_folder(path: Path, _draw: random.Random) -> None:
    path.unlink()
    path.mkdir()


def _a_fifo(path: Path, _draw: random.Random) -> None:
    path.unlink()
    os.mkfifo(path)


def _a_link(path: Path, draw: random.Random) -> None:
    path.unlink()
    path.symlink_to(draw.choice(("/etc/passwd", "/dev/zero", "/dev/tty", path.name, "nowhere", "..", "/proc/self/mem")))


def _a_folder_that_is_a_loop(path: Path, draw: random.Random) -> None:
    (path.parent / f"again{draw.randrange(10)}").symlink_to(path.parent)
    path.unlink()


def _renamed(path: Path, draw: random.Random) -> None:
    path.rename(path.with_name(draw.choice(("Ünïcode é.yaml", "x" * 200, "-rf", " ", path.name.upper(), "a\nb"))))


CHANGES: tuple[Callable[[Path, random.Random], None], ...] = (
    *(_lose_a_line, _double_a_line, _move_a_line, _indent_a_line, _outdent_a_line, _insert_a_line),
    *(_replace_a_value, _replace_a_value, _replace_a_value, _replace_a_value),
    *(_misspell_a_word, _misspell_a_word, _put_a_character, _put_a_character, _swap_two_values),
    *(_cut_short, _flip_bytes, _nothing_but_bytes, _far_too_large, _billion_laughs),
    *(_too_deep, _takes_for_ever, _read_in_another_way, _a_name_that_is_no_text),
    *(_missing, _a_folder, _a_fifo, _a_link, _a_folder_that_is_a_loop, _renamed),
)
