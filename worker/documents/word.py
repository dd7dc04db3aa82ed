"""Context -> the Word file of a report, by way of docxtpl's template language. The only importer of docxtpl.

Stock docxtpl parses, patches and compiles its template at every fill. Here that happens once for each template: its
tags are brought together by docxtpl's own `patch_xml` and compiled by Jinja; a fill renders text and zips it. Values
are clean (`PlainText`) and escaped as they enter; what a template leaves alone is copied as it lies.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from typing import Final

from docxtpl import DocxTemplate
from jinja2 import Template
from jinja2.exceptions import UndefinedError
from lxml import etree
from markupsafe import Markup

from service.domain.errors import TemplateProblem
from worker.documents.context import ACTION_NAMES, CHANGE_NAMES, PLAN_NAMES, Context, Names, extra_name, printed_names
from worker.documents.package import Member, deflate, read_members, write_package
from worker.documents.row_fit import ModelRow, find_model_row
from worker.documents.template_language import Complaint, StrictEnvironment, check_source

MAIN_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SAME_RUN: Final = ('</w:t><w:br/><w:t xml:space="preserve">', '</w:t><w:tab/><w:t xml:space="preserve">')
_PART_NAMES: Final = {
    "document": "el cuerpo del documento",
    "header": "el encabezado de página",
    "footer": "el pie de página",
    "core": "las propiedades del documento",
}
# A header between the quotes of otros["…"], as it stands in patched XML.
_OTHER: Final = re.compile(r"""\.otros\[(?:"|')(.*?)(?:"|')\]""")
# Known to `fill` alone: a template cannot ask for a name that begins so.
_KEEP_WHOLE: Final = "_entera"
_TURN: Final = "_turno"
_END_OF_TURNS: Final = "_fin"
# The target of the processing instructions that tell whose rows follow.
TURN: Final = "turno"
_LOOP: Final = re.compile(r"{%[-+]?\s*(?:for\s+(?P<name>\w+)\s+in\s+(?P<all>\w+)|endfor)\b(?:(?!%}).)*%}", re.DOTALL)
_BEGINS_BLOCK: Final = re.compile(r"(?:\s|{%(?:(?!%}).)*%})*<w:(?:tr|p|tbl|sdt)[ >]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CompiledDocument:
    """A Word template ready to be filled: members to copy, and parts to render in between, in the package's order."""

    members: tuple[Member | tuple[str, Template], ...]
    model_row: ModelRow | None

    def fill(self, context: Context) -> bytes:
        """The Word file for a context; the same context gives the same bytes.

        Raises:
            TemplateProblem: the template asks for a column of the office's own that this plan does not bring.
        """
        return write_package(part if isinstance(part, Member) else deflate(*part) for part in self.parts(context))

    def parts(self, context: Context, *, tell_turns: bool = False) -> tuple[Member | tuple[str, bytes], ...]:
        """What `fill` zips: members as they lie, and each part that was filled, with its name.

        With `tell_turns` the rows and paragraphs that are repeated for an action begin with a processing instruction
        that holds its place in the plan, from 0; an empty one follows the last.

        Raises:
            TemplateProblem: as for `fill`.
        """
        names = {
            "plan": printed_names(context.plan),
            "acciones": [
                self._names(printed_names(action), context.otros) | {_TURN: _instruction(str(place), told=tell_turns)}
                for place, action in enumerate(context.acciones)
            ],
            "control_de_cambios": [printed_names(change) for change in context.control_de_cambios],
            _END_OF_TURNS: _instruction("", told=tell_turns),
        }
        try:
            return tuple(
                member if isinstance(member, Member) else (member[0], (_DECLARATION + member[1].render(names)).encode())
                for member in self.members
            )
        except UndefinedError as error:
            brought = ", ".join(f"«{header}»" for header in context.otros) or "ninguna"
            raise TemplateProblem(
                "La plantilla de Word pide una columna propia de la oficina que el plan no trae. "
                f"Las que trae son: {brought}.",
                log=str(error),
            ) from error

    def _names(self, action: dict[str, str], others: tuple[str, ...]) -> dict[str, object]:
        keep_whole = self.model_row is None or self.model_row.fits_a_page(action)
        own = {header: action[extra_name(header)] for header in others}
        return {**action, "otros": own, _KEEP_WHOLE: keep_whole}


def compile_document(template: bytes) -> CompiledDocument:
    """Check a Word template and make it ready.

    Raises:
        TemplateProblem: it is no sound .docx, holds active content, or asks for what no report has; the detail names
            every place at once.
    """
    try:
        plain = read_members(template)
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise TemplateProblem("La plantilla no es un archivo de Word (.docx) sano.", log=repr(error)) from error
    _refuse_active_content(plain)
    running_text, single_lines = StrictEnvironment(_SAME_RUN), StrictEnvironment()
    members: list[Member | tuple[str, Template]] = []
    problems: list[str] = []
    sources: list[str] = []
    for name, content in plain.items():
        if b"{{" not in content and b"{%" not in content and not _has_split_tag(content):
            members.append(deflate(name, content, level=9))
            continue
        environment = running_text if name.startswith("word/") else single_lines
        root = _parse(name, content)
        source = _patched(root)
        # One paragraph a line, so that the line of a mistake can be shown.
        complaints = check_source(environment, re.sub(r"<w:p(?=[ >])", "\n<w:p", source))
        problems += [_sentence(name, root, complaint) for complaint in complaints]
        sources.append(source)
        if not complaints:
            members.append((name, environment.from_string(_with_turns(_with_splitting_rows(source)))))
    if problems:
        raise TemplateProblem("La plantilla de Word no se puede usar: " + " ".join(problems))
    compiled = CompiledDocument(tuple(members), _model_row(plain))
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


def _with_splitting_rows(source: str) -> str:
    # A row that may not split but is taller than a page loses text in LibreOffice and overflows in Word.
    keep = "<w:cantSplit/>"

    def conditional(row: re.Match[str]) -> str:
        loop = re.search(r"{{ *(\w+)\.(?:" + "|".join(ACTION_NAMES) + ")", row.group())
        if not loop:
            return row.group()
        return row.group().replace(keep, f"{{% if {loop.group(1)}.{_KEEP_WHOLE} %}}{keep}{{% endif %}}")

    return re.sub(r"<w:tr[ >].*?</w:tr>", conditional, source, flags=re.DOTALL)


def _with_turns(source: str) -> str:
    """The part, telling where what is repeated for each action begins and ends: see `CompiledDocument.parts`."""
    tell: list[bool] = []

    def told(tag: re.Match[str]) -> str:
        if tag["name"]:
            is_block = _BEGINS_BLOCK.match(source, tag.end()) is not None
            tell.append(is_block and tag["all"] == "acciones")
            return tag.group() + (f"{{{{ {tag['name']}.{_TURN} }}}}" if tell[-1] else "")
        return tag.group() + (f"{{{{ {_END_OF_TURNS} }}}}" if tell.pop() else "")

    return _LOOP.sub(told, source)


def _instruction(content: str, *, told: bool) -> Markup:
    return Markup(f"<?{TURN} {content}?>" if told else "")  # noqa: S704 - a number of ours


def _model_row(plain: dict[str, bytes]) -> ModelRow | None:
    document = _parse("word/document.xml", plain["word/document.xml"])
    styles = plain.get("word/styles.xml")
    return find_model_row(document, _parse("word/styles.xml", styles) if styles else None)


def _refuse_active_content(plain: dict[str, bytes]) -> None:
    types = plain.get("[Content_Types].xml", b"").decode("utf-8", "replace")
    if MAIN_TYPE not in types or "word/document.xml" not in plain:
        raise TemplateProblem("La plantilla no es un documento de Word (.docx): guárdela como «Documento de Word».")
    for name, content in plain.items():
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise TemplateProblem(f"La plantilla declara entidades en «{name}», lo que ningún Word normal hace.")
        if "vbaProject" in name or name.startswith(("word/embeddings/", "word/activeX/")):
            raise TemplateProblem(
                f"La plantilla trae macros u objetos incrustados («{name}»): quítelos y guárdela de nuevo."
            )
        if name.endswith(".rels"):
            for relation in _parse(name, content):
                if relation.get("TargetMode") == "External" and not relation.get("Type", "").endswith("/hyperlink"):
                    raise TemplateProblem(
                        f"La plantilla depende de un archivo externo, «{relation.get('Target')}»: quítelo."
                    )


def _sentence(name: str, root: etree._Element, complaint: Complaint) -> str:
    return f"En {_place(name, root, complaint.words)}: {complaint.sentence}"


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
