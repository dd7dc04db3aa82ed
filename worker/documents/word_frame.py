"""A title and the XML of a body -> a Word file that looks like the official one: for documents without a template.

What an official edits stands in templates_docx; a document that is not the office's word (what changed, say) is Folio's
own, and its frame stands here: styles, page, header, footer, language. The same arguments give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from worker.documents.package import deflate, deflate_stream, deflate_well, write_package
from worker.documents.splice import escape, escape_attribute

# Twentieths of a point: the page of the official template, oficio lying down, and what its margins leave.
PAGE_WIDTH: Final = 18_720
TEXT_WIDTH: Final = 17_280

_W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_WORD_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS: Final = {"styles": "styles", "settings": "settings", "header1": "header", "footer1": "footer"}


def _style(id_: str, name: str, based_on: str, paragraph: str = "", letters: str = "") -> str:
    """A style of paragraphs; Word knows its own by their English names."""
    custom = "" if name in {"Title", "heading 1", "header", "footer"} else ' w:customStyle="1"'
    return (
        f'<w:style w:type="paragraph"{custom} w:styleId="{id_}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="{based_on}"/><w:qFormat/>'
        + (f"<w:pPr>{paragraph}</w:pPr>" if paragraph else "")
        + (f"<w:rPr>{letters}</w:rPr>" if letters else "")
        + "</w:style>"
    )


def _letters(id_: str, name: str, letters: str) -> str:
    return (
        f'<w:style w:type="character" w:customStyle="1" w:styleId="{id_}"><w:name w:val="{name}"/><w:qFormat/>'
        f"<w:rPr>{letters}</w:rPr></w:style>"
    )


def _sized(half_points: int) -> str:
    return f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'


_BOLD: Final = "<w:b/><w:bCs/>"
_BORDERS: Final = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="7F7F7F"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)
_CELL_MARGINS: Final = "".join(
    f'<w:{side} w:w="{width}" w:type="dxa"/>'
    for side, width in (("top", 60), ("left", 80), ("bottom", 60), ("right", 80))
)
_STYLES: Final = (
    f'<w:styles xmlns:w="{_W}"><w:docDefaults><w:rPrDefault><w:rPr>'
    '<w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:eastAsia="Arial" w:cs="Arial"/>'
    f'{_sized(16)}<w:lang w:val="es-CO" w:eastAsia="es-CO" w:bidi="ar-SA"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr>'
    '<w:spacing w:before="0" w:after="0" w:line="240" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>'
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>'
    '<w:style w:type="table" w:default="1" w:styleId="Tablanormal"><w:name w:val="Normal Table"/>'
    '<w:uiPriority w:val="99"/><w:semiHidden/><w:unhideWhenUsed/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/>'
    '<w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="108" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/>'
    '<w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>'
    + _style("Encabezado", "header", "Normal")
    + _style("Piedepgina", "footer", "Normal", '<w:jc w:val="right"/>', f'<w:color w:val="404040"/>{_sized(16)}')
    + _style(
        "Ttulo", "Title", "Encabezado", '<w:spacing w:after="60"/><w:jc w:val="center"/>', _BOLD + _sized(26)
    )
    + _style("Subttulo", "Subtítulo del documento", "Encabezado",
             '<w:spacing w:after="100"/><w:jc w:val="center"/>', _sized(18))
    + _style("Ttulo1", "heading 1", "Normal",
             '<w:keepNext/><w:spacing w:before="240" w:after="100"/><w:outlineLvl w:val="0"/>', _BOLD + _sized(20))
    + _style("Texto", "Texto del documento", "Normal", '<w:spacing w:before="60" w:after="60"/>', _sized(18))
    + _style("Encabezadodetabla", "Encabezado de tabla", "Normal",
             '<w:keepNext/><w:spacing w:before="20" w:after="20"/><w:jc w:val="center"/>', _BOLD + _sized(15))
    + _style("Textodetabla", "Texto de tabla", "Normal")
    + _style("Textodetablacentrado", "Texto de tabla centrado", "Textodetabla", '<w:jc w:val="center"/>')
    + _style("Grupodetabla", "Grupo de tabla", "Textodetabla", "<w:keepNext/>", _BOLD)
    + _letters("Lonuevo", "Lo nuevo", '<w:b/><w:bCs/><w:color w:val="1F4E79"/><w:u w:val="single"/>')
    + _letters("Loquitado", "Lo quitado", '<w:strike/><w:color w:val="9C1C1C"/>')
    + '<w:style w:type="table" w:customStyle="1" w:styleId="Tabladelplan"><w:name w:val="Tabla del plan"/>'
    '<w:basedOn w:val="Tablanormal"/><w:uiPriority w:val="59"/><w:tblPr>'
    f"<w:tblBorders>{_BORDERS}</w:tblBorders><w:tblCellMar>{_CELL_MARGINS}</w:tblCellMar></w:tblPr></w:style></w:styles>"
)  # fmt: skip
_SETTINGS: Final = (
    f'<w:settings xmlns:w="{_W}"><w:zoom w:percent="100"/><w:defaultTabStop w:val="708"/>'
    '<w:characterSpacingControl w:val="doNotCompress"/><w:compat><w:compatSetting w:name="compatibilityMode" '
    'w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat><w:themeFontLang w:val="es-CO"/>'
    '<w:decimalSymbol w:val=","/><w:listSeparator w:val=";"/></w:settings>'
)


def _field(name: str) -> str:
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> {name} </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


_FOOTER: Final = (
    f'<w:ftr xmlns:w="{_W}"><w:p><w:pPr><w:pStyle w:val="Piedepgina"/></w:pPr>'
    '<w:r><w:t xml:space="preserve">Página </w:t></w:r>'
    f'{_field("PAGE")}<w:r><w:t xml:space="preserve"> de </w:t></w:r>{_field("NUMPAGES")}</w:p></w:ftr>'
)
_SECTION: Final = (
    '<w:sectPr><w:headerReference w:type="default" r:id="rId3"/><w:footerReference w:type="default" r:id="rId4"/>'
    f'<w:pgSz w:w="{PAGE_WIDTH}" w:h="12240" w:orient="landscape"/><w:pgMar w:top="1380" w:right="720" w:bottom="680" '
    'w:left="720" w:header="440" w:footer="340" w:gutter="0"/></w:sectPr>'
)
_TYPES: Final = (
    f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
    f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_WORD_TYPE}.document.main+xml"/>'
    + "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="{_WORD_TYPE}.{kind}+xml"/>'
        for part, kind in _PARTS.items()
    )
    + '<Override PartName="/docProps/core.xml" '
    'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
)
_RELATIONS: Final = (
    f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_R}/officeDocument" Target="word/document.xml"/>'
    f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
    "</Relationships>"
)
_DOCUMENT_RELATIONS: Final = (
    f'<Relationships xmlns="{_PACKAGE}/relationships">'
    + "".join(
        f'<Relationship Id="rId{number}" Type="{_R}/{kind}" Target="{part}.xml"/>'
        for number, (part, kind) in enumerate(_PARTS.items(), start=1)
    )
    + "</Relationships>"
)
_KEPT: Final = tuple(
    deflate_well(name, (_DECLARATION + content).encode())
    for name, content in {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS,
        "word/_rels/document.xml.rels": _DOCUMENT_RELATIONS,
        "word/styles.xml": _STYLES,
        "word/settings.xml": _SETTINGS,
        "word/footer1.xml": _FOOTER,
    }.items()
)


def word_file(title: str, subtitle: str, body: Iterable[str]) -> bytes:
    """A Word file of these paragraphs and tables, piece by piece; title and subtitle stand above every page."""
    header = f'<w:hdr xmlns:w="{_W}">{paragraph(run(title), "Ttulo")}{paragraph(run(subtitle), "Subttulo")}</w:hdr>'
    document = chain(
        (f'{_DECLARATION}<w:document xmlns:w="{_W}" xmlns:r="{_R}"><w:body>',),
        body,
        (f"{_SECTION}</w:body></w:document>",),
    )
    core = (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(title)}</dc:title>'
        f"<dc:subject>{escape(subtitle)}</dc:subject><dc:language>es-CO</dc:language></cp:coreProperties>"
    )
    return write_package(
        [
            *_KEPT,
            deflate_stream("word/document.xml", (piece.encode() for piece in document)),
            deflate("word/header1.xml", f"{_DECLARATION}{header}".encode()),
            deflate("docProps/core.xml", f"{_DECLARATION}{core}".encode()),
        ]
    )


def run(text: str, style: str = "") -> str:
    """A stretch of text; line breaks and tabs stay what they are."""
    letters = f'<w:rPr><w:rStyle w:val="{style}"/></w:rPr>' if style else ""
    plain = escape(text)
    if "\n" in plain or "\t" in plain:
        for mark, tag in (("\n", "br"), ("\t", "tab")):
            plain = plain.replace(mark, f'</w:t><w:{tag}/><w:t xml:space="preserve">')
    return f'<w:r>{letters}<w:t xml:space="preserve">{plain}</w:t></w:r>'


def paragraph(runs: str, style: str) -> str:
    """A paragraph in a style of the frame: "Ttulo1", "Texto", "Textodetabla", "Grupodetabla" and their like."""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{runs}</w:p>'


def cell(content: str, width: int, *, span: int = 1, fill: str = "") -> str:
    """A cell of a table; `content` is paragraphs, `width` twentieths of a point, `fill` a colour such as D9E2F3."""
    spanned = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    shaded = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{spanned}{shaded}</w:tcPr>{content}</w:tc>'


def row(cells: str, *, is_whole: bool = True) -> str:
    """A row; `is_whole` keeps it on one page, which a row taller than the page must never be."""
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>" if is_whole else f"<w:tr>{cells}</w:tr>"


def table(
    headers: tuple[str, ...], widths: tuple[int, ...], rows: Iterable[str], *, caption: str, description: str
) -> Iterator[str]:
    """A table whose header comes again on every page; caption and description are for who cannot see it."""
    head = "".join(
        cell(paragraph(run(header), "Encabezadodetabla"), width, fill="D9E2F3")
        for header, width in zip(headers, widths, strict=True)
    )
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    yield (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="Tabladelplan"/><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        '<w:tblLayout w:type="fixed"/><w:tblLook w:val="0620" w:firstRow="1" w:lastRow="0" w:firstColumn="0" '
        'w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'
        f'<w:tblCaption w:val="{escape_attribute(caption)}"/>'
        f'<w:tblDescription w:val="{escape_attribute(description)}"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>"
    )
    yield from rows
    yield "</w:tbl>"
