"""A picture -> its part in a Word package, and the DrawingML that shows it in a line of text or at a place of the page.

Measures are English metric units (EMU): 360,000 a centimetre, 635 a twentieth of a point.
"""

from __future__ import annotations

from typing import Final

from worker.documents.open_package import OpenPackage
from worker.documents.splice import escape_attribute

EMU_A_CENTIMETRE: Final = 360_000
EMU_A_TWENTIETH: Final = 635

_A: Final = "http://schemas.openxmlformats.org/drawingml/2006/main"
_PIC: Final = "http://schemas.openxmlformats.org/drawingml/2006/picture"
_WP: Final = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
_ENDINGS: Final = {"image/png": "png", "image/jpeg": "jpg"}
# Above what an office's template has by any likelihood: numbers of drawings should differ within a document.
_FIRST_NUMBER: Final = 90_001


def add_picture(package: OpenPackage, content: bytes, media_type: str, name: str) -> str:
    """A picture's part, made if it is not there yet; `name` is that of its file, without its ending."""
    part = f"word/media/{name}.{_ENDINGS[media_type]}"
    if part not in package:
        package.set(part, content, media_type)
    return part


def in_line(link: str, number: int, alternative: str, size: tuple[int, int]) -> str:
    """A run with the picture as a large letter of the text; `link` is its relation, `size` width and height."""
    width, height = size
    return (
        f'<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:rPr><w:noProof/></w:rPr>'
        f'<w:drawing><wp:inline xmlns:wp="{_WP}" distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent cx="{width}" cy="{height}"/>{_described(number, alternative)}'
        f"{_graphic(link, number, width, height)}</wp:inline></w:drawing></w:r>"
    )


def on_page(link: str, number: int, alternative: str, size: tuple[int, int], *, top: int) -> str:
    """A run with the picture at the left margin, `top` below the page's edge; no text moves for it."""
    width, height = size
    return (
        f'<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:rPr><w:noProof/></w:rPr>'
        f'<w:drawing><wp:anchor xmlns:wp="{_WP}" distT="0" distB="0" distL="0" distR="0" simplePos="0" '
        'relativeHeight="251659264" behindDoc="0" locked="0" layoutInCell="0" allowOverlap="1">'
        '<wp:simplePos x="0" y="0"/>'
        '<wp:positionH relativeFrom="margin"><wp:posOffset>0</wp:posOffset></wp:positionH>'
        f'<wp:positionV relativeFrom="page"><wp:posOffset>{top}</wp:posOffset></wp:positionV>'
        f'<wp:extent cx="{width}" cy="{height}"/><wp:wrapNone/>{_described(number, alternative)}'
        f"{_graphic(link, number, width, height)}</wp:anchor></w:drawing></w:r>"
    )


def _described(number: int, alternative: str) -> str:
    id_ = _FIRST_NUMBER + number
    return f'<wp:docPr id="{id_}" name="Imagen {id_}" descr="{escape_attribute(alternative)}"/>'


def _graphic(link: str, number: int, width: int, height: int) -> str:
    id_ = _FIRST_NUMBER + number
    return (
        f'<a:graphic xmlns:a="{_A}"><a:graphicData uri="{_PIC}"><pic:pic xmlns:pic="{_PIC}"><pic:nvPicPr>'
        f'<pic:cNvPr id="{id_}" name="Imagen {id_}"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill>'
        '<a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
        f'r:embed="{link}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr>'
        f'<a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
    )
