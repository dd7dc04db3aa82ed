"""Context -> the Word file of a report, by way of docxtpl's template language. The only importer of docxtpl.

Stock docxtpl parses, patches and compiles its template at every fill. Here that happens once for each template: its
tags are brought together by docxtpl's own `patch_xml` and compiled by Jinja; a fill renders text and zips it. Values
are clean (`PlainText`) and escaped as they enter; what a template leaves alone is copied as it lies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final, cast

from docxtpl import DocxTemplate
from jinja2 import Template
from jinja2.exceptions import UndefinedError
from lxml import etree
from markupsafe import Markup

from service.domain.errors import TemplateProblem
from worker.documents.context import ACTION_NAMES, CHANGE_NAMES, PLAN_NAMES, Context, Names, extra_name, printed_names
from worker.documents.package import Member, deflate, deflate_stream, deflate_well, read_members, write_package
from worker.documents.qr import qr_png
from worker.documents.row_fit import ModelRow, find_model_row
from worker.documents.seal_foot import QR_PART
from worker.documents.signature_block import JOINED
from worker.documents.template_guard import read_template
from worker.documents.template_language import Complaint, StrictEnvironment, check_source
from worker.documents.written_names import (
    KEPT_WHOLE,
    STAYS_WITH_END,
    TEXT_BREAKS,
    TURN_BEGINS,
    WHOLE,
    ActionRows,
    written_names,
)

MAIN_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# Some forty actions, which a processor's nearest memory holds.
_PIECES_AT_ONCE: Final = 1_024
_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PART_NAMES: Final = {
    "document": "el cuerpo del documento",
    "header": "el encabezado de página",
    "footer": "el pie de página",
    "core": "las propiedades del documento",
}
# A header between the quotes of otros["…"], as it stands in patched XML.
_OTHER: Final = re.compile(r"""\.otros\[(?:"|')(.*?)(?:"|')\]""")
# Known to `fill` alone: a template cannot ask for a name that begins so.
_END_OF_TURNS: Final = "_fin"
# The target of the processing instructions that tell whose rows follow.
TURN: Final = "turno"
_JOINED: Final = re.compile(rf"<\?{JOINED} (\d+)\?>")
# As many rows as the signatures may never be without.
_LAST: Final = 2
# Points by which a row and what must stay with it may be lower than they were measured.
_DOUBT: Final = 24.0
_LOOP: Final = re.compile(r"{%[-+]?\s*(?:for\s+(?P<name>\w+)\s+in\s+(?P<all>\w+)|endfor)\b(?:(?!%}).)*%}", re.DOTALL)
_MORE_THAN_TEXT: Final = re.compile(r"{{[-+]?(?:tc|tr|p|r)(?=\s)")
_BEGINS_BLOCK: Final = re.compile(r"(?:\s|{%(?:(?!%}).)*%})*<w:(?:tr|p|tbl|sdt)[ >]", re.DOTALL)


class _QrPicture:
    """Where in the package the picture of a report's own address goes."""


@dataclass(frozen=True, slots=True)
class CompiledDocument:
    """A Word template ready to be filled: members to copy, and parts to render in between, in the package's order.

    The parts print the names `printed` as they stand, and ask for an action's in `asked` to decide or change something.
    `below` are the points that what follows the actions takes, where their last rows must stay with it.
    """

    members: tuple[Member | _QrPicture | tuple[str, Template], ...]
    printed: frozenset[str]
    asked: frozenset[str]
    model_row: ModelRow | None
    below: float | None = None

    def fill(self, context: Context) -> bytes:
        """The Word file for a context; the same context gives the same bytes.

        Raises:
            TemplateProblem: the template asks for a column of the office's own that this plan does not bring.
        """
        with own_columns_there(context):
            return write_package(
                part if isinstance(part, Member) else deflate_stream(part[0], _in_stretches(part[1]))
                for part in self.streams(context)
            )

    def streams(self, context: Context, *, tell_turns: bool = False) -> Iterator[Member | tuple[str, Iterator[bytes]]]:
        """What `fill` zips: members as they lie, and each part that is filled as it is written, with its name.

        With `tell_turns` the rows and paragraphs that are repeated for an action begin with a processing instruction
        that holds its place in the plan, from 0; an empty one follows the last. Paragraphs that stay with what follows
        the last action have one in their properties, for that tells nothing of an action.
        What is wrong with a context shows as a part is written: see `own_columns_there`.
        """
        names: dict[str, object] = {
            "plan": written_names(context.plan),
            "acciones": ActionRows(
                actions=context.acciones,
                used=self.printed | self.asked,
                asked=self.asked,
                others=context.otros,
                model_row=self.model_row,
                turn=_turn if tell_turns else _untold,
                ends=self._ends(context.acciones, told=tell_turns),
            ),
            "aprobacion": written_names(context.aprobacion),
            "sello": written_names(context.sello),
            "control_de_cambios": [written_names(change) for change in context.control_de_cambios],
            _END_OF_TURNS: Markup(f"<?{TURN} ?>" if tell_turns else ""),  # noqa: S704 - ours
        }
        known = None
        for member in self.members:
            match member:
                case Member():
                    yield member
                case _QrPicture():
                    yield deflate(QR_PART, qr_png(context.qr))
                case name, template:
                    # No part has blocks of its own, so that all read the same names.
                    known = known or template.new_context(names)
                    written = template.root_render_func(known)
                    yield name, chain((_DECLARATION,), cast("Iterator[bytes]", written))

    def _ends(self, actions: tuple[Names, ...], *, told: bool) -> dict[int, dict[str | bytes, bytes]]:
        """Keep the last rows with what follows them: two if a page holds them with it, else one.

        A row that no page holds with it is parted wherever a page ends, for else it would fill a page alone, and what
        follows another: so the end of it nearly always stays with what follows.
        """
        if self.below is None or self.model_row is None or not actions:
            return {}
        last = [printed_names(action) for action in actions[-_LAST:]]
        count = self.model_row.how_many_fit(last, self.below)
        if not count and not self.model_row.how_many_fit(last[-1:], self.below - _DOUBT):
            return {len(actions) - 1: {KEPT_WHOLE: b""}}
        tied: dict[str | bytes, bytes] = {STAYS_WITH_END: f"<?{JOINED}?>".encode() if told else b"<w:keepNext/>"}
        if count:
            tied[KEPT_WHOLE] = WHOLE
        return {len(actions) - place: tied for place in range(1, max(count, 1) + 1)}


def _in_stretches(pieces: Iterator[bytes]) -> Iterator[bytes]:
    while some := tuple(islice(pieces, _PIECES_AT_ONCE)):
        yield b"".join(some)


def _turn(place: int) -> bytes:
    return f"<?{TURN} {place}?>".encode()


def _untold(_: int) -> bytes:
    return b""


@contextmanager
def own_columns_there(context: Context) -> Iterator[None]:
    """Say it for a person where a template asks for a column of the office's own that the plan does not bring.

    Raises:
        TemplateProblem: it does.
    """
    try:
        yield
    except UndefinedError as error:
        brought = ", ".join(f"«{header}»" for header in context.otros) or "ninguna"
        raise TemplateProblem(
            "La plantilla de Word pide una columna propia de la oficina que el plan no trae. "
            f"Las que trae son: {brought}.",
            log=str(error),
        ) from error


def compile_document(template: bytes) -> CompiledDocument:
    """Check a Word template and make it ready.

    Raises:
        TemplateProblem: it is no sound .docx, holds active content, or asks for what no report has; the detail names
            every place at once.
    """
    plain = read_template(template, "Word")
    _refuse_another_kind(plain)
    running_text, single_lines = StrictEnvironment(TEXT_BREAKS), StrictEnvironment()
    members: list[Member | _QrPicture | tuple[str, Template]] = []
    problems: list[str] = []
    sources: list[str] = []
    for name, content in plain.items():
        if name == QR_PART:
            members.append(_QrPicture())
            continue
        if b"{{" not in content and b"{%" not in content and not _has_split_tag(content):
            members.append(deflate_well(name, content))
            continue
        environment = running_text if name.startswith("word/") else single_lines
        root = _parse(name, content)
        source = _patched(root)
        # One paragraph a line, so that the line of a mistake can be shown.
        complaints = (*check_source(environment, re.sub(r"<w:p(?=[ >])", "\n<w:p", source)), *_beyond_us(root))
        problems += [_sentence(name, root, complaint) for complaint in complaints]
        sources.append(source)
        if not complaints:
            members.append((name, environment.from_string(_with_turns(_with_conditional_rows(source)))))
    if problems:
        raise TemplateProblem("La plantilla de Word no se puede usar: " + " ".join(problems))
    joined = re.search(_JOINED.pattern.encode(), plain["word/document.xml"])
    compiled = CompiledDocument(
        tuple(members),
        frozenset(running_text.printed),
        frozenset(running_text.asked | single_lines.asked) & {*ACTION_NAMES, "otros"},
        _model_row(plain),
        float(joined[1]) if joined else None,
    )
    _try_out(compiled, sources)
    return compiled


def _parse(name: str, content: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise TemplateProblem(
            f"La plantilla está dañada: la parte «{name}» no se puede leer.", log=repr(error)
        ) from error


def _has_split_tag(content: bytes) -> bool:
    # Word may save a tag's two braces in two runs.
    return re.search(rb"\{(?:<[^>]*>)+[{%]", content) is not None


def _patched(root: etree._Element) -> str:
    """The part with its tags brought together."""
    for element in root.iter():
        for name, value in element.attrib.items():
            if "{{" in str(value):
                element.set(name, str(value).replace("}}", "|una_linea }}"))
    return str(DocxTemplate("").patch_xml(etree.tostring(root, encoding="unicode")))


def _with_conditional_rows(source: str) -> str:
    # A row that may not split but is taller than a page loses text in LibreOffice and overflows in Word.
    def conditional(row: re.Match[str]) -> str:
        loop = re.search(r"{{ *(\w+)\.(?:" + "|".join(ACTION_NAMES) + ")", row.group())
        if not loop:
            return row.group()
        text = row.group().replace(WHOLE.decode(), f"{{{{ {loop.group(1)}.{KEPT_WHOLE.decode()} }}}}")
        return _JOINED.sub(f"{{{{ {loop.group(1)}.{STAYS_WITH_END.decode()} }}}}", text)

    return re.sub(r"<w:tr[ >].*?</w:tr>", conditional, source, flags=re.DOTALL)


def _with_turns(source: str) -> str:
    """The part, telling where what is repeated for each action begins and ends: see `CompiledDocument.parts`."""
    tell: list[bool] = []

    def told(tag: re.Match[str]) -> str:
        if tag["name"]:
            is_block = _BEGINS_BLOCK.match(source, tag.end()) is not None
            tell.append(is_block and tag["all"] == "acciones")
            return tag.group() + (f"{{{{ {tag['name']}.{TURN_BEGINS.decode()} }}}}" if tell[-1] else "")
        return tag.group() + (f"{{{{ {_END_OF_TURNS} }}}}" if tell.pop() else "")

    return _LOOP.sub(told, source)


def _model_row(plain: dict[str, bytes]) -> ModelRow | None:
    document = _parse("word/document.xml", plain["word/document.xml"])
    styles = plain.get("word/styles.xml")
    return find_model_row(document, _parse("word/styles.xml", styles) if styles else None)


def _refuse_another_kind(plain: dict[str, bytes]) -> None:
    types = plain.get("[Content_Types].xml", b"").decode("utf-8", "replace")
    if MAIN_TYPE not in types or "word/document.xml" not in plain:
        raise TemplateProblem("La plantilla no es un documento de Word (.docx): guárdela como «Documento de Word».")


def _sentence(name: str, root: etree._Element, complaint: Complaint) -> str:
    return f"En {_place(name, root, complaint.words)}: {complaint.sentence}"


def _beyond_us(root: etree._Element) -> Iterator[Complaint]:
    """What docxtpl's language has for values that are more than text: pictures, documents, runs of their own."""
    for paragraph in root.iter(f"{_W}p"):
        for found in _MORE_THAN_TEXT.finditer("".join(piece.text or "" for piece in paragraph.iter(f"{_W}t"))):
            yield Complaint(
                found[0],
                f"«{found[0]}» no se puede usar: los datos de un informe son texto, sin imágenes, subdocumentos ni "
                "formato propio. Escriba {{ en lugar de ello.",
            )


def _place(name: str, root: etree._Element, words: str) -> str:
    """Where in a part the words stand, as its editor would look for it."""
    stem = name.rsplit("/", 1)[-1]
    part = next((spanish for key, spanish in _PART_NAMES.items() if stem.startswith(key)), f"la parte «{name}»")
    wanted = re.sub(r"<[^>]*>", "", words).strip()
    for number, paragraph in enumerate(root.iter(f"{_W}p"), start=1):
        text = "".join(piece.text or "" for piece in paragraph.iter(f"{_W}t"))
        if "{" not in text or not wanted or wanted not in text:
            continue
        cell = next(paragraph.iterancestors(f"{_W}tc"), None)
        if cell is None:
            return f"{part}, párrafo {number} («{text}»)"
        row = next(cell.iterancestors(f"{_W}tr"))
        table = next(row.iterancestors(f"{_W}tbl"))
        indexes = [_ordinal(table, root, "tbl"), _ordinal(row, table, "tr"), _ordinal(cell, row, "tc")]
        return "{}, tabla {}, fila {}, celda {} («{}»)".format(part, *indexes, text)
    return part


def _ordinal(element: etree._Element, within: etree._Element, tag: str) -> int:
    return 1 + list(within.iter(f"{_W}{tag}")).index(element)


def _try_out(compiled: CompiledDocument, sources: list[str]) -> None:
    """Fill it once with two of each: conditions that tear an element apart show here, not in the office's document."""
    action: Names = dict.fromkeys(ACTION_NAMES, "a")
    plan: Names = dict.fromkeys(PLAN_NAMES, "a")
    headers = tuple(dict.fromkeys(_OTHER.findall(" ".join(sources))))
    action |= {extra_name(header): "a" for header in headers}
    change: Names = dict.fromkeys(CHANGE_NAMES, "a")
    context = Context(plan, (action, action), headers, control_de_cambios=(change, change))
    for name, content in read_members(compiled.fill(context)).items():
        if name.endswith(".xml"):
            try:
                _parse(name, content)
            except TemplateProblem as problem:
                raise TemplateProblem(
                    f"Al llenar la plantilla, la parte «{name}» queda mal formada: revise que cada {{% if %}} y "
                    "{% for %} abra y cierre en el mismo lugar (fila, celda o párrafo).",
                    log=str(problem),
                ) from problem
