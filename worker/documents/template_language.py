"""The little of Jinja that an official template may use, and the proof that a template uses no more.

A template is hostile until checked: it is parsed, its syntax tree is held against an allow-list, and every name it asks
for is looked up, before anything is compiled (Jinja already computes constants while compiling). The reasons and the
escapes that were tried are in tests/documents/test_template_checks.py.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any, Final

from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from worker.documents.context import ACTION_NAMES, CHANGE_NAMES, PLAN_NAMES

# What can be gone through, and what one of it is called in messages.
_LISTS: Final = {"acciones": "accion", "control_de_cambios": "cambio"}
_LOOP_NAMES: Final = ("index", "first", "last", "length")
_FILTERS: Final = ("default", "lower", "upper", "una_linea")
_PLAIN_NODES: Final = (nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand, nodes.CondExpr)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a template may not do: the words of the template it is about, and the sentence for its editor."""

    words: str
    sentence: str


class StrictEnvironment(ImmutableSandboxedEnvironment):
    """Jinja without surprises: unknown names are errors, every value is escaped, nothing is called.

    `text_breaks` are the XML for a line break and a tab inside running text; a value keeps both where they are given
    and becomes a single line where they are not.
    """

    def __init__(self, text_breaks: tuple[str, str] | None = None) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=True, finalize=self.write, keep_trailing_newline=True)
        self.text_breaks = text_breaks
        self.filters = {name: self.filters[name] for name in _FILTERS if name in self.filters}
        self.filters["una_linea"] = one_line
        self.tests = {}
        self.globals = {}

    def write(self, value: object) -> Markup:
        """A value as it enters the XML."""
        if isinstance(value, Markup):
            return value
        if self.text_breaks is None:
            return one_line(str(value))
        text = escape(value)
        if "\n" in text or "\t" in text:
            line, tab = self.text_breaks
            return Markup(str(text).replace("\n", line).replace("\t", tab))  # noqa: S704 - escaped just above
        return text

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The context is plain dictionaries: a name is a key and never one of Python's attributes."""
        if type(obj) is dict:
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


def one_line(value: str) -> Markup:
    """A value for a place that holds no line breaks, such as an attribute or a document property."""
    return escape(" ".join(str(value).split()))


@dataclass(slots=True)
class _Checker:
    """Walks a template's syntax tree; what each name stands for is known at every node."""

    complaints: list[Complaint] = field(default_factory=list)

    def complain(self, words: str, sentence: str) -> None:
        self.complaints.append(Complaint(words, sentence))

    def statements(self, body: list[nodes.Node], scope: dict[str, str]) -> None:
        for node in body:
            match node:
                case nodes.Output():
                    for expression in node.nodes:
                        self.text(expression, scope)
                case nodes.If():
                    # Whether there is a control de cambios is a condition; there are always actions.
                    if not isinstance(node.test, nodes.Name) or node.test.name != "control_de_cambios":
                        self.text(node.test, scope)
                    self.statements(node.body, scope)
                    self.statements([*node.elif_], scope)
                    self.statements(node.else_, scope)
                case nodes.For(target=nodes.Name(name=name), recursive=False):
                    one = _LISTS.get(self.kind(node.iter, scope))
                    if one is None:
                        self.complain(
                            "for",
                            "solo se puede recorrer «acciones» o «control_de_cambios»: {%tr for accion in acciones %}.",
                        )
                    inside = {**scope, name: one or "accion", "loop": "loop"}
                    if node.test:
                        self.text(node.test, inside)
                    self.statements(node.body, inside)
                    self.statements(node.else_, scope)
                case _:
                    self.complain(
                        type(node).__name__.lower(),
                        f"la instrucción «{type(node).__name__.lower()}» no está permitida en las plantillas.",
                    )

    def text(self, node: nodes.Node, scope: dict[str, str]) -> None:
        """An expression whose value is printed or compared: never a whole plan or action."""
        if isinstance(node, nodes.TemplateData):
            return
        kind = self.kind(node, scope)
        if kind not in {"text", ""}:
            self.complain(kind, f"«{kind}» no es un dato: escriba cuál, por ejemplo «{_example(kind)}».")

    def kind(self, node: nodes.Node, scope: dict[str, str]) -> str:
        """What an expression stands for: "text", a name of the context, or "" when it has been complained about."""
        match node:
            case nodes.Const():
                return "text"
            case nodes.Name(name=name) if name in scope:
                return scope[name]
            case nodes.Name(name=name):
                near = _nearest(name, (*scope, *(f"plan.{known}" for known in PLAN_NAMES)))
                self.complain(name, f"se pide «{name}», que no existe{near}.")
            case nodes.Getattr(node=base, attr=name) | nodes.Getitem(node=base, arg=nodes.Const(value=str() as name)):
                return self.member(self.kind(base, scope), name)
            case nodes.Filter(node=base, name=name) if name in _FILTERS and base is not None:
                self.text(base, scope)
                for argument in node.args:
                    self.text(argument, scope)
                return "text"
            case nodes.Filter(name=name):
                self.complain(name, f"el filtro «{name}» no está permitido; se puede usar {_listed(_FILTERS)}.")
            case _ if isinstance(node, _PLAIN_NODES):
                for child in node.iter_child_nodes():
                    self.text(child, scope)
                return "text"
            case _:
                self.complain(
                    "",
                    "solo se pueden escribir nombres de datos y condiciones, no llamadas ni cuentas.",
                )
        return ""

    def member(self, base: str, name: str) -> str:
        if base == "accion" and name == "otros":
            return "otros"
        names = {"plan": PLAN_NAMES, "accion": ACTION_NAMES, "cambio": CHANGE_NAMES, "loop": _LOOP_NAMES}
        known = names.get(base, ())
        # Which columns an office keeps of its own is known only when a plan is there.
        if base == "otros" or name in known:
            return "text"
        if base:
            self.complain(name, f"se pide «{base}.{name}», que no existe{_nearest(name, known)}.")
        return ""


def check_source(environment: StrictEnvironment, source: str) -> tuple[Complaint, ...]:
    """Every reason why `source` may not be compiled; empty when it may."""
    try:
        tree = environment.parse(source)
    except TemplateSyntaxError as error:
        line = source.splitlines()[error.lineno - 1]
        return (Complaint(line, f"la etiqueta está mal escrita o falta la que la cierra ({error.message})."),)
    checker = _Checker()
    checker.statements(tree.body, {name: name for name in ("plan", *_LISTS)})
    return tuple(checker.complaints)


def _nearest(name: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f" (¿quiso decir «{close[0]}»?)" if close else ""


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"«{name}»" for name in names)


def _example(kind: str) -> str:
    examples = {
        "plan": "plan.titulo",
        "loop": "loop.index",
        "otros": "accion.otros['Línea estratégica']",
        "cambio": "cambio.descripcion",
        "control_de_cambios": "cambio.descripcion",
    }
    return examples.get(kind, "accion.numero")
