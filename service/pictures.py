"""A picture's bytes and what it shows -> a Logo, or a sentence why it cannot be one.

The bytes are kept as they came. Whatever they hold is decoded here once, whole, so that no document meets a surprise.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

from service.domain.frame import Logo

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_LOGO: Final = 1_000_000
MOST_PIXELS: Final = 2_000

_MEDIA_TYPES: Final = {"PNG": "image/png", "JPEG": "image/jpeg"}


class UnusablePicture(Exception):
    """The picture cannot be a logo; the message goes on where its name ends: "no es…"."""


def logo_of(content: bytes, description: str) -> Logo:
    """The logo: a PNG or a JPEG of one image in screen colours, at most 1 MB and 2000 pixels a side.

    Raises:
        UnusablePicture: it is none, or it cannot be decoded to its end.
    """
    from PIL import Image  # noqa: PLC0415 - a tenth of a second that only a logo is worth

    if len(content) > LARGEST_LOGO:
        raise UnusablePicture("pesa más de 1 MB: guárdela más pequeña.")
    try:
        with Image.open(BytesIO(content), formats=tuple(_MEDIA_TYPES)) as picture:
            _refuse_odd(picture)
            picture.load()
            media_type = _MEDIA_TYPES.get(picture.format or "")
            width, height = picture.size
    except UnusablePicture:
        raise
    except Exception as problem:
        # Decoders fail in as many ways as there are ways to spoil a picture; none of them is a logo.
        raise UnusablePicture("no es una imagen PNG o JPEG que se pueda leer: guárdela de nuevo como PNG.") from problem
    if media_type is None:
        raise UnusablePicture("tiene varias imágenes: guarde una sola, como PNG.")
    return Logo(content, media_type, width, height, description)


def _refuse_odd(picture: Image) -> None:
    """What its head tells, before anything is decoded."""
    if max(picture.size) > MOST_PIXELS:
        width, height = picture.size
        raise UnusablePicture(f"mide {width} × {height} píxeles: redúzcala a {MOST_PIXELS} por lado, como máximo.")
    if getattr(picture, "n_frames", 1) > 1:
        raise UnusablePicture("tiene movimiento o varias imágenes: guarde una sola, como PNG.")
    if picture.mode == "CMYK":
        # A PDF for the archive has the colours of screens alone.
        raise UnusablePicture("está en colores de imprenta (CMYK): guárdela en colores de pantalla (RGB).")
