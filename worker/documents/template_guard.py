"""The bytes of a template -> its parts, or every reason why nothing in it is looked at any further.

A template is taken for hostile: it is opened within limits, and nothing in it may run, fetch or embed: no macros,
controls, objects or foreign documents, no field but those that number and refer, no formula that reaches outside, and
no way out of the file but hyperlinks that a reader has to click. What its tags may say is `template_language`'s.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from service.domain.errors import TemplateProblem

MAX_MEMBERS: Final = 2_000
# Pictures of a template weigh a few megabytes; its XML, inflated, less.
MAX_BYTES: Final = 60 * 1024 * 1024

_KINDS: Final = {"Word": "«Documento de Word (.docx)»", "Excel": "«Libro de Excel (.xlsx)»"}
_XML: Final = (".xml", ".rels", ".vml")
# Zero bytes between the letters: the same words in UTF-16 and UTF-32.
_DECLARATION: Final = re.compile(rb"<\0*!\0*(?:D\0*O\0*C\0*T\0*Y\0*P\0*E|E\0*N\0*T\0*I\0*T\0*Y)")
_ENCODINGS: Final = frozenset({"utf-8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii"})
_LINKS: Final = frozenset({"http", "https", "mailto"})
# What lies in a package under a name like these is run, or shown in place of what is written.
_ACTIVE_NAMES: Final = {
    "vbaproject": "macros",
    "vbadata": "macros",
    "macrosheets/": "macros",
    "embeddings/": "objetos incrustados",
    "activex/": "controles ActiveX",
    "ctrlprops/": "controles de formulario",
    "customui": "botones propios en la cinta de opciones",
    "attachedtoolbars": "barras de herramientas propias",
    "webextensions/": "complementos web",
    "externallinks/": "vínculos a otros libros",
    "querytables/": "consultas a datos externos",
    "afchunk": "otro documento adentro",
}
_ACTIVE_RELATIONS: Final = {
    "attachedtemplate": "una plantilla adjunta",
    "afchunk": "otro documento adentro",
    "subdocument": "un subdocumento",
    "frame": "marcos con otras páginas",
    "oleobject": "objetos incrustados",
    "package": "objetos incrustados",
    "control": "controles ActiveX",
    "vbaproject": "macros",
    "extensibility": "botones propios en la cinta de opciones",
    "mailmergesource": "una fuente de combinación de correspondencia",
    "externallink": "vínculos a otros libros",
    "externallinkpath": "vínculos a otros libros",
    "connections": "conexiones a datos externos",
    "webextension": "complementos web",
    "keymapcustomizations": "atajos de teclado propios",
}
_ACTIVE_ELEMENTS: Final = {
    "altChunk": "otro documento adentro",
    "subDoc": "un subdocumento",
    "object": "objetos incrustados",
    "OLEObject": "objetos incrustados",
    "oleObject": "objetos incrustados",
    "control": "controles ActiveX",
    "frameset": "marcos con otras páginas",
    "attachedTemplate": "una plantilla adjunta",
    "mailMerge": "combinación de correspondencia",
    "entryMacro": "macros",
    "exitMacro": "macros",
    "ddeLink": "un vínculo DDE",
    "webPublishItem": "publicación en la web",
    "script": "guiones",
    "foreignObject": "guiones",
}
# Fields that number, date and refer. Whatever fetches, runs, asks or builds another field is not among them.
_FIELDS: Final = frozenset(
    {"PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "NUMWORDS", "NUMCHARS", "SEQ", "LISTNUM", "AUTONUM", "AUTONUMLGL",
     "AUTONUMOUT", "TOC", "TC", "INDEX", "XE", "REF", "PAGEREF", "NOTEREF", "STYLEREF", "HYPERLINK", "TITLE", "SUBJECT",
     "AUTHOR", "KEYWORDS", "COMMENTS", "DOCPROPERTY", "DATE", "TIME", "CREATEDATE", "SAVEDATE", "PRINTDATE", "FILENAME",
     "REVNUM", "FORMTEXT", "FORMCHECKBOX", "FORMDROPDOWN", "BIBLIOGRAPHY", "CITATION", "EQ", "ADVANCE"}
)  # fmt: skip
_FORMULAS: Final = frozenset(
    {"f", "formula", "formula1", "formula2", "definedName", "calculatedColumnFormula", "totalsRowFormula"}
)
_LITERAL: Final = re.compile(r'"[^"]*"')
_FETCHING: Final = re.compile(
    r"\b(?:WEBSERVICE|FILTERXML|IMAGE|RTD|DDE|CALL|REGISTER(?:\.ID)?|EXEC|EVALUATE|STOCKHISTORY|CUBE\w+|HYPERLINK)\s*\(",
    re.IGNORECASE,
)
_BROUGHT: Final = frozenset({"src", "href", "link", "relid", "source"})


def read_template(content: bytes, program: str) -> dict[str, bytes]:
    """Plain bytes of every part, in the package's order.

    Args:
        content: the template.
        program: whose file it is meant to be, as sentences call it: "Word" or "Excel".

    Raises:
        TemplateProblem: it is no sound package, is too large, or holds what no template may; all reasons at once.
    """
    try:
        parts = _inflated(content, program)
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, ValueError, zlib.error) as error:
        raise TemplateProblem(
            f"La plantilla no es un archivo de {program} sano. Ábrala en {program} y guárdela como {_KINDS[program]}.",
            log=repr(error),
        ) from error
    found = dict.fromkeys(reason for name, part in parts.items() for reason in _reasons(name, part, program))
    if found:
        raise TemplateProblem(f"La plantilla de {program} no se puede usar. {' '.join(found)}")
    return parts


def _inflated(content: bytes, program: str) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        infos = archive.infolist()
        # A member gives no more bytes than it declares, or its sum is wrong.
        if len(infos) > MAX_MEMBERS or sum(info.file_size for info in infos) > MAX_BYTES:
            raise TemplateProblem(f"La plantilla de {program} es demasiado grande por dentro: ocupa más de 60 MB.")
        if len({info.filename.casefold() for info in infos}) < len(infos):
            raise TemplateProblem(f"La plantilla de {program} tiene dos partes con el mismo nombre: guárdela de nuevo.")
        return {info.filename: archive.read(info) for info in infos if not info.is_dir()}


def _reasons(name: str, content: bytes, program: str) -> Iterator[str]:
    folded = name.casefold()
    active = next((said for mark, said in _ACTIVE_NAMES.items() if mark in folded), None)
    if active:
        yield f"Trae {active} («{name}»): quítelos y guárdela de nuevo."
        return
    is_drawing = folded.endswith(".svg")
    if not (folded.endswith(_XML) or is_drawing):
        return
    if _DECLARATION.search(content) and not is_drawing:
        yield f"Declara entidades en «{name}», lo que ningún archivo normal hace."
        return
    root = _root(name, content)
    if folded.endswith(".rels"):
        yield from _about_relations(root)
    elif "macroenabled" in (types := _texts(root, "ContentType")) or "vbaproject" in types:
        yield f"Trae macros: guárdela como {_KINDS[program]}."
    yield from _about_elements(name, root)
    yield from _about_fields(name, root)


def _root(name: str, content: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise TemplateProblem(
            f"La plantilla está dañada: la parte «{name}» no se puede leer.", log=repr(error)
        ) from error
    if (root.getroottree().docinfo.encoding or "utf-8").lower() not in _ENCODINGS:
        raise TemplateProblem(f"La plantilla está dañada: la parte «{name}» no está en UTF-8.")
    return root


def _texts(root: etree._Element, attribute: str) -> str:
    return " ".join(element.get(attribute, "") for element in root.iter()).casefold()


def _about_relations(root: etree._Element) -> Iterator[str]:
    for relation in root.iter("{*}Relationship"):
        kind = (relation.get("Type") or "").rpartition("/")[2].casefold()
        target = relation.get("Target") or ""
        if kind in _ACTIVE_RELATIONS:
            yield f"Trae {_ACTIVE_RELATIONS[kind]} («{target}»): quítelo y guárdela de nuevo."
        elif kind == "hyperlink" and relation.get("TargetMode") == "External":
            if not _is_plain_link(target):
                yield f"Tiene un hipervínculo a «{target}»: solo se admiten los de http, https y correo."
        elif relation.get("TargetMode", "Internal") != "Internal" or _leads_out(target):
            yield f"Depende de un archivo externo, «{target}»: quítelo o insértelo."


def _about_elements(name: str, root: etree._Element) -> Iterator[str]:
    for element in root.iter(etree.Element):
        local = etree.QName(element).localname
        if local in _ACTIVE_ELEMENTS:
            yield f"Trae {_ACTIVE_ELEMENTS[local]} (en «{name}»): quítelo y guárdela de nuevo."
        if local in _FORMULAS and (reason := _about_formula(element)):
            yield f"En «{name}», la fórmula «{(element.text or '')[:80]}» {reason}"
        for attribute, value in element.items():
            if etree.QName(attribute).localname in _BROUGHT and _leads_out(str(value)):
                yield f"En «{name}» se trae algo de fuera, «{str(value)[:80]}»: quítelo o insértelo."
            elif str(value).strip().casefold().startswith("javascript:"):
                yield f"Trae guiones (en «{name}»): quítelos y guárdela de nuevo."


def _about_formula(element: etree._Element) -> str:
    text = _LITERAL.sub('""', element.text or "")
    if any(element.get(mark) in {"1", "true"} for mark in ("vbProcedure", "xlm", "function")):
        return "es de una macro: quítela."
    if (element.get("name") or "").casefold().startswith(("_xlnm.auto_", "auto_open", "auto_close")):
        return "se ejecutaría al abrir el libro: quítela."
    if "|" in text:
        return "llama a otro programa (DDE): quítela."
    if found := _FETCHING.search(text):
        return f"usa {found.group().rstrip('( ')}, que trae datos de fuera o los lleva: quítela."
    return ""


def _about_fields(name: str, root: etree._Element) -> Iterator[str]:
    """Fields by what they begin with, put together from the runs that Word parts them into."""
    begun: list[str] = []
    for element in root.iter("{*}fldChar", "{*}instrText", "{*}delInstrText", "{*}fldSimple"):
        local = etree.QName(element).localname
        if local == "fldSimple":
            yield from _about_field(name, _said(element, "instr"))
        elif local != "fldChar":
            begun[-1:] = [(begun[-1] if begun else "") + (element.text or "")]
        elif _said(element, "fldCharType") == "begin":
            begun.append("")
        elif begun:
            # Its code has ended, or it has no result; a second end finds nothing.
            yield from _about_field(name, begun.pop())
            if _said(element, "fldCharType") == "separate":
                begun.append(" PAGE ")
    for code in begun:
        yield from _about_field(name, code)


def _about_field(name: str, code: str) -> Iterator[str]:
    words = code.split()
    if not words or words[0].upper() not in _FIELDS:
        yield f"En «{name}» hay un campo «{code.strip()[:80]}», que no se admite: reemplácelo por su texto."
    elif words[0].upper() == "HYPERLINK" and len(words) > 1 and not words[1].startswith("\\"):
        target = words[1].strip('"“”')
        if not _is_plain_link(target):
            yield f"Tiene un hipervínculo a «{target[:80]}»: solo se admiten los de http, https y correo."


def _said(element: etree._Element, name: str) -> str:
    return next((str(value) for key, value in element.items() if etree.QName(key).localname == name), "")


def _is_plain_link(target: str) -> bool:
    try:
        return urlsplit(target.strip()).scheme in _LINKS
    except ValueError:
        return False


def _leads_out(target: str) -> bool:
    """Whether a target is no part of the package: another machine's, or a file of this one."""
    plain = target.strip().replace("\\", "/")
    return plain.startswith("//") or re.match(r"(?!data:image/)[A-Za-z][A-Za-z0-9+.-]*:", plain) is not None
