"""The text of a template, with its tags -> the text that a document made of it must hold, stretch by stretch.

The second opinion on the template language: it shares no code with the one that fills templates, and knows no more than
templates_docx/README.md allows: names, conditions, loops over `acciones` and `control_de_cambios`, and four filters.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from service.domain.errors import TemplateProblem

Names = Mapping[str, Any]

_TAG: Final = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}|\{#.*?#\}", re.DOTALL)
_FOR: Final = re.compile(r"for\s+(\w+)\s+in\s+(\w+)(?:\s+if\s+(.+))?", re.DOTALL)
# Word likes to make quotes round.
_STRAIGHT: Final = str.maketrans("“”‘’", "\"\"''")
_MISSING: Final = object()
_ORDER: Final[dict[type, Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the expected text. `turn`: of which list it tells an item, and which, from 0; None for the rest."""

    turn: tuple[str, int] | None
    text: str


@dataclass(frozen=True, slots=True)
class Turns:
    """What a template tells of each item of a list, and what stands before and behind.

    `form` is the text with %s for each value, and the names of those, where nothing but its item's values varies.
    """

    before: tuple[Stretch, ...]
    form: tuple[str, tuple[str, ...]] | None
    each: Iterator[Stretch]
    behind: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class _Member:
    """The commonest tag: `{{ accion.meta }}`."""

    base: str
    name: str

    def __call__(self, names: Names) -> Any:
        return _member(names.get(self.base), self.name)


@dataclass(frozen=True)
class _Loop:
    name: str
    items: str
    condition: Callable[[Names], Any] | None
    body: _Body
    otherwise: _Body

    @cached_property
    def form(self) -> tuple[str, tuple[str, ...]] | None:
        """The text with %s for each value, and the names of those, where nothing but its item's values varies."""
        values = [part for part in self.body if not isinstance(part, str)]
        if self.condition or not all(isinstance(part, _Member) and part.base == self.name for part in values):
            return None
        form = "".join([part.replace("%", "%%") if isinstance(part, str) else "%s" for part in self.body])
        return form, tuple(part.name for part in values if isinstance(part, _Member))


@dataclass(frozen=True, slots=True)
class _Choice:
    branches: tuple[tuple[Callable[[Names], Any], _Body], ...]


_Body = tuple[str | Callable[[Names], Any] | _Loop | _Choice, ...]


class TextTemplate:
    """A text with tags, read once."""

    def __init__(self, source: str) -> None:
        """Read it.

        Raises:
            TemplateProblem: a tag that the language does not have.
        """
        tokens = _tokens(source)
        self._body, end = _body(tokens)
        if end:
            raise _unknown(end)

    def told(self, names: Names) -> tuple[Stretch, ...]:
        """The text for a report; what is repeated for an item is a stretch of its own."""
        return _gathered(_tell(self._body, names))

    def turns(self, items: str, names: Names) -> Turns | None:
        """The same in three, for whoever compares as it is told; None where no loop over `items` stands by itself."""
        for at, part in enumerate(self._body):
            if isinstance(part, _Loop) and part.items == items:
                before, behind = (_gathered(_tell(body, names)) for body in (self._body[:at], self._body[at + 1 :]))
                told = (text for text in _tell_loop(part, names) if isinstance(text, Stretch))
                return Turns(before, part.form if names[items] else None, told, behind)
        return None


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    """Pairs of "text", "value" or "order" and what it holds."""
    done = 0
    for tag in _TAG.finditer(source):
        yield "text", source[done : tag.start()]
        done = tag.end()
        if tag[1] is not None:
            yield "value", tag[1].translate(_STRAIGHT).strip()
        elif tag[2] is not None:
            yield "order", tag[2].translate(_STRAIGHT).strip(" \t\n-+")
    yield "text", source[done:]


def _body(tokens: Iterator[tuple[str, str]]) -> tuple[_Body, str]:
    """What stands up to the order that ends it, and that order ("" at the end of the text)."""
    body: list[str | Callable[[Names], Any] | _Loop | _Choice] = []
    for kind, content in tokens:
        if kind == "text":
            if content:
                body.append(content)
        elif kind == "value":
            body.append(_expression(content))
        elif content.startswith("if "):
            body.append(_choice(content.removeprefix("if "), tokens))
        elif found := _FOR.fullmatch(content):
            inside, end = _body(tokens)
            otherwise: _Body = ()
            if end == "else":
                otherwise, end = _body(tokens)
            condition = _expression(found[3]) if found[3] else None
            body.append(_Loop(found[1], found[2], condition, inside, otherwise))
        else:
            return tuple(body), content
    return tuple(body), ""


def _choice(condition: str, tokens: Iterator[tuple[str, str]]) -> _Choice:
    branches = []
    while True:
        body, end = _body(tokens)
        branches.append((_expression(condition), body))
        if end.startswith("elif "):
            condition = end.removeprefix("elif ")
        elif end == "else":
            condition = "True"
        else:
            return _Choice(tuple(branches))


def _gathered(told: Iterator[str | Stretch]) -> tuple[Stretch, ...]:
    stretches: list[Stretch] = []
    rest: list[str] = []
    for text in told:
        if isinstance(text, Stretch):
            stretches.append(Stretch(None, "".join(rest)))
            rest = []
            stretches.append(text)
        else:
            rest.append(text)
    return (*stretches, Stretch(None, "".join(rest)))


def _tell(body: _Body, names: Names) -> Iterator[str | Stretch]:
    for part in body:
        if isinstance(part, str):
            yield part
        elif isinstance(part, _Loop):
            yield from _tell_loop(part, names)
        elif isinstance(part, _Choice):
            for condition, branch in part.branches:
                if _truth(condition(names)):
                    yield from _tell(branch, names)
                    break
        else:
            value = part(names)
            yield "" if value is _MISSING else str(value)


def _tell_loop(loop: _Loop, names: Names) -> Iterator[str | Stretch]:
    if loop.form and names[loop.items]:
        form, values = loop.form
        for place, item in enumerate(names[loop.items]):
            yield Stretch((loop.items, place), form % tuple([item[name] for name in values]))
        return
    chosen = [
        (place, inside)
        for place, item in enumerate(names[loop.items])
        if (inside := {**names, loop.name: item}) and (loop.condition is None or _truth(loop.condition(inside)))
    ]
    if not chosen:
        yield from _tell(loop.otherwise, names)
    for turn, (place, inside) in enumerate(chosen):
        inside["loop"] = {
            "index": turn + 1,
            "first": turn == 0,
            "last": turn == len(chosen) - 1,
            "length": len(chosen),
        }
        yield Stretch(
            (loop.items, place),
            "".join([text if isinstance(text, str) else text.text for text in _tell(loop.body, inside)]),
        )


def _truth(value: Any) -> bool:
    return value is not _MISSING and bool(value)


def _expression(source: str) -> Callable[[Names], Any]:
    """A name or a condition; Python reads it as the template language does, once filters bind as its `|` does."""
    try:
        tree = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        raise _unknown(source) from error
    return _meaning(tree, source)


def _meaning(node: ast.expr, source: str) -> Callable[[Names], Any]:  # noqa: C901, PLR0911 - a case for each form there is
    match node:
        case ast.Constant(value=value):
            return lambda _: value
        case ast.Name(id=("true" | "false") as word):
            return lambda _: word == "true"
        case ast.Name(id=name):
            return lambda names: names.get(name, _MISSING)
        case ast.Attribute(value=ast.Name(id=base_name), attr=name):
            return _Member(base_name, name)
        case ast.Attribute(value=base, attr=name) | ast.Subscript(value=base, slice=ast.Constant(value=str() as name)):
            holder = _meaning(base, source)
            return lambda names: _member(holder(names), name)
        case ast.BinOp(left=left, op=ast.BitOr(), right=filtering):
            return _filtered(_meaning(left, source), filtering, source)
        case ast.BoolOp(op=op, values=values):
            parts = [_meaning(value, source) for value in values]
            is_and = isinstance(op, ast.And)
            return lambda names: (all if is_and else any)(_truth(part(names)) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _meaning(operand, source)
            return lambda names: not _truth(inner(names))
        case ast.Compare(left=left, ops=ops, comparators=others):
            terms = [_meaning(term, source) for term in (left, *others)]
            orders = [_ORDER[type(op)] for op in ops]
            return lambda names: all(
                order(terms[place](names), terms[place + 1](names)) for place, order in enumerate(orders)
            )
        case ast.IfExp(test=test, body=body, orelse=otherwise):
            condition, yes, no = (_meaning(part, source) for part in (test, body, otherwise))
            return lambda names: yes(names) if _truth(condition(names)) else no(names)
        case _:
            raise _unknown(source)


def _member(holder: Any, name: str) -> Any:
    return holder.get(name, _MISSING) if type(holder) is dict else _MISSING


def _filtered(value: Callable[[Names], Any], filtering: ast.expr, source: str) -> Callable[[Names], Any]:
    match filtering:
        case ast.Name(id="upper"):
            return lambda names: str(value(names)).upper()
        case ast.Name(id="lower"):
            return lambda names: str(value(names)).lower()
        case ast.Name(id="una_linea"):
            return lambda names: " ".join(str(value(names)).split())
        case ast.Call(func=ast.Name(id="default"), args=[instead, *_]):
            other = _meaning(instead, source)
            return lambda names: other(names) if (found := value(names)) is _MISSING else found
        case _:
            raise _unknown(source)


def _unknown(source: str) -> TemplateProblem:
    return TemplateProblem(f"No se puede comprobar la etiqueta «{source}» de la plantilla: escríbala de otra manera.")
