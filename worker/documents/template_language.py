"""The little of Jinja that an official template may use, and the proof that a template uses no more.

A template is hostile until checked: it is parsed, its syntax tree is held against an allow-list, and every name it asks
for is looked up, before anything is compiled (Jinja already computes constants while compiling). The reasons and the
escapes that were tried are in tests/documents/test_template_checks.py.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeGuard

from jinja2 import StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from worker.documents.context import (
    ACTION_NAMES,
    APPROVAL_NAMES,
    CHANGE_NAMES,
    PLAN_NAMES,
    SEAL_NAMES,
    extra_name,
)

# What there is one of, and its names.
_ONCE: Final = {"plan": PLAN_NAMES, "aprobacion": APPROVAL_NAMES, "sello": SEAL_NAMES}
# What can be gone through, and what one of it is called in messages.
_LISTS: Final = {"acciones": "accion", "control_de_cambios": "cambio"}
_LOOP_NAMES: Final = ("index", "first", "last", "length")
_FILTERS: Final = ("default", "lower", "upper", "una_linea")
# Python takes twenty blocks within one another, and an office needs three.
_DEEPEST: Final = 60
_BRACE: Final = re.compile(r"[{}]")
_PLAIN_NODES: Final = (nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand, nodes.CondExpr)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a template may not do: the words of the template it is about, and the sentence for its editor."""

    words: str
    sentence: str


class _PartWriter(CodeGenerator):
    """Jinja's own code, but that it gives bytes, and that what running text prints of a name is looked up written.

    `{{ accion.meta }}` becomes `accion[b"meta"]`: whoever fills the part has escaped it, with all others at once.
    """

    environment: StrictEnvironment
    _looked_up: nodes.Expr | None = None

    def _output_const_repr(self, group: Iterable[Any]) -> str:
        return repr("".join(group).encode())

    def _output_child_pre(self, node: nodes.Expr, *_: Any) -> None:
        """What stands before a value that is printed, in the code."""
        name = _printed_name(node) if self.environment.text_breaks else None
        if name is None:
            self.write("environment.write_bytes(")
        else:
            self.environment.printed.add(name)
            self._looked_up = node

    def _output_child_post(self, node: nodes.Expr, *_: Any) -> None:
        """What stands behind it."""
        if self._looked_up is not node:
            self.write(")")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        """A name that is printed as it stands, or else one that a condition or a filter asks for."""
        if node is self._looked_up:
            self._look_up(node, frame)
        else:
            self.environment.asked.add(node.attr)
            super().visit_Getattr(node, frame)

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:  # noqa: N802 - as above
        """The same, in the other spelling."""
        if node is self._looked_up:
            self._look_up(node, frame)
        else:
            if isinstance(node.arg, nodes.Const):
                self.environment.asked.add(node.arg.value)
            super().visit_Getitem(node, frame)

    def _look_up(self, node: nodes.Getattr | nodes.Getitem, frame: Frame) -> None:
        of = node.node.node if _is_otros(node.node) else node.node
        self.visit(of, frame)
        self.write(f"[{(_printed_name(node) or '').encode()!r}]")


def _printed_name(node: nodes.Expr) -> str | None:
    """The name under which a context has what is printed here, if it is that and no more."""
    match node:
        case nodes.Getattr(node=base, attr=name) | nodes.Getitem(node=base, arg=nodes.Const(value=str() as name)):
            if _is_otros(base):
                return extra_name(name)
            if isinstance(base, nodes.Name) and base.name != "loop" and name != "otros":
                return name
    return None


def _is_otros(node: nodes.Expr) -> TypeGuard[nodes.Getattr | nodes.Getitem]:
    match node:
        case (
            nodes.Getattr(node=nodes.Name(), attr="otros")
            | nodes.Getitem(node=nodes.Name(), arg=nodes.Const(value="otros"))
        ):
            return True
    return False


class StrictEnvironment(ImmutableSandboxedEnvironment):
    """Jinja without surprises: unknown names are errors, every value is escaped, nothing is called.

    `text_breaks` are the XML for a line break and a tab inside running text; a value keeps both where they are given
    and becomes a single line where they are not. What was compiled prints the names `printed` as they stand, and asks
    for those in `asked` to decide or change something.
    """

    code_generator_class = _PartWriter

    def __init__(self, text_breaks: tuple[str, str] | None = None) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=True, finalize=self.write, keep_trailing_newline=True)
        self.text_breaks = text_breaks
        self.printed: set[str] = set()
        self.asked: set[str] = set()
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

    def write_bytes(self, value: object) -> bytes:
        """The same, in the part's bytes."""
        return self.write(value).encode()

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The context is plain dictionaries: a name is a key and never one of Python's attributes."""
        if isinstance(obj, dict):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """As `getattr`: Jinja would take "keys" for the method of that name where no column is called so."""
        if type(obj) is dict:
            return obj[argument] if argument in obj else self.undefined(obj=obj, name=argument)
        return super().getitem(obj, argument)


def one_line(value: str) -> Markup:
    """A value for a place that holds no line breaks, such as an attribute or a document property."""
    return escape(" ".join(str(value).split()))


def literal(text: str) -> str:
    """Text for a template that prints it as it is, whatever it holds that looks like a tag."""
    return _BRACE.sub(lambda brace: f"{{{{ '{brace[0]}' }}}}", text)


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
                case nodes.For() if "loop" in scope:
                    # A thousand actions within a thousand, three times over, would never end.
                    self.complain("for", "un ciclo no puede ir dentro de otro: ciérrelo antes con {% endfor %}.")
                case nodes.For(target=nodes.Name(name=name), recursive=False) if not name.startswith("_"):
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
            case nodes.Filter():
                return self.filtered(node, scope)
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

    def filtered(self, node: nodes.Filter, scope: dict[str, str]) -> str:
        if node.name not in _FILTERS or node.node is None:
            self.complain(node.name, f"el filtro «{node.name}» no está permitido; se puede usar {_listed(_FILTERS)}.")
            return ""
        if node.kwargs or node.dyn_args or node.dyn_kwargs:
            self.complain(node.name, f"al filtro «{node.name}» solo se le pueden dar textos entre comillas.")
        for given in (node.node, *node.args):
            self.text(given, scope)
        return "text"

    def member(self, base: str, name: str) -> str:
        if base == "accion" and name == "otros":
            return "otros"
        names = {**_ONCE, "accion": ACTION_NAMES, "cambio": CHANGE_NAMES, "loop": _LOOP_NAMES}
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
        return _complaints(environment.parse(source))
    except RecursionError:
        return (Complaint("", "las etiquetas van unas dentro de otras más veces de las que se pueden leer."),)
    except ValueError:
        return (Complaint("", "un número de las etiquetas tiene más cifras de las que se pueden leer."),)
    except TemplateSyntaxError as error:
        line = source.splitlines()[error.lineno - 1]
        return (Complaint(line, f"la etiqueta está mal escrita o falta la que la cierra ({error.message})."),)


def _complaints(tree: nodes.Template) -> tuple[Complaint, ...]:
    deepest = max((depth for _, depth in _nodes(tree)), default=0)
    if deepest > _DEEPEST:
        # Jinja's compiler and Python's each go down again.
        raise RecursionError
    checker = _Checker()
    checker.statements(tree.body, {name: name for name in (*_ONCE, *_LISTS)})
    return tuple(checker.complaints)


def _nodes(tree: nodes.Template) -> Iterator[tuple[nodes.Node, int]]:
    """Every node, and how deep it lies."""
    left: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while left:
        node, depth = left.pop()
        yield node, depth
        left += [(child, depth + 1) for child in node.iter_child_nodes()]


def _nearest(name: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f" (¿quiso decir «{close[0]}»?)" if close else ""


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"«{name}»" for name in names)


def _example(kind: str) -> str:
    examples = {
        "plan": "plan.titulo",
        "aprobacion": "aprobacion.frase",
        "sello": "sello.codigo",
        "loop": "loop.index",
        "otros": "accion.otros['Línea estratégica']",
        "cambio": "cambio.descripcion",
        "control_de_cambios": "cambio.descripcion",
    }
    return examples.get(kind, "accion.numero")
