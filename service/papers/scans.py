"""Bytes that are said to be a scan -> what they are, by decoding them: whatever a file's name or head may say."""

from __future__ import annotations

from io import BytesIO
from typing import Final

# An A3 page at 600 dots an inch has 70 million.
_MOST_PIXELS: Final = 80_000_000
_ENDINGS: Final = {"PNG": "png", "JPEG": "jpg"}


def scan_ending(content: bytes) -> str:
    """How the name of a scan ends, "pdf", "png" or "jpg"; empty for what opens as none of them."""
    try:
        return _pdf_ending(content) if content.startswith(b"%PDF-") else _picture_ending(content)
    except Exception:  # noqa: BLE001  decoders fail in as many ways as there are ways to spoil a file
        return ""


def _pdf_ending(content: bytes) -> str:
    import pypdfium2  # noqa: PLC0415 - its memory only for whoever brings a PDF

    document = pypdfium2.PdfDocument(content)
    try:
        document[0].get_size()
    finally:
        document.close()
    return "pdf"


def _picture_ending(content: bytes) -> str:
    from PIL import Image  # noqa: PLC0415 - its memory only for whoever brings a picture

    with Image.open(BytesIO(content), formats=tuple(_ENDINGS)) as picture:
        width, height = picture.size
        if width * height > _MOST_PIXELS:
            return ""
        picture.load()
        return _ENDINGS.get(picture.format or "", "")
