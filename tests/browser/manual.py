"""A page, as the story of the manual comes to it -> the picture of it in docs/manual-de-uso.md.

With `FOLIO_MANUAL=1` in the environment pictures are taken; otherwise it is only looked whether the manual shows each
and has it. `python -m tests.browser.manual` puts a grey one where the manual shows a picture that nobody has taken yet.
"""

from __future__ import annotations

import os
import re
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Page

MANUAL: Final = Path(__file__).parents[2] / "docs" / "manual-de-uso.md"
PICTURES: Final = MANUAL.parent / "imagenes" / "manual"
MOST_BYTES: Final = 80_000
SIZE: Final = (1366, 768)
_STANDS_IN: Final = "stands in"


def picture(page: Page, name: str, *, whole: bool = False) -> None:
    """Take the picture of that name (`03-inicio`), or look that the manual shows one that was taken.

    The page keeps its width and what was done on it; `whole` takes it to its end and not only what the screen shows.
    """
    assert name in names(), f"the manual shows no picture {name}"
    file = PICTURES / f"{name}.png"
    if os.environ.get("FOLIO_MANUAL") == "1":
        file.write_bytes(small(page.screenshot(full_page=whole, animations="disabled", caret="hide")))
        return
    assert file.exists(), f"{name} is not in the repository: run the story with FOLIO_MANUAL=1"
    assert not stands_in(file), f"{name} was never taken: run the story with FOLIO_MANUAL=1"


def names() -> list[str]:
    """The pictures that the manual shows, in its order."""
    return re.findall(r"!\[[^\]]+\]\(imagenes/manual/([\w-]+)\.png\)", MANUAL.read_text("utf-8"))


def small(png: bytes) -> bytes:
    """The same picture in as few colours as it takes to weigh little: pages have few to begin with."""
    with Image.open(BytesIO(png)) as drawn:
        whole = drawn.convert("RGB")
    # A page that is itself a picture takes many colours, and is scaled down where the fewest are still too heavy.
    for scale in (1.0, 0.75, 0.5):
        scaled = whole.resize((round(whole.width * scale), round(whole.height * scale)), Image.Resampling.LANCZOS)
        for colours in (64, 32, 16):
            written = BytesIO()
            scaled.quantize(colours, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
            if written.tell() <= MOST_BYTES:
                return written.getvalue()
    raise AssertionError(f"a picture of {whole.size} weighs too much in 16 colours")


def stands_in(file: Path) -> bool:
    """Whether the picture only keeps the place of one that is still to be taken."""
    with Image.open(file) as drawn:
        return drawn.info.get("Comment") == _STANDS_IN


def keep_place(name: str) -> bytes:
    """A grey picture with that name on it."""
    drawn = Image.new("P", (SIZE[0] // 2, SIZE[1] // 2), 0)
    drawn.putpalette([243, 246, 250, 75, 75, 75])
    ImageDraw.Draw(drawn).text((24, 24), name, fill=1, font_size=24)
    told = PngInfo()
    told.add_text("Comment", _STANDS_IN)
    written = BytesIO()
    drawn.save(written, "PNG", pnginfo=told, optimize=True)
    return written.getvalue()


if __name__ == "__main__":
    PICTURES.mkdir(parents=True, exist_ok=True)
    for each in names():
        if not (place := PICTURES / f"{each}.png").exists():
            place.write_bytes(keep_place(each))
            print(each)  # noqa: T201
