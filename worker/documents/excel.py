"""An Excel template and a report's context -> the report's Excel workbook.

The template is read and checked once; filling it is joining strings, so that what the office drew stays as it drew it,
and the same context gives the same bytes. Texts are shared strings, as Excel itself writes them: the official sheet and
the sheet Datos hold the same ones. No text ever becomes a formula. Formulas go out without a stored result, which would
be the template's, and are computed when the workbook is opened.
"""

from __future__ import annotations

import datetime as dt
import io
import posixpath
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree
from openpyxl import Workbook, load_workbook

from service.domain.errors import TemplateProblem
from worker.documents.change_log_sheet import without_change_log
from worker.documents.context import Context
from worker.documents.extra_columns import with_extra_columns
from worker.documents.frame_excel_pages import SEAL_PICTURE
from worker.documents.moves import moved_formula, read_formula
from worker.documents.package import Member, deflate, deflate_stream, deflate_well, read_members, write_package
from worker.documents.qr import qr_png
from worker.documents.sheet_companions import (
    COMPANIONS,
    compile_chart,
    compile_table,
)
from worker.documents.sheet_heights import TextHeights, tall_rows, text_heights
from worker.documents.sheet_styles import CompiledStyles, Styles, compile_styles
from worker.documents.sheet_template import CompiledSheet, compile_sheet
from worker.documents.splice import MAIN, Filling, Part, Piece, Splicer, Strings, escape, fill_part, qualified
from worker.documents.tags import Problems, TaggedText, fill_text, has_tag, names_once, names_repeated, parse_text
from worker.documents.template_guard import read_template

_RELATIONS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CONTENT_TYPES: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
_SPREADSHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_WORKBOOK_TYPE: Final = f"{_SPREADSHEET}.sheet.main+xml"
_STRINGS: Final = "xl/sharedStrings.xml"
_CORE: Final = "docProps/core.xml"

# Parts that can be copied or moved rightly; whatever else a workbook may hold is refused by name.
_ADMITTED: Final = re.compile(
    r"\[Content_Types\]\.xml|.*_rels/[^/]*\.rels|docProps/.*|customXml/.*"
    r"|xl/(workbook|styles|sharedStrings|calcChain)\.xml|xl/metadata\.xml|xl/persons/.*"
    r"|xl/(theme|media|printerSettings|worksheets|tables|drawings|charts)/[^/]*|xl/comments[^/]*\.xml|xl/comments/[^/]*"
)
_REFUSED: Final = {
    "vbaProject": "macros",
    "externalLinks": "vínculos a otros libros",
    "pivot": "tablas dinámicas",
    "threadedComments": "conversaciones (comentarios con respuestas)",
    "slicer": "segmentaciones de datos",
    "timeline": "escalas de tiempo",
    "embeddings": "objetos incrustados",
    "activeX": "controles ActiveX",
    "ctrlProps": "controles de formulario",
    "chartsheets": "hojas de gráfico",
    "dialogsheets": "hojas de diálogo",
    "macrosheets": "hojas de macros",
    "queryTables": "consultas a datos externos",
    "connections": "conexiones a datos externos",
}


@dataclass(frozen=True, slots=True)
class _Slot:
    """A place in the package: a member that is copied, or a part that is filled."""

    name: str
    kept: Member | None = None
    part: Part = ()


@dataclass(frozen=True, slots=True)
class _Relation:
    """That one part of the package refers to another; `kind` is "drawing", "comments" or the like."""

    id: str
    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class CompiledWorkbook:
    """An Excel template, read, checked and cut: safe to share between threads, worth keeping.

    `heights` are those of the texts that its model rows show, by what a row is repeated for and the name.
    """

    slots: tuple[_Slot, ...]
    sheets: tuple[CompiledSheet, ...]
    styles: CompiledStyles
    heights: Mapping[tuple[str, str], TextHeights]
    texts: int
    epoch: dt.date


def compile_workbook(
    template: bytes, others: tuple[str, ...] = (), *, has_change_log: bool = False
) -> CompiledWorkbook:
    """Read and check an Excel template, for plans whose own columns have the headers `others`.

    Without a control de cambios to tell, the sheets for it are left out.

    Raises:
        TemplateProblem: it asks for an unknown name, or holds something that cannot be filled rightly; the detail says
            each problem with its sheet and cell, and what to do.
    """
    # What it holds is asked for before anything reads it.
    _refuse_foreign_parts(read_template(template, "Excel"))
    try:
        if not has_change_log:
            template = without_change_log(template)
        template = with_extra_columns(template, others)
        members = read_members(template)
        with warnings.catch_warnings():
            # openpyxl tells what it would drop on saving; nothing is saved with it here.
            warnings.simplefilter("ignore")
            workbook = load_workbook(io.BytesIO(template), rich_text=False)
    except TemplateProblem:
        raise
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        etree.XMLSyntaxError,
        OSError,
    ) as error:
        raise TemplateProblem(
            "La plantilla de Excel no se puede leer. Ábrala en Excel y guárdela como «Libro de Excel (.xlsx)».",
            log=f"unreadable Excel template: {error!r}",
        ) from error
    return _Compiler(members, workbook).compile()


def fill_workbook(compiled: CompiledWorkbook, context: Context) -> bytes:
    """The workbook of a report, the same bytes for the same context.

    Raises:
        TemplateProblem: a printed header or footer would be longer than Excel admits with this report's values.
    """
    repeated = {"accion": context.acciones, "cambio": context.control_de_cambios}
    plan = names_once(context)
    filling = Filling(plan, repeated, Strings(compiled.texts), Styles(compiled.styles), compiled.epoch)
    for scope, items in repeated.items():
        models = [sheet.model for sheet in compiled.sheets if sheet.model and sheet.model.scope == scope]
        for model, tall in zip(models, tall_rows(models, plan, items, compiled.heights), strict=True):
            filling.layouts[model.sheet], filling.rows[model.sheet] = model.place(plan, items, tall)
    # Styles and shared strings are known only once the sheets are written; the package keeps the template's order.
    late = {"xl/styles.xml", _STRINGS}
    filled = {
        slot.name: deflate_stream(slot.name, fill_part(slot.part, filling))
        for slot in sorted(compiled.slots, key=lambda slot: slot.name in late)
        if slot.kept is None
    }
    # What differs from report to report and is no text.
    pictures = {SEAL_PICTURE: deflate(SEAL_PICTURE, qr_png(context.qr))} if context.has_seal else {}
    return write_package(pictures.get(slot.name) or slot.kept or filled[slot.name] for slot in compiled.slots)


class _Compiler:
    def __init__(self, members: dict[str, bytes], workbook: Workbook) -> None:
        self.members = members
        self.workbook = workbook
        self.problems = Problems()
        self.parts: dict[str, Part] = {}
        self.texts: list[etree._Element] = []

    def compile(self) -> CompiledWorkbook:
        strings = self._strings_part()
        sheets = tuple(self._compile_sheet(name, path) for name, path in self._sheet_paths().items())
        self._compile_workbook_part()
        self._compile_charts()
        self._compile_core()
        self.parts[_STRINGS] = strings
        styles = compile_styles(self.members["xl/styles.xml"])
        self.parts["xl/styles.xml"] = styles.part
        self._drop_calculation_chain()
        self._refuse_tags_elsewhere()
        if self.problems.sentences:
            raise TemplateProblem("La plantilla de Excel no se puede llenar.\n" + "\n".join(self.problems.sentences))
        names = [*self.members, *(name for name in self.parts if name not in self.members)]
        slots = tuple(
            _Slot(name, part=self.parts[name])
            if name in self.parts
            else _Slot(name, kept=deflate_well(name, self.members[name]))
            for name in names
        )
        # openpyxl says this day as the midnight with which it begins.
        heights = text_heights(sheet.model for sheet in sheets if sheet.model)
        return CompiledWorkbook(slots, sheets, styles, heights, len(self.texts), self.workbook.epoch.date())

    def _sheet_paths(self) -> dict[str, str]:
        """Path of each sheet's part by its name."""
        targets = {relation.id: relation.path for relation in self._related("xl/workbook.xml")}
        root = Splicer.parse(self.members["xl/workbook.xml"])
        return {
            str(sheet.get("name")): targets[str(sheet.get(f"{{{_OFFICE}}}id"))]
            for sheet in root.iter(qualified("sheet"))
        }

    def _related(self, path: str) -> list[_Relation]:
        """The parts that `path` refers to; links to the outside are left out."""
        folder, name = posixpath.split(path)
        content = self.members.get(f"{folder}/_rels/{name}.rels")
        return [
            _Relation(
                id=str(relation.get("Id")),
                kind=posixpath.basename(str(relation.get("Type"))),
                path=posixpath.normpath(posixpath.join("/", folder, str(relation.get("Target")))).lstrip("/"),
            )
            for relation in (Splicer.parse(content) if content else ())
            if relation.get("TargetMode") != "External"
        ]

    def _strings_part(self) -> Part:
        """The shared strings: the template's, without those that hold tags, then the report's."""
        splicer = Splicer()
        if _STRINGS in self.members:
            root = Splicer.parse(self.members[_STRINGS])
            self.texts = [
                etree.fromstring(etree.tostring(text, with_tail=False)) for text in root.iter(qualified("si"))
            ]
            for text in root.iter(qualified("si")):
                if has_tag("".join(map(str, text.itertext()))):
                    text[:] = [etree.Element(qualified("t"))]
        else:
            root = Splicer.parse(f'<sst xmlns="{MAIN}"/>'.encode())
            self._declare_strings()
        etree.strip_attributes(root, "count", "uniqueCount")
        root.append(splicer.element(lambda filling: filling.strings.xml()))
        return splicer.cut(root)

    def _declare_strings(self) -> None:
        types = Splicer.parse(self.members["[Content_Types].xml"])
        part = etree.SubElement(types, f"{{{_CONTENT_TYPES}}}Override")
        part.set("PartName", f"/{_STRINGS}")
        part.set("ContentType", f"{_SPREADSHEET}.sharedStrings+xml")
        self.members["[Content_Types].xml"] = _serialised(types)
        relations = Splicer.parse(self.members["xl/_rels/workbook.xml.rels"])
        relation = etree.SubElement(relations, f"{{{_RELATIONS}}}Relationship")
        relation.set("Id", "rIdFolioStrings")
        relation.set("Type", f"{_OFFICE}/sharedStrings")
        relation.set("Target", "sharedStrings.xml")
        self.members["xl/_rels/workbook.xml.rels"] = _serialised(relations)

    def _compile_sheet(self, name: str, path: str) -> CompiledSheet:
        related = self._related(path)
        tables = [relation.path for relation in related if relation.kind == "table"]
        areas = [str(Splicer.parse(self.members[table]).get("ref")) for table in tables]
        sheet = compile_sheet(self.members[path], self.workbook[name], self.texts, areas, self.problems)
        self.parts[path] = sheet.part
        for table in tables:
            self.parts[table] = compile_table(self.members[table], sheet, self.problems)
        for relation in related if sheet.model else ():
            if relation.kind in COMPANIONS:
                content = self.members[relation.path]
                self.parts[relation.path] = COMPANIONS[relation.kind](content, sheet, self.problems)
        return sheet

    def _compile_workbook_part(self) -> None:
        splicer = Splicer()
        root = Splicer.parse(self.members["xl/workbook.xml"])
        # Excel notes here the folder, and with it the name, of whoever saved the template last.
        for element in list(root):
            if isinstance(element.tag, str) and etree.QName(element).localname == "AlternateContent":
                root.remove(element)
        for name in root.iter(qualified("definedName")):
            place = f"nombre definido «{name.get('name')}»"
            name.text = splicer.mark(moved_formula(read_formula(name.text or "", "", place, self.problems)))
        calculation = root.find(qualified("calcPr"))
        if calculation is not None:
            calculation.set("fullCalcOnLoad", "1")
        self.parts["xl/workbook.xml"] = splicer.cut(root)

    def _compile_charts(self) -> None:
        for path, content in self.members.items():
            if re.fullmatch(r"xl/charts/chart\d*\.xml", path):
                self.parts[path] = compile_chart(content, f"gráfico {path}", self.problems)

    def _compile_core(self) -> None:
        """Document properties: tags are filled; who saved the template, and when, says nothing about the report."""
        if _CORE not in self.members:
            return
        splicer = Splicer()
        root = Splicer.parse(self.members[_CORE])
        for element in list(root):
            if etree.QName(element).localname in {"lastModifiedBy", "lastPrinted", "created", "modified", "revision"}:
                root.remove(element)
            elif has_tag(element.text or ""):
                place = f"propiedades del documento, {etree.QName(element).localname}"
                parts = parse_text(element.text or "", place, self.problems)
                if names_repeated(parts):
                    self.problems.add(
                        place, "no puede llevar etiquetas de la acción, que son muchas; use las del plan."
                    )
                element.text = splicer.mark(_property(parts))
        self.parts[_CORE] = splicer.cut(root)

    def _drop_calculation_chain(self) -> None:
        """Excel's list of cells to compute, which would name cells that have moved; Excel makes it again."""
        if self.members.pop("xl/calcChain.xml", None) is None:
            return
        for path in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
            root = Splicer.parse(self.members[path])
            for element in list(root):
                if (element.get("PartName") or element.get("Target") or "").endswith("calcChain.xml"):
                    root.remove(element)
            self.members[path] = _serialised(root)

    def _refuse_tags_elsewhere(self) -> None:
        texts = {name: "".join(piece for piece in part if isinstance(piece, str)) for name, part in self.parts.items()}
        for name, content in self.members.items():
            if name.endswith((".xml", ".vml", ".rels")):
                text = texts.get(name) or content.decode("utf-8", "replace")
                if found := re.search(r"\{\{.{0,40}|\{%.{0,40}", text, re.DOTALL):
                    self.problems.add(
                        f"parte {name}",
                        f"«{found.group()}»: las etiquetas solo se llenan en celdas, encabezados, pies de página "
                        "y propiedades del documento. Quítela de ahí.",
                    )


def _refuse_foreign_parts(members: dict[str, bytes]) -> None:
    for name in members:
        if not _ADMITTED.fullmatch(name):
            what = next((words for mark, words in _REFUSED.items() if mark in name), "una parte desconocida")
            raise TemplateProblem(
                f"La plantilla de Excel contiene {what} ({name}), que Folio no sabe llenar. Quite esa parte."
            )
    types = members["[Content_Types].xml"].decode("utf-8", "replace")
    workbook = members["xl/workbook.xml"]
    if _WORKBOOK_TYPE not in types or MAIN.encode() not in workbook:
        raise TemplateProblem("La plantilla no es un libro corriente. Guárdela en Excel como «Libro de Excel (.xlsx)».")
    for name, content in members.items():
        if name.endswith(".rels"):
            for relation in Splicer.parse(content):
                if relation.get("TargetMode") == "External" and not str(relation.get("Type")).endswith("/hyperlink"):
                    raise TemplateProblem(
                        f"La plantilla de Excel depende de un archivo de fuera: {relation.get('Target')}. "
                        "Inserte el contenido en la plantilla en lugar de vincularlo."
                    )


def _serialised(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _property(parts: TaggedText) -> Piece:
    return lambda filling: escape(fill_text(parts, filling.plan, {}))
