"""Text with tags ("Versión {{ plan.version }}") -> its literal pieces and the names between them, and the filled text.

Only names are allowed inside a tag: no filters, no conditions, no loops. Problems are collected, so that whoever edits
the template sees all of them at once.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import Final

from service.domain.errors import TemplateProblem
from worker.documents.context import (
    ACTION_NAMES,
    APPROVAL_NAMES,
    CHANGE_NAMES,
    PLAN_NAMES,
    SEAL_NAMES,
    Context,
    Names,
    Value,
    extra_name,
    printed,
)

_NAMES: Final = {
    "plan": PLAN_NAMES,
    "accion": ACTION_NAMES,
    "cambio": CHANGE_NAMES,
    "aprobacion": APPROVAL_NAMES,
    "sello": SEAL_NAMES,
}
# What a row can be repeated for.
REPEATED: Final = ("accion", "cambio")
_TAG: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAME: Final = re.compile(rf"\s*({'|'.join(_NAMES)})\.(\w+)\s*")
_SCOPE: Final = re.compile(rf"\s*({'|'.join(_NAMES)})\.")
# The office's own columns, by header; Word and Excel like to make quotes round.
_OTHER: Final = re.compile(r"\s*accion\.otros\[[\"“”'](.+)[\"“”']\]\s*")
_STRAY: Final = re.compile(r"\{\{|\}\}|\{%|%\}")


@dataclass(frozen=True, slots=True)
class Tag:
    """A name that stands in the template: `scope` is "plan" for what a report has once, or one of `REPEATED`."""

    scope: str
    name: str

    def value(self, plan: Names, action: Names) -> Value:
        """What stands in its place.

        Raises:
            TemplateProblem: a column of the office's own, which this plan does not bring.
        """
        names = plan if self.scope == "plan" else action
        if self.name not in names:
            raise TemplateProblem(f"La plantilla de Excel pide «accion.{self.name}», y el plan no trae esa columna.")
        return names[self.name]


TaggedText = tuple[str | Tag, ...]


def names_once(context: Context) -> Names:
    """What a report has once; its approval and its seal under names that begin so ("sello.codigo")."""
    return (
        context.plan
        | {f"aprobacion.{name}": value for name, value in context.aprobacion.items()}
        | {f"sello.{name}": value for name, value in context.sello.items()}
    )


@dataclass(slots=True)
class Problems:
    """What is wrong with a template, each with its place, in the words of whoever will mend it."""

    sentences: list[str] = field(default_factory=list)

    def add(self, place: str, sentence: str) -> None:
        """Note a problem; `place` reads "hoja «Plan», celda C8"."""
        self.sentences.append(f"{place}: {sentence}")


def has_tag(text: str) -> bool:
    """Whether a text holds anything that looks like a tag, sound or not."""
    return bool(_STRAY.search(text))


def parse_text(text: str, place: str, problems: Problems) -> TaggedText:
    """The literal pieces and tags of a text; what is malformed or unknown goes to `problems`."""
    parts: list[str | Tag] = []
    for index, piece in enumerate(_TAG.split(text)):
        if index % 2:
            tag = _parse_tag(piece, place, problems)
            if tag:
                parts.append(tag)
        elif stray := _STRAY.search(piece):
            problems.add(
                place,
                f"«{stray.group()}» no forma parte de una etiqueta completa. En Excel las etiquetas van enteras y "
                "con un solo formato, así: {{ plan.titulo }}, {{ accion.meta }}; no hay ciclos ni condiciones.",
            )
        elif piece:
            parts.append(piece)
    return tuple(parts)


def untagged(text: str) -> str:
    """A text from outside that is written into a template: what would be read as a tag is set apart."""
    return text.replace("{{", "{ {").replace("}}", "} }").replace("{%", "{ %").replace("%}", "% }")


def scopes_in(text: str) -> list[str]:
    """What the tags of a text ask of ("plan", "accion", "cambio"…), sound or not."""
    return [found[1] for tag in _TAG.findall(text) if (found := _SCOPE.match(tag))]


def fill_text(parts: TaggedText, plan: Names, action: Names) -> str:
    """The text as it is printed."""
    return "".join(part if isinstance(part, str) else printed(part.value(plan, action)) for part in parts)


def names_repeated(parts: TaggedText) -> bool:
    """Whether the text differs from action to action, or from change to change."""
    return any(isinstance(part, Tag) and part.scope in REPEATED for part in parts)


def _parse_tag(inner: str, place: str, problems: Problems) -> Tag | None:
    shown = "{{" + inner + "}}"
    if other := _OTHER.fullmatch(inner):
        return Tag("accion", extra_name(other[1]))
    found = _NAME.fullmatch(inner)
    if found and found[2] in _NAMES[found[1]]:
        is_told_of_plan = found[1] == "plan" or found[1] in REPEATED
        return Tag(found[1], found[2]) if is_told_of_plan else Tag("plan", f"{found[1]}.{found[2]}")
    everything = [f"{scope}.{name}" for scope, names in _NAMES.items() for name in names]
    near = difflib.get_close_matches(inner.strip(), everything, n=1)
    advice = f"¿Quiso decir {{{{ {near[0]} }}}}?" if near else f"Los nombres que hay son: {', '.join(everything)}."
    problems.add(place, f"la etiqueta «{shown}» no existe. {advice}")
    return None
