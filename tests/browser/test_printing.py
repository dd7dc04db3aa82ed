"""A page on paper: what it says, black on white, and nothing of the means to change it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from PIL import ImageStat
from playwright.sync_api import BrowserContext, Page

from service.sheets.isolated import ReadingRoom
from tests.browser.pages_of_folio import World, lived_in_world
from tests.web import Client

PAPERS = {"home": "/", "report": "/informes/{errors}", "issued": "/informes/{issued}", "office": "/oficina"}
# In points: of a letter's page, and a little less than 1.5 cm.
WIDTH = 612.0
MARGIN = 40.0


@dataclass(frozen=True)
class Paper:
    """What came out of the printer: the words of each page with where they stand, and the pages themselves."""

    pdf: bytes
    pages: tuple[tuple[tuple[str, float, float], ...], ...]

    @property
    def text(self) -> str:
        return " ".join(word for page in self.pages for word, _, _ in page)

    def page_with(self, *words: str) -> list[int]:
        """The numbers of the pages on which all of these stand."""
        texts = [" ".join(word for word, _, _ in page) for page in self.pages]
        return [number for number, text in enumerate(texts) if all(word in text for word in words)]


@pytest.fixture(scope="module")
def world(reading_room: ReadingRoom, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with lived_in_world(tmp_path_factory.mktemp("lived_in"), reading_room) as world:
        yield world


@pytest.fixture
def client(world: World) -> Client:
    return world.client


def printed(page: Page, world: World, name: str, folder: Path) -> Paper:
    page.goto(PAPERS[name].format(**world.names))
    file = folder / f"{name}.pdf"
    pdf = page.pdf(path=file, format="Letter", print_background=True)
    command = ["pdftotext", "-bbox", "-enc", "UTF-8", str(file), "-"]
    told = subprocess.run(command, check=True, capture_output=True).stdout.decode("utf-8")
    pages = tuple(
        tuple(
            (word, float(left), float(right))
            for left, right, word in re.findall(r'<word xMin="([\d.]+)"[^>]* xMax="([\d.]+)"[^>]*>([^<]*)</word>', each)
        )
        for each in told.split("<page ")[1:]
    )
    return Paper(pdf, pages)


@pytest.mark.parametrize("name", PAPERS)
def test_all_that_a_page_says_on_paper_is_within_its_margins(
    page: Page, world: World, name: str, tmp_path: Path
) -> None:
    paper = printed(page, world, name, tmp_path)
    page.emulate_media(media="print")
    # What is only heard, and what was not chosen in a list.
    page.evaluate(
        "() => document.querySelectorAll('.visually-hidden, option:not(:checked)').forEach((e) => e.remove())"
    )
    said = page.locator("body").inner_text().split()

    assert {each for page in paper.pages for each in page if each[1] < MARGIN or each[2] > WIDTH - MARGIN} == set()
    # Where a line breaks inside a long word its pieces are two words of the paper.
    on_paper = paper.text.replace(" ", "")
    assert [word for word in said if word.translate(_ESCAPED) not in on_paper] == []


@pytest.mark.parametrize("name", PAPERS)
def test_paper_holds_no_bar_no_button_and_no_form(page: Page, world: World, name: str, tmp_path: Path) -> None:
    paper = printed(page, world, name, tmp_path)

    page.emulate_media(media="print")
    assert page.locator("header, footer, button, .skip, input[type=file]").filter(visible=True).count() == 0
    for words in ("Menú", "Ir al contenido", "Emitir el informe", "Guardar los ajustes", "Subir y escribir"):
        assert words not in paper.text


@pytest.mark.parametrize("name", PAPERS)
def test_paper_is_black_on_white(page: Page, world: World, name: str, tmp_path: Path) -> None:
    paper = printed(page, world, name, tmp_path)

    document = pypdfium2.PdfDocument(BytesIO(paper.pdf))
    for number in range(len(document)):
        drawn = document[number].render(scale=1).to_pil().convert("HSV")
        saturation, brightness = ImageStat.Stat(drawn).mean[1:]
        assert saturation < 4, number
        assert brightness > 225, number
    document.close()


def test_what_was_found_is_printed_whole_and_the_table_repeats_its_heads(
    page: Page, world: World, tmp_path: Path
) -> None:
    paper = printed(page, world, "report", tmp_path)

    assert "Aceptar con razón" not in paper.text
    # What was found and where stand on one page.
    for cell, said in (("Celda G7", "31/02/2024"), ("Celda K9", "está vacía")):
        assert paper.page_with(cell, said)
    with_rows = paper.page_with("fila")
    assert len(with_rows) > 1
    assert set(with_rows) <= set(paper.page_with("PLAN", "PRESUPUESTO", "SEGUIMIENTO", "CUALITATIVO"))


def test_the_settings_of_the_office_are_printed_with_their_values(page: Page, world: World, tmp_path: Path) -> None:
    paper = printed(page, world, "office", tmp_path)

    for words in ("Nombre de la entidad Entidad de Ejemplo", "Persona de Ejemplo Uno", "Comité de Ejemplo", "F-01"):
        assert words in paper.text
    # A list is printed to its end, however high its field is on the screen.
    assert "Pesos" in paper.text
    assert "PERM" in paper.text


def test_a_wide_page_lies_on_its_side(context: BrowserContext, world: World) -> None:
    page = context.new_page()
    page.goto(world.client.url)
    page.evaluate("() => document.querySelector('main').classList.add('wide')")

    document = pypdfium2.PdfDocument(BytesIO(page.pdf(prefer_css_page_size=True)))
    width, height = document[0].get_size()
    document.close()
    assert width > height


_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})
