"""What a fault module states of its faults, read from its source: nothing of it is run.

A folder that nobody has looked at yet is read, and its faults with it. Names, types and bounds of parameters are
understood where they are written as in Breakfix's own faults. Of what is not, such as a type of the trainer's own or a
base class from elsewhere, any value passes here; it is checked when the fault is made.
"""

from __future__ import annotations

import ast
import functools
import importlib
import operator
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from pydantic import ConfigDict, create_model
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic_core import SchemaError

from orchestrator.faults.fault import Fault
from orchestrator.model.base import Document

_Kind: TypeAlias = Any
"""What an annotation may be: a class, or what typing has instead of one. ``Any`` itself: not understood."""
_OURS: Final = ("orchestrator.model.", "orchestrator.faults.")
"""Whose names are looked up: importing these runs code of Breakfix alone."""
_SCALARS: Final[Mapping[str, Any]] = {"str": str, "int": int, "float": float, "bool": bool}
_TYPING: Final = ("Literal", "Annotated", "ClassVar", "Any", "Optional")
_WITHOUT_METHODS: Final = frozenset({"ABC", "object"})
_BOUNDS: Final = frozenset({"ge", "gt", "le", "lt", "min_length", "max_length", "pattern"})
_MISSING: Final = object()


@dataclass(frozen=True)
class StaticFault:
    """A class that is meant as a fault.

    Attributes:
        title: the class's name.
        line: where it begins.
        name: the fault's name, or None where it is not written out.
        docstring: its documentation, or "".
        missing: the methods that it lacks, in order.
        parameters: what its parameters are, as a model of them.
        unusable: what pydantic says of bounds that it cannot use; empty where they are sound.
    """

    title: str
    line: int
    name: str | None
    docstring: str
    missing: tuple[str, ...]
    parameters: type[Document]
    unusable: str = ""


class _Open(Document):
    """Parameters of which not all are known."""

    model_config = ConfigDict(extra="allow")


@dataclass(frozen=True)
class _Class:
    """What is known of a class: its fields as pydantic takes them, its methods, and whether there may be more."""

    fields: Mapping[str, Any]
    methods: frozenset[str]
    is_fault: bool
    open: bool


_UNKNOWN: Final = _Class({}, frozenset(), is_fault=False, open=True)


def static_faults_in(tree: ast.Module) -> Iterator[StaticFault]:
    """Yield the faults of a module, in order; a class that others build on begins with an underscore."""
    reader = _Reader(tree)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            seen = reader.read(node)
            if seen.is_fault:
                missing = () if seen.open else tuple(sorted(Fault.__abstractmethods__ - seen.methods))
                model, unusable = _model(node, seen)
                yield StaticFault(node.name, node.lineno, _name_of(node), model.__doc__ or "", missing, model, unusable)


class _Reader:
    """Reads the classes of one module."""

    def __init__(self, tree: ast.Module) -> None:
        self._names = _names(tree)
        self._classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        self._open: set[str] = set()
        self._known: dict[str, _Class] = {}

    def read(self, node: ast.ClassDef) -> _Class:
        """Return what is known of a class, its bases' parts included; each is read once, however many build on it."""
        if node.name not in self._known:
            self._known[node.name] = self._read(node)
        return self._known[node.name]

    def _read(self, node: ast.ClassDef) -> _Class:
        if node.name in self._open:  # a class that is built on itself: running it would fail
            return _UNKNOWN
        self._open.add(node.name)
        try:
            bases = [self._base(base) for base in node.bases]
        finally:
            self._open.discard(node.name)
        fields: dict[str, Any] = {}
        methods: set[str] = set()
        for base in reversed(bases):
            fields |= base.fields
            methods |= base.methods
        for statement in node.body:
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                    if not name.startswith("_") and not _is_of_the_class(annotation):
                        fields[name] = self._field(annotation, value)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    methods.add(name)
        return _Class(fields, frozenset(methods), any(b.is_fault for b in bases), any(b.open for b in bases))

    def _base(self, base: ast.expr) -> _Class:
        if not isinstance(base, ast.Name):
            return _UNKNOWN
        if base.id in self._classes:
            return self.read(self._classes[base.id])
        if base.id in _WITHOUT_METHODS:
            return _Class({}, frozenset(), is_fault=False, open=False)
        kind = self._names.get(base.id)
        if not (isinstance(kind, type) and issubclass(kind, Document)):
            return _UNKNOWN
        fields = {name: (field.annotation, field) for name, field in kind.model_fields.items()}
        methods = Fault.__abstractmethods__ - kind.__abstractmethods__ if issubclass(kind, Fault) else frozenset[str]()
        return _Class(fields, methods, issubclass(kind, Fault), open=False)

    def _field(self, annotation: ast.expr, value: ast.expr | None) -> tuple[_Kind, FieldInfo]:
        """Return a parameter as pydantic takes it. A default only says that it may be left out."""
        kind, optional, bounds = self._type(annotation), value is not None, {}
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "Field":
            given = {keyword.arg: keyword.value for keyword in value.keywords}
            first = value.args[0] if value.args else given.get("default")
            optional = "default_factory" in given or (first is not None and _literal(first) is not ...)
            bounds = {name: _literal(node) for name, node in given.items() if name in _BOUNDS}
        if kind is Any or _MISSING in bounds.values():
            bounds = {}
        return kind, FieldInfo(default=None, **bounds) if optional else FieldInfo(**bounds)

    def _type(self, node: ast.expr) -> _Kind:
        match node:
            case ast.Constant(value=str(text)):
                return self._type_in(text)
            case ast.Constant(value=None):
                return None
            case ast.Name(id=name):
                return self._names.get(name, Any)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self._union(left, right)
            case ast.Subscript(value=ast.Name(id=name), slice=inner):
                return self._subscript(self._names.get(name), inner)
        return Any

    def _type_in(self, text: str) -> _Kind:
        try:
            return self._type(ast.parse(text, mode="eval").body)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return Any

    def _union(self, *nodes: ast.expr) -> _Kind:
        kinds = [self._type(node) for node in nodes]
        try:
            return Any if Any in kinds else functools.reduce(operator.or_, kinds)
        except TypeError:  # None | None, or a value of ours that is no type
            return Any

    def _subscript(self, outer: _Kind, inner: ast.expr) -> _Kind:
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if outer is typing.Literal:
            values = tuple(_literal(part) for part in parts)
            return Any if _MISSING in values else typing.Literal[values]
        if outer is typing.Annotated:
            return self._type(parts[0])
        if outer is typing.Optional:
            return self._union(parts[0], ast.Constant(None))
        return Any


def _names(tree: ast.Module) -> dict[str, Any]:
    """Return what a module's names stand for, where Python or Breakfix itself defines them."""
    names = dict(_SCALARS)
    for node in tree.body:
        if not isinstance(node, ast.ImportFrom) or node.level or node.module is None:
            continue
        for alias in node.names:
            known = alias.asname or alias.name
            if node.module == "typing" and alias.name in _TYPING:
                names[known] = getattr(typing, alias.name)
            elif f"{node.module}.".startswith(_OURS) and (found := _ours(node.module, alias.name)) is not None:
                names[known] = found
    return names


def _ours(module: str, name: str) -> _Kind:
    try:
        return getattr(importlib.import_module(module), name, None)
    except ImportError:
        return None


def _is_of_the_class(annotation: ast.expr) -> bool:
    """Return whether an annotation is ``ClassVar``, which makes no parameter."""
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return ast.unparse(outer).rpartition(".")[2] == "ClassVar"


def _name_of(node: ast.ClassDef) -> str | None:
    """Return the text that a class gives to ``name``."""
    for statement in node.body:
        match statement:
            case (
                ast.AnnAssign(target=ast.Name(id="name"), value=ast.Constant(value=str(text)))
                | ast.Assign(targets=[ast.Name(id="name")], value=ast.Constant(value=str(text)))
            ):
                return text
    return None


def _literal(node: ast.expr) -> _Kind:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _MISSING


def _model(node: ast.ClassDef, seen: _Class) -> tuple[type[Document], str]:
    """Return a model of a class's parameters, and what is wrong with their bounds.

    Of parameters that pydantic refuses, nothing is known until they are run.
    """
    base, docstring = _Open if seen.open else Document, ast.get_docstring(node)
    try:
        return _built(create_model(node.name, __base__=base, __doc__=docstring, **seen.fields)), ""
    except (PydanticUserError, SchemaError, TypeError, ValueError, NameError) as error:
        unusable = " ".join(str(error).split()) if isinstance(error, SchemaError) else ""
        return create_model(node.name, __base__=_Open, __doc__=docstring), unusable


def _built(model: type[Document]) -> type[Document]:
    """Return a model after building what pydantic leaves for its first use, which is elsewhere."""
    model.model_rebuild()
    return model
