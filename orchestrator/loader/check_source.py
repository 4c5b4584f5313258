"""What check files say, read without running them: each mistake that would spoil a grading, at its line and column.

Only what stands literally in a file is judged. What is computed (a sentence from a variable, a function made by a
factory) is left to the grader, which refuses it when it grades.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from orchestrator.core.control_characters import CONTROLS
from orchestrator.core.errors import ContentError, Place, Problem
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.author_imports import PlaceOf
from orchestrator.loader.check_calls import read_calls
from orchestrator.loader.check_imports import TakenTool, read_imports
from orchestrator.loader.check_statements import CheckFile, Sentence, StatedCheck
from orchestrator.loader.python_source import parse_python, too_deep
from orchestrator.model.check import KEYWORDS, ROLES

_SENTENCES: Final = ("fr", "en")
_BEFORE: Final = ("before_fr", "before_en")
_NOT_GRADED: Final = ("skip", "skipif", "xfail")

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def read_checks(source: str, path: Path) -> CheckFile:
    """Read the text of a check file."""
    try:
        tree = parse_python(source, path)
        reader = _Reader(path, place_in(path, source))
        reader.read(tree)
        calls = read_calls(tree, reader.place)
    except ContentError as error:
        return CheckFile(path, problems=error.problems)
    except RecursionError:
        return CheckFile(path, problems=too_deep(path).problems)
    problems = (*reader.problems, *calls.problems)
    return CheckFile(path, tuple(reader.checks), problems, tuple(reader.tools), tuple(calls.names))


def place_in(path: Path, source: str) -> PlaceOf:
    """Return what tells where a node of a file stands; a column counts characters, from 1."""
    lines = source.splitlines()

    def place(node: ast.AST) -> Place:
        line, offset = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
        before = lines[line - 1].encode()[:offset] if 0 < line <= len(lines) else b""
        return Place.of(path, line, len(before.decode(errors="replace")) + 1)

    return place


@dataclass
class _Reader:
    """Walks through one file."""

    path: Path
    place: PlaceOf
    checks: list[StatedCheck] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    tools: list[TakenTool] = field(default_factory=list)
    decorators: set[str] = field(default_factory=set)
    seen: dict[str, int] = field(default_factory=dict)

    def read(self, tree: ast.Module) -> None:
        imports = read_imports(tree, self.place)
        self.problems += imports.problems
        self.tools += imports.tools
        self.decorators |= imports.decorators
        functions = [node for node in tree.body if isinstance(node, _Function)]
        for function in functions:
            self._function(function)
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        methods = [m for c in classes for m in c.body if isinstance(m, _Function) and self._mark_of(m) is not None]
        if not self.seen and not methods:
            self._refuse(
                None,
                "ce fichier ne contient aucun contrôle : écrivez une fonction test_… décorée par @check(…)",
                "this file has no check: write a function test_… decorated with @check(…)",
            )

    # Functions ----------------------------------------------------------------------------------------------

    def _function(self, function: _Function) -> None:
        mark = self._mark_of(function)
        collected = function.name.startswith("test")
        if mark is None:
            if collected:
                self.seen.setdefault(function.name, function.lineno)
                self._refuse(
                    function,
                    f"« {function.name} » n'a pas de @check(…) : rôle, points et phrases manquent",
                    f'"{function.name}" has no @check(…): role, points and sentences are missing',
                )
            return
        if not collected:
            self._refuse(
                function,
                f"ce contrôle ne serait pas noté : nommez la fonction test_{function.name}",
                f"this check would not be graded: name the function test_{function.name}",
            )
        elif function.name in self.seen:
            line = self.seen[function.name]
            self._refuse(
                function,
                f"« {function.name} » existe déjà à la ligne {line}, qui ne serait pas notée ; renommez l'une des deux",
                f'"{function.name}" is already on line {line}, which would not be graded; rename one of the two',
            )
        self.seen.setdefault(function.name, function.lineno)
        self._not_skipped(function)
        self.checks.append(self._stated(function, mark))

    def _mark_of(self, function: _Function) -> ast.Call | ast.expr | None:
        for decorator in function.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if _dotted(called) in self.decorators:
                return decorator
        return None

    def _not_skipped(self, function: _Function) -> None:
        for decorator in function.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if _dotted(called).rpartition(".")[2] in _NOT_GRADED:
                self._refuse(
                    decorator,
                    "un contrôle ne peut être ni sauté ni attendu en échec (skip, xfail) ; retirez cette ligne",
                    "a check must not be skipped or expected to fail (skip, xfail); remove this line",
                )

    def _stated(self, function: _Function, mark: ast.expr) -> StatedCheck:
        if not isinstance(mark, ast.Call):
            self._refuse(
                mark,
                '@check demande un rôle et deux phrases : @check("symptom", fr="…", en="…")',
                '@check needs a role and two sentences: @check("symptom", fr="…", en="…")',
            )
            return StatedCheck(function.name)
        given = {keyword.arg: keyword.value for keyword in mark.keywords}
        computed = None in given  # **keywords: what is in them is not seen
        self._keywords(mark)
        self._role(mark, given)
        for language in _SENTENCES:
            value = given.get(language)
            if (value is None and not computed) or (isinstance(value, ast.Constant) and not _sentence(value.value)):
                name = {"fr": ("française", "French"), "en": ("anglaise", "English")}[language]
                self._refuse(
                    value or mark,
                    f'il manque la phrase {name[0]} du contrôle : ajoutez {language}="…"',
                    f'the check\'s {name[1]} sentence is missing: add {language}="…"',
                )
            else:
                self._shown(value)
        self._before(mark, given)
        self._points(given.get("points"))
        self._because(given.get("because"))
        return StatedCheck(
            function.name,
            role=self._literal(mark.args[0] if mark.args else given.get("role")),
            fr=self._literal(given.get("fr")),
            en=self._literal(given.get("en")),
            host=self._literal(given.get("host")),
            competence=self._competence(given.get("competence")),
            parameters=frozenset(_parameters(function)),
            before=tuple(said for name in _BEFORE if (said := self._literal(given.get(name))) is not None),
        )

    def _shown(self, value: ast.expr | None) -> None:
        if (said := self._literal(value)) is not None and CONTROLS.search(said.source):
            self._refuse(
                value,
                "cette phrase a un caractère de commande, qui agirait sur un terminal ; retirez-le",
                "this sentence has a control character, which would act on a terminal; remove it",
            )

    def _before(self, mark: ast.Call, given: Mapping[str | None, ast.expr]) -> None:
        """Look at what is read before the repair: in both languages, or not at all."""
        values = [given.get(name) for name in _BEFORE]
        for name, value, other in zip(_BEFORE, values, reversed(values), strict=True):
            empty = isinstance(value, ast.Constant) and not _sentence(value.value)
            if empty or (value is None and other is not None and None not in given):
                self._refuse(
                    value or mark,
                    f'ce qui se lit avant la réparation se dit dans les deux langues : ajoutez {name}="…"',
                    f'what is read before the repair is said in both languages: add {name}="…"',
                )
            else:
                self._shown(value)

    def _keywords(self, mark: ast.Call) -> None:
        for keyword in mark.keywords:
            if keyword.arg is not None and keyword.arg not in KEYWORDS:
                text = Text(fr=f"@check ne connaît pas « {keyword.arg} »", en=f'@check does not know "{keyword.arg}"')
                self.problems.append(Problem(self.place(keyword), with_suggestion(text, keyword.arg, KEYWORDS)))

    def _role(self, mark: ast.Call, given: dict[str | None, ast.expr]) -> None:
        role = mark.args[0] if mark.args else given.get("role")
        listed = ", ".join(ROLES)
        if role is None and None not in given:
            self._refuse(
                mark,
                f"il manque le rôle du contrôle, en premier : {listed}",
                f"the check's role is missing, as the first argument: {listed}",
            )
        elif isinstance(role, ast.Constant) and role.value not in ROLES:
            said = role.value if isinstance(role.value, str) else _written(role)
            text = Text(fr=f"rôle inconnu « {said} »", en=f'unknown role "{said}"')
            self.problems.append(Problem(self.place(role), with_suggestion(text, said, ROLES)))

    def _points(self, points: ast.expr | None) -> None:
        value = ast.literal_eval(points) if isinstance(points, ast.Constant) else 0
        if not isinstance(value, int) or isinstance(value, bool) or _is_negative(points):
            seen = _written(points) if points is not None else ""
            self._refuse(
                points,
                f"« points » est un nombre entier, 0 ou plus ; trouvé : {seen}",
                f'"points" is a whole number, 0 or more; found {seen}',
            )

    def _because(self, value: ast.expr | None) -> None:
        pattern = self._literal(value)
        if pattern is None or "{" in pattern.source:  # a template: what it becomes is looked at when it is graded
            return
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what a later Python may read otherwise: told to nobody here
                re.compile(pattern.source)
        except (re.error, RecursionError, OverflowError) as error:
            at = (getattr(error, "pos", None) or 0) + 1
            self._refuse(
                value,
                f"« because » n'est pas une expression rationnelle, dès son caractère {at} : un signe tel que ( ou * "
                r"s'écrit \( ou \*",
                rf'"because" is no regular expression, from its character {at} on: a sign such as ( or * is written '
                r"\( or \*",
            )

    def _competence(self, value: ast.expr | None) -> Sentence | None:
        if isinstance(value, ast.Constant) and value.value is not None and not isinstance(value.value, str):
            code = _written(value)
            self._refuse(
                value,
                f"le code d'une compétence s'écrit entre guillemets : \"{code}\"",
                f'a competence code is written in quotes: "{code}"',
            )
        return self._literal(value)

    def _literal(self, value: ast.expr | None) -> Sentence | None:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return Sentence(value.value, self.place(value))
        return None

    def _refuse(self, node: ast.AST | None, fr: str, en: str) -> None:
        place = Place.of(self.path, 1) if node is None else self.place(node)
        self.problems.append(Problem(place, Text(fr=fr, en=en)))


def _dotted(value: ast.expr) -> str:
    """Return a name such as ``pytest.mark.skip``; empty for anything else."""
    match value:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=owner, attr=name) if base := _dotted(owner):
            return f"{base}.{name}"
        case _:
            return ""


def _written(value: ast.expr) -> str:
    """Return an expression as it is written; a number may have more digits than Python writes."""
    try:
        return ast.unparse(value)
    except (ValueError, RecursionError):
        return "…"


def _is_negative(value: ast.expr | None) -> bool:
    return isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.USub)


def _sentence(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _parameters(function: _Function) -> Iterator[str]:
    """Yield the names that ``pytest.mark.parametrize`` gives to a function, where they stand literally.

    Where they are computed, each of the function's own parameters may be one.
    """
    for decorator in function.decorator_list:
        if not isinstance(decorator, ast.Call) or _dotted(decorator.func).rpartition(".")[2] != "parametrize":
            continue
        names = decorator.args[0] if decorator.args else None
        match names:
            case ast.Constant(value=str(text)):
                yield from (name.strip() for name in text.split(","))
            case ast.Tuple(elts=items) | ast.List(elts=items):
                yield from (str(i.value) for i in items if isinstance(i, ast.Constant) and isinstance(i.value, str))
            case _:
                yield from (argument.arg for argument in function.args.args)
