"""An office's signers -> the block in which they sign, behind the table of actions and never on a page without it.

Each place to sign holds a signature line of Microsoft Office: docs/signature-lines.md tells what Word saves of one. The
block is the last row of that table, without borders, for «conservar con el siguiente» chains rows of one table both in
Word and in LibreOffice, which does not chain a table's last row to what stands behind the table. Which rows are the
last actions' is known only when a report is there: their paragraphs get a mark, which word.py turns into a condition.
"""

from __future__ import annotations

import math
import re
import uuid
from base64 import b64decode
from itertools import count
from typing import Final

from lxml import etree

from service.domain.frame import Frame, Role, Signer
from service.domain.typography import line_height, lines_needed
from worker.documents.open_package import OpenPackage
from worker.documents.splice import escape_attribute
from worker.documents.template_language import literal
from worker.documents.vml import PICTURE_FRAME
from worker.documents.word_pages import DOCUMENT, LOW_PARAGRAPH, TWENTIETHS, R, W, text_width, w
from worker.documents.word_pictures import add_picture
from worker.documents.word_runs import run, sized

# The processing instruction in a paragraph that stays with the next if its action is among the last ones; it holds the
# height (points) of all that follows the table on their page.
JOINED: Final = "junto"

# What the table of places to sign is called for who cannot see it.
CAPTION: Final = "Firmas"

_O: Final = "urn:schemas-microsoft-com:office:office"
_SPACES: Final = f'xmlns:w="{W}" xmlns:r="{R}" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="{_O}"'
_ACTIONS: Final = re.compile(r"\bin\s+acciones\b")
_END_OF_ACTIONS: Final = re.compile(r"{%tr\s+endfor\b")
_OF_ACTION: Final = re.compile(r"{{\s*\w+\.(?!titulo)\w+")

# A rule of a fiftieth of its height at the foot of a transparent picture, in the greys of the template: an indexed PNG.
_RULE: Final = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAfAAAACAAQMAAADON6nQAAAABlBMVEX///9AQECj/VArAAAAAXRSTlMAQObYZgAAACVJREFUeNrty6EBAAAMAiD/"
    "f3o7wmKATgIAAAAAAAAAG67S9s4D7fx7hTnZ/00AAAAASUVORK5CYII="
)
# Points. GTC 185 asks for room enough to sign; 1.5 cm are 42.5.
_LINE_WIDTH: Final = 180.0
_LINE_HEIGHT: Final = 48.0
_NAME_SIZE: Final = 9.0
_SMALL_SIZE: Final = 7.0
_ABOVE: Final = 10.0
_GAP: Final = 6.0
_NARROWEST_PLACE: Final = 200.0
_MOST_IN_A_ROW: Final = 4

_OFFICE_S_OWN_PROVIDER: Final = "{00000000-0000-0000-0000-000000000000}"
_IDS: Final = uuid.UUID("b5b0c0f2-5d0b-4a39-9d3c-2c6f1f5e7a10")
_SIGNATURE_LINE: Final = """<w:r><w:rPr><w:noProof/></w:rPr><w:pict>{type}\
<v:shape id="_x0000_i{shape}" type="#_x0000_t75" alt="{alternative}" style="width:{width:g}pt;height:{height:g}pt">\
<v:imagedata r:id="{link}" o:title=""/>\
<o:lock v:ext="edit" ungrouping="t" rotation="t" cropping="t" verticies="t" text="t" grouping="t"/>\
<o:signatureline v:ext="edit" id="{id}" provid="{provider}" o:suggestedsigner="{name}" o:suggestedsigner2="{position}" \
allowcomments="t" issignatureline="t"/></v:shape></w:pict></w:r>"""
_FIRST_SHAPE: Final = 1_025


def draw_signature_block(package: OpenPackage, frame: Frame, taken: float, *, tells_approval: bool) -> None:
    """Put the block behind the table of actions, or at the end where the template has none.

    Args:
        package: the template.
        frame: who signs.
        taken: points that the frame's head takes of every page.
        tells_approval: whether the block says who approved; a template may say it itself.
    """
    body = package.tree(DOCUMENT).find(w("body"))
    assert body is not None  # noqa: S101 - sections were found in it
    table = next((table for table in body.iterchildren(w("tbl")) if _ACTIONS.search(_text(table))), None)
    block = _Block(frame.signing_order, text_width(_section_of(body, table)) / TWENTIETHS)
    link = ""
    if frame.signers:
        link = package.relate(DOCUMENT, "image", add_picture(package, _RULE, "image/png", "firma"))
    columns = len(table.findall(f"{w('tblGrid')}/{w('gridCol')}")) if table is not None else 1
    row = block.row("{{ aprobacion.frase }}" if tells_approval else "", link, columns)
    if table is None:
        alone = f"<w:body {_SPACES}>{block.table(row)}{LOW_PARAGRAPH}</w:body>"
        end = body.find(w("sectPr"))
        for element in etree.fromstring(alone):
            body.append(element) if end is None else end.addprevious(element)
    else:
        _keep_rows(table, block.height + taken)
        table.append(etree.fromstring(f"<w:tbl {_SPACES}>{row}</w:tbl>")[0])


def _text(element: etree._Element) -> str:
    return "".join(piece.text or "" for piece in element.iter(w("t")))


def _section_of(body: etree._Element, table: etree._Element | None) -> etree._Element:
    """The section in which the block will stand."""
    behind = body.iterchildren() if table is None else table.itersiblings()
    found = [section for element in behind for section in element.iter(w("sectPr"))]
    return found[0] if table is not None else found[-1]


def _keep_rows(table: etree._Element, below: float) -> None:
    """Mark the rows of actions, and keep what the office has put under them with what follows."""
    is_below = False
    for row in table.iterchildren(w("tr")):
        text = _text(row)
        if row.find(f"{w('trPr')}/{w('tblHeader')}") is None and (is_below or _OF_ACTION.search(text)):
            for paragraph in row.iter(w("p")):
                _keep(paragraph, etree.Element(w("keepNext")) if is_below else _mark(below))
        is_below = is_below or _END_OF_ACTIONS.search(text) is not None


def _keep(paragraph: etree._Element, how: etree._Element) -> None:
    properties = paragraph.find(w("pPr"))
    if properties is None:
        properties = etree.Element(w("pPr"))
        paragraph.insert(0, properties)
    if properties.find(w("keepNext")) is None:
        properties.insert(0 if properties.find(w("pStyle")) is None else 1, how)


def _mark(below: float) -> etree._Element:
    return etree.ProcessingInstruction(JOINED, str(math.ceil(below)))


class _Block:
    """The places to sign, in rows of the same length as near as can be; `width` is the page's, in points."""

    def __init__(self, signers: tuple[Signer, ...], width: float) -> None:
        most = max(1, min(int(width / _NARROWEST_PLACE), _MOST_IN_A_ROW))
        rows = math.ceil(len(signers) / most)
        columns = math.ceil(len(signers) / rows) if rows else 1
        self._rows = [signers[start : start + columns] for start in range(0, len(signers), columns)]
        self._columns = columns
        self._width = width
        self._place = width / columns

    @property
    def height(self) -> float:
        """Points that it takes, with the paragraph above it."""
        approval = _ABOVE + line_height(_NAME_SIZE) + _GAP / 2
        return approval + sum(max(map(self._height, row)) for row in self._rows)

    def _height(self, signer: Signer) -> float:
        size = _size(signer)
        texts = (signer.printed_name, signer.printed_position)
        lines = sum(lines_needed(text, self._place - 2 * _GAP, size) for text in texts)
        return line_height(_SMALL_SIZE) + _LINE_HEIGHT + lines * line_height(size) + 1.5 * _GAP

    def row(self, approval: str, link: str, columns: int) -> str:
        """The row that holds the block, over all `columns` of a table."""
        width = f'<w:tcW w:w="{round(self._width * TWENTIETHS)}" w:type="dxa"/>'
        margins = "".join(f'<w:{side} w:w="0" w:type="dxa"/>' for side in ("top", "left", "bottom", "right"))
        open_ = "".join(f'<w:{side} w:val="nil"/>' for side in ("left", "bottom", "right"))
        return (
            f'<w:tr><w:trPr><w:cantSplit/></w:trPr><w:tc><w:tcPr>{width}<w:gridSpan w:val="{columns}"/>'
            f"<w:tcBorders>{open_}</w:tcBorders><w:tcMar>{margins}</w:tcMar></w:tcPr>"
            f'<w:p><w:pPr><w:keepNext/><w:spacing w:before="{_ABOVE * TWENTIETHS:g}" w:after="80"/></w:pPr>'
            f"<w:r><w:rPr>{sized(_NAME_SIZE)}</w:rPr><w:t>{approval}</w:t></w:r></w:p>"
            f"{self._places(link)}{LOW_PARAGRAPH}</w:tc></w:tr>"
        )

    def table(self, row: str) -> str:
        """The row in a table of its own, for templates that have none."""
        width = round(self._width * TWENTIETHS)
        return (
            f'<w:tbl><w:tblPr><w:tblW w:w="{width}" w:type="dxa"/><w:tblLayout w:type="fixed"/></w:tblPr>'
            f'<w:tblGrid><w:gridCol w:w="{width}"/></w:tblGrid>{row}</w:tbl>'
        )

    def _places(self, link: str) -> str:
        """The table in which each signer has a cell; "" when nobody signs."""
        if not self._rows:
            return ""
        column = round(self._place * TWENTIETHS)
        grid = f'<w:gridCol w:w="{column}"/>' * self._columns
        number, rows = count(), []
        for row in self._rows:
            cells = [self._cell(self._place_to_sign(signer, next(number), link)) for signer in row]
            cells += [self._cell("<w:p/>")] * (self._columns - len(row))
            rows.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(cells)}</w:tr>")
        return (
            f'<w:tbl><w:tblPr><w:tblW w:w="{column * self._columns}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
            '<w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="120" w:type="dxa"/></w:tblCellMar>'
            '<w:tblLook w:val="0600" w:firstRow="0" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" '
            f'w:noVBand="1"/><w:tblCaption w:val="{CAPTION}"/>'
            '<w:tblDescription w:val="Un lugar para firmar por persona, con lo que hizo, su nombre y su cargo."/>'
            f"</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
        )

    def _cell(self, content: str) -> str:
        width = round(self._place * TWENTIETHS)
        return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{content}</w:tc>'

    def _place_to_sign(self, signer: Signer, number: int, link: str) -> str:
        words = (signer.role, signer.name, signer.position, str(number))
        line = _SIGNATURE_LINE.format(
            type="" if number else PICTURE_FRAME,
            shape=_FIRST_SHAPE + number,
            alternative=f"Línea de firma: {signer.role.label.lower()}",
            width=min(_LINE_WIDTH, self._place - 2 * _GAP),
            height=_LINE_HEIGHT,
            link=link,
            id=f"{{{str(uuid.uuid5(_IDS, '|'.join(words))).upper()}}}",
            provider=_OFFICE_S_OWN_PROVIDER,
            name=escape_attribute(literal(signer.name)),
            position=escape_attribute(literal(signer.printed_position)),
        )
        size = _size(signer)
        return "".join(
            (
                _paragraph(f"<w:r><w:rPr>{sized(_SMALL_SIZE)}</w:rPr><w:t>{signer.role.label}</w:t></w:r>", above=60),
                _paragraph(line),
                _paragraph(run(signer.printed_name, size, bold=True)),
                _paragraph(run(signer.printed_position, size)),
            )
        )


def _size(signer: Signer) -> float:
    # Who drafted stands in small type (GTC 185).
    return _SMALL_SIZE if signer.role is Role.DRAFTED else _NAME_SIZE


def _paragraph(runs: str, above: int = 0) -> str:
    spacing = f'<w:spacing w:before="{above}" w:after="0" w:line="240" w:lineRule="auto"/>'
    keep = f"<w:keepNext/><w:keepLines/>{spacing}"
    return f"<w:p><w:pPr>{keep}</w:pPr>{runs}</w:p>"
