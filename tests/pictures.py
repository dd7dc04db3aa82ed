"""Pictures made on the spot, for an office's logo."""

from __future__ import annotations

from io import BytesIO

from PIL import Image


def a_picture(size: tuple[int, int] = (60, 40), kind: str = "PNG", mode: str = "RGB") -> bytes:
    """A picture of one colour."""
    written = BytesIO()
    Image.new(mode, size).save(written, kind)
    return written.getvalue()
