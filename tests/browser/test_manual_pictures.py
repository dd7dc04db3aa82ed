"""How the manual's pictures are taken, and what keeps them true."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.browser import manual


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A manual of its own, with one picture in it that is still to be taken."""
    (tmp_path / "manual.md").write_text("![Inicio](imagenes/manual/01-inicio.png)", "utf-8")
    monkeypatch.setattr(manual, "MANUAL", tmp_path / "manual.md")
    monkeypatch.setattr(manual, "PICTURES", tmp_path)
    monkeypatch.delenv("FOLIO_MANUAL", raising=False)
    (tmp_path / "01-inicio.png").write_bytes(manual.keep_place("01-inicio"))
    return tmp_path


def test_a_picture_is_taken_when_the_environment_says_so(
    page: Page, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.goto("/")
    monkeypatch.setenv("FOLIO_MANUAL", "1")
    manual.picture(page, "01-inicio")
    monkeypatch.delenv("FOLIO_MANUAL")

    manual.picture(page, "01-inicio")
    with Image.open(folder / "01-inicio.png") as taken:
        assert (taken.size, taken.mode) == (manual.SIZE, "P")
    assert (folder / "01-inicio.png").stat().st_size <= manual.MOST_BYTES


def test_a_picture_that_was_never_taken_fails_the_story(page: Page, folder: Path) -> None:
    with pytest.raises(AssertionError, match="was never taken"):
        manual.picture(page, "01-inicio")
    (folder / "01-inicio.png").unlink()
    with pytest.raises(AssertionError, match="is not in the repository"):
        manual.picture(page, "01-inicio")


def test_a_picture_that_the_manual_does_not_show_is_not_taken(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLIO_MANUAL", "1")
    with pytest.raises(AssertionError, match="shows no picture"):
        manual.picture(page, "99-otra")


def test_a_page_of_many_colours_is_made_to_weigh_little() -> None:
    colourful = Image.effect_noise(manual.SIZE, 60).convert("RGB")
    colourful.putalpha(Image.linear_gradient("L").resize(manual.SIZE))
    written = BytesIO()
    Image.merge("RGB", [colourful.getchannel(each) for each in "RGA"]).resize((900, 500)).save(written, "PNG")

    assert len(manual.small(written.getvalue())) <= manual.MOST_BYTES
