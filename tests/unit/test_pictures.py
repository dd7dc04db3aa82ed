"""Whatever is handed in for a logo: taken as it came, or refused in a sentence."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from service.pictures import LARGEST_LOGO, UnusablePicture, logo_of
from tests.pictures import a_picture


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
def test_a_png_or_a_jpeg_is_kept_byte_for_byte_with_its_measure(kind: str, media_type: str) -> None:
    content = a_picture((300, 200), kind)
    logo = logo_of(content, "El escudo")
    assert (logo.content, logo.media_type, logo.width, logo.height) == (content, media_type, 300, 200)
    assert logo.description == "El escudo"


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width: int, height: int, pixels: bytes) -> bytes:
    """A PNG that claims that size, whatever its pixels are."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(pixels))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + data + chunk(b"IEND", b"")


def moving(kind: str) -> bytes:
    frames = [Image.new("RGB", (9, 9), color) for color in ("red", "blue")]
    written = BytesIO()
    frames[0].save(written, kind, save_all=True, append_images=frames[1:])
    return written.getvalue()


NO_PICTURE = "no es una imagen PNG o JPEG que se pueda leer"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", NO_PICTURE),
        (b"%PDF-1.7", NO_PICTURE),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", NO_PICTURE),
        (a_picture(kind="BMP"), NO_PICTURE),
        (a_picture(kind="GIF"), NO_PICTURE),
        (a_picture((500, 500), "JPEG")[:300], NO_PICTURE),
        (a_picture((500, 500))[:200], NO_PICTURE),
        (png_of(50_000, 50_000, b""), NO_PICTURE),
        (png_of(5_000, 5_000, b""), "mide 5000 × 5000 píxeles"),
        (png_of(900, 900, b"too few"), NO_PICTURE),
        (a_picture((2_001, 10)), "mide 2001 × 10 píxeles: redúzcala a 2000 por lado"),
        (moving("PNG"), "tiene movimiento o varias imágenes"),
        (moving("MPO"), "tiene movimiento o varias imágenes"),
        (a_picture(kind="JPEG", mode="CMYK"), "está en colores de imprenta"),
        (a_picture() + bytes(LARGEST_LOGO), "pesa más de 1 MB"),
    ],
)
def test_any_other_picture_is_refused_in_a_sentence(content: bytes, reason: str) -> None:
    with pytest.raises(UnusablePicture) as refusal:
        logo_of(content, "El escudo")
    assert str(refusal.value).startswith(reason)
