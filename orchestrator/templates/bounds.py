"""What a template may not do: take for ever, take all memory, or define things of its own.

Content is read before anybody decides to trust it, so its templates are held within bounds: they may only write values,
name them (``set``), choose (``if``) and repeat (``for``); repeating and writing draw on one budget; whatever makes a
long text or a large number out of a small one is bounded, or is not there. Jinja2's sandbox alone keeps a template from
the machine, not from its time.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, cast

from jinja2 import TemplateError, nodes
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from orchestrator.core.elision import ELISIONS

MAX_LENGTH: Final = 1 << 20
"""The most characters of a text, and items of a list."""
BUDGET: Final = 1 << 20
"""What one rendering may cost: the characters that it writes, and those that its filters, methods, comparisons and
operators read. Going round a loop costs what its body writes by itself, and a little."""
_ROUND: Final = 64
"""What going round a loop costs in any case, for the time that it takes; calling a filter or a method as well."""
MAX_BITS: Final = 256
"""The longest whole number."""
MAX_NESTING: Final = 4
"""Loops within loops."""

_STATEMENTS: Final = (
    *(nodes.Template, nodes.Output, nodes.If, nodes.For, nodes.Assign),
    *(nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends),  # there is nothing to take in: rendering says so
)
_LITERALS: Final = (nodes.List, nodes.Tuple, nodes.Dict)
"""What could be doubled by each line that sets a name to two of the last one's."""
_TAGS: Final = {
    "assign": "set",
    "assignblock": "set",
    "callblock": "call",
    "filterblock": "filter",
}
_WITHOUT_FILTERS: Final = ("batch", "center", "format", "indent", "lipsum", "random", "slice", "wordwrap")
_WITHOUT_METHODS: Final = frozenset(
    ["center", "encode", "expandtabs", "format", "format_map", "ljust", "rjust", "to_bytes", "translate", "zfill"]
)
_WIDE_FORMAT: Final = re.compile(r"\d{4}|\*")


class TooMuchError(TemplateError):
    """A template asks for more than it may."""


class Spent(threading.local):
    """What the current rendering has drawn on its budget, in each thread."""

    total = 0

    def draw(self, cost: int) -> None:
        """Draw on the budget.

        Raises:
            TooMuchError: it is used up.
        """
        self.total += cost
        if self.total > BUDGET:
            raise TooMuchError


def too_long(length: int) -> None:
    """Raise ``TooMuchError`` where something would be too long."""
    if length > MAX_LENGTH:
        raise TooMuchError


def measure(value: object) -> int:
    """Return how long a value is as a text, about; a list in a list may be there a thousand times, and costs each time.

    Raises:
        TooMuchError: it is too long.
    """
    total, pending = 0, [value]
    while pending:
        one = pending.pop()
        total += 1
        if isinstance(one, str | range):
            total += len(one)
        elif isinstance(one, list | tuple | set | frozenset):
            too_long(total + len(one))
            pending += one
        elif isinstance(one, Mapping):
            too_long(total + len(one))
            pending += [*one.keys(), *one.values()]
        too_long(total)
    return total


def _measured(act: Callable[..., Any], spent: Spent) -> Callable[..., Any]:
    """Return a filter or test that refuses a value that is too long, and draws on the budget for what it reads."""

    @functools.wraps(act)
    def bounded(*arguments: Any, **more: Any) -> Any:  # noqa: ANN401 - a filter's own
        spent.draw(_ROUND + sum(map(_weight, (*arguments, *more.values()))))
        return act(*arguments, **more)

    return bounded


def _all_measured(known: Mapping[str, Any], spent: Spent) -> dict[str, Any]:
    return {name: _measured(act, spent) for name, act in known.items()}


def _weight(value: object) -> int:
    """Return how long a value is, where it is one that has a length."""
    has_length = isinstance(value, str | range | list | tuple | set | frozenset | Mapping)
    return measure(value) if has_length and not isinstance(value, Context) else 0


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, within bounds."""

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - Jinja2's own
        """Make it; the options are Jinja2's."""
        super().__init__(**options)
        self.spent = Spent()
        self.globals.pop("lipsum", None)
        for name in _WITHOUT_FILTERS:
            self.filters.pop(name, None)
        self.filters.update(join=_join, replace=_replace, sum=_sum, **ELISIONS)
        self.filters.update(_all_measured(self.filters, self.spent))
        self.tests.update(_all_measured(self.tests, self.spent))
        self.filters.update(_counted=self._counted, _weighed=self._weighed)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        try:
            tree = super()._parse(source, name, filename)
            _refuse_statements(tree)
            bounded = _Bounds().visit(tree)
        except RecursionError as error:
            message = "too deeply nested"
            raise TemplateSyntaxError(message, 1) from error
        return cast("nodes.Template", bounded)

    def compile(self, source: Any, *arguments: Any, **more: Any) -> Any:  # noqa: ANN401 - Jinja2's own
        """Compile a template; one that is too complicated for Python is a mistake in the template."""
        try:
            return super().compile(source, *arguments, **more)
        except (RecursionError, SyntaxError, MemoryError) as error:
            message = "too deeply nested"
            raise TemplateSyntaxError(message, 1) from error

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401
        """Calculate, unless what comes of it would be too long."""
        _check_operation(operator, left, right)
        self.spent.draw(_weight(left) + _weight(right))
        return super().call_binop(context, operator, left, right)

    def wrap_str_format(self, value: Any) -> None:  # noqa: ANN401
        """Leave ``str.format`` what it is: an attribute that is not safe."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401
        """Return whether an attribute may be used: none that pads, or formats by a width."""
        if attr in _WITHOUT_METHODS and isinstance(obj, str | int | bytes):
            return False
        return super().is_safe_attribute(obj, attr, value)

    def call(self, context: Context, obj: Any, *arguments: Any, **more: Any) -> Any:  # noqa: ANN401
        """Call a method, unless what comes of it would be too long.

        Raises:
            SecurityError: it is not allowed.
            TooMuchError: it would be too long.
        """
        owner, name = getattr(obj, "__self__", None), getattr(obj, "__name__", "")
        self.spent.draw(_ROUND + sum(map(_weight, (owner, *arguments, *more.values()))))
        if isinstance(owner, str) and name == "join" and len(arguments) == 1:
            return _join(arguments[0], owner)
        if isinstance(owner, str) and name == "replace":
            return _replace(owner, *arguments, **more)
        return super().call(context, obj, *arguments, **more)

    def _weighed(self, value: object) -> object:
        self.spent.draw(_weight(value))
        return value

    def _counted(self, items: Iterable[Any], cost: int) -> Iterator[Any]:
        for item in items:
            self.spent.draw(cost)
            yield item


def _check_operation(operator: str, left: Any, right: Any) -> None:  # noqa: ANN401
    numbers = isinstance(left, int) and isinstance(right, int)
    if operator == "**" and numbers:
        if left.bit_length() * abs(right) > MAX_BITS:
            raise TooMuchError
    elif operator == "*" and numbers:
        if left.bit_length() + right.bit_length() > MAX_BITS:
            raise TooMuchError
    elif operator == "*":
        for one, other in ((left, right), (right, left)):
            if isinstance(one, str | list | tuple) and isinstance(other, int):
                too_long(len(one) * other)
    elif operator == "+" and hasattr(left, "__len__") and hasattr(right, "__len__"):
        too_long(len(left) + len(right))
    elif operator == "%" and isinstance(left, str) and _WIDE_FORMAT.search(left):
        message = "this width of '%' is not allowed"
        raise SecurityError(message)


def _join(items: Iterable[Any], d: object = "", attribute: str | None = None) -> str:
    """Jinja2's ``join``, of a bounded length."""
    if attribute is not None:
        message = "join(attribute=…) is not allowed"
        raise SecurityError(message)
    between, pieces, length = str(d), list[str](), 0
    for item in items:
        measure(item)
        pieces.append(str(item))
        length += len(pieces[-1]) + len(between)
        too_long(length)
    return between.join(pieces)


def _sum(numbers: Iterable[float]) -> float:
    """Jinja2's ``sum``, of numbers alone: that of lists copies the first as often as there are others."""
    return sum(numbers)


def _replace(text: object, old: str, new: str, count: int | None = None) -> str:
    """Jinja2's ``replace``, of a bounded length."""
    measure(text)
    whole = str(text)
    times = whole.count(old) if count is None or count < 0 else min(whole.count(old), count)
    too_long(len(whole) + times * (len(new) - len(old)))
    return whole.replace(old, new, -1 if count is None else count)


def _refuse_statements(tree: nodes.Template) -> None:
    """Refuse what defines more than a plain value, and loops within too many loops."""

    def look(node: nodes.Node, loops: int) -> None:
        if isinstance(node, nodes.Stmt | nodes.Template) and not isinstance(node, _STATEMENTS):
            name = type(node).__name__.lower()
            message = f"the statement '{_TAGS.get(name, name)}' is not allowed"
            raise TemplateSyntaxError(message, node.lineno)
        if isinstance(node, nodes.Assign) and any(one.find(nodes.Name) for one in _literals(node)):
            message = "the statement 'set' with a list of names is not allowed"
            raise TemplateSyntaxError(message, node.lineno)
        if isinstance(node, nodes.For):
            loops += 1
            if node.recursive or loops > MAX_NESTING:
                message = "too deeply nested"
                raise TemplateSyntaxError(message, node.lineno)
        for child in node.iter_child_nodes():
            look(child, loops)

    look(tree, 0)


def _literals(node: nodes.Assign) -> list[nodes.Node]:
    """Return the lists in what is assigned: a list of lists of lists, each named, is longer than any memory."""
    own = [node.node] if isinstance(node.node, _LITERALS) else []
    return [*own, *node.node.find_all(_LITERALS)]


class _Bounds(NodeTransformer):
    """Has every loop counted, every ``~`` done by ``join``, which is bounded, and what is compared or cut weighed."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja2's name
        node = self.generic_visit(node)  # type: ignore[assignment]
        written = sum(len(data.data) for part in node.body for data in _data(part))
        cost = nodes.Const(_ROUND + written, lineno=node.lineno)
        node.iter = nodes.Filter(node.iter, "_counted", [cost], [], None, None, lineno=node.lineno)
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802 - Jinja2's name
        node = self.generic_visit(node)  # type: ignore[assignment]
        node.expr = _weighed(node.expr)
        for operand in node.ops:
            operand.expr = _weighed(operand.expr)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802 - Jinja2's name
        node = self.generic_visit(node)  # type: ignore[assignment]
        if isinstance(node.arg, nodes.Slice):
            node.node = _weighed(node.node)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - Jinja2's name
        node = self.generic_visit(node)  # type: ignore[assignment]
        together = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(together, "join", [], [], None, None, lineno=node.lineno)


def _weighed(node: nodes.Expr) -> nodes.Expr:
    if isinstance(node, nodes.Const):
        return node
    return nodes.Filter(node, "_weighed", [], [], None, None, lineno=node.lineno)


def _data(node: nodes.Node) -> Iterator[nodes.TemplateData]:
    if isinstance(node, nodes.TemplateData):
        yield node
    yield from node.find_all(nodes.TemplateData)
