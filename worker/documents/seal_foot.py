"""A seal -> the code and the QR in the foot of every page of an issued document; no text moves for them.

The words stand in a frame of the page, the picture floats beside them. Both need 1.6 cm below the text: a narrower
bottom margin is widened.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from worker.documents.open_package import OpenPackage
from worker.documents.word_pages import LOW_PARAGRAPH, W, lasting_paragraph, measure, sections_of, shown_parts, w
from worker.documents.word_pictures import EMU_A_CENTIMETRE, EMU_A_TWENTIETH, add_picture, on_page

QR_NAME: Final = "folio-qr"
# The part whose bytes each report brings.
QR_PART: Final = f"word/media/{QR_NAME}.png"

# All the height between what printers leave at a page's edge and the text: a larger one would move rows.
_SIDE: Final = int(1.18 * EMU_A_CENTIMETRE)
_ABOVE_EDGE: Final = int(0.4 * EMU_A_CENTIMETRE)
_LEAST_MARGIN: Final = 900
_TEXT_LEFT: Final = 760
_TEXT_WIDTH: Final = 8_400
_TEXT_HEIGHT: Final = 360
_LINES: Final = (
    "Código de verificación: {{ sello.codigo }}",
    "Verifique este documento en {{ sello.direccion }}",
)
_ALTERNATIVE: Final = "Código QR que lleva a la página donde se verifica este documento"


def draw_seal(package: OpenPackage) -> None:
    """Put it into every footer, made where there was none, and the code among the document's properties."""
    sections = sections_of(package)
    for section in sections:
        margins = section.find(w("pgMar"))
        if margins is not None and measure(section, "pgMar", "bottom") < _LEAST_MARGIN:
            margins.set(w("bottom"), str(_LEAST_MARGIN))
    picture = add_picture(package, b"", "image/png", QR_NAME)
    for number, (part, showing) in enumerate(shown_parts(package, sections, "footer").items(), start=1):
        link = package.relate(part, "image", picture)
        page = min(measure(section, "pgSz", "h") for section in showing)
        top = page * EMU_A_TWENTIETH - _ABOVE_EDGE - _SIDE
        run = on_page(link, number, _ALTERNATIVE, (_SIDE, _SIDE), top=top)
        footer = package.tree(part)
        paragraph = lasting_paragraph(footer)
        if paragraph is None:
            paragraph = etree.fromstring(LOW_PARAGRAPH)
            footer.append(paragraph)
        properties = paragraph.find(w("pPr"))
        # LibreOffice shows no picture that floats from within a frame.
        paragraph.insert(0 if properties is None else 1, etree.fromstring(run))
        for place, words in enumerate(_words(page)):
            footer.insert(place, words)


def _words(page: int) -> list[etree._Element]:
    top = page - (_ABOVE_EDGE + _SIDE // 2) // EMU_A_TWENTIETH - _TEXT_HEIGHT // 2
    frame = (
        f'<w:framePr w:w="{_TEXT_WIDTH}" w:h="{_TEXT_HEIGHT}" w:hRule="exact" w:wrap="around" w:vAnchor="page" '
        f'w:hAnchor="margin" w:x="{_TEXT_LEFT}" w:y="{top}"/>'
    )
    return [
        etree.fromstring(
            f'<w:p xmlns:w="{W}"><w:pPr>{frame}<w:spacing w:before="0" w:after="0" w:line="240" w:lineRule="auto"/>'
            f"</w:pPr>"
            f'<w:r><w:rPr><w:sz w:val="14"/><w:szCs w:val="14"/></w:rPr><w:t>{line}</w:t></w:r></w:p>'
        )
        for line in _LINES
    ]
