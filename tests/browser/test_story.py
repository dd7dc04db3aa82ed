"""A planner's quarter, from the first start to the paper that somebody verifies: a real Chromium before a real Folio.

`folio serve` with its own queue, workers and LibreOffice; the same again by keyboard alone, on a phone, and without
JavaScript for the core. The pictures of the manual are taken on the way (see manual.py).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import docx
import openpyxl
import pytest
from playwright.sync_api import Browser, BrowserContext, Download, Locator, Page, ViewportSize, expect

from service.sheets.isolated import ReadingRoom
from service.store import Store
from tests.browser.conftest import let_in, watched
from tests.browser.manual import picture
from tests.integration.served import Folio, a_free_port
from tests.web import example_with, serve

LAPTOP: ViewportSize = {"width": 1366, "height": 768}
PHONE: ViewportSize = {"width": 390, "height": 844}
REASON = "El avance se reporta en el IV trimestre"
PASSWORD = "cuatro palabras sin relación"
HEAD = "Jefatura de Planeación"
UPLOAD = "Subir y escribir el informe"
AGAIN = "Revisar de nuevo con estos cambios"
MARKED = re.compile("libro con los hallazgos marcados")
# Two that Folio knows how to put right, one that is right as it is, and two that only the planner knows.
MISTAKES = {
    "C12": "Subdirección de Gestion Corporativa",
    "I7": "Trimestal",
    "K10": None,
    "G9": "31/02/2024",
    "F13": "cuatro",
}
# LibreOffice starts, and everything shares two cores with the other tests.
PATIENCE = 45_000


@pytest.fixture(scope="module")
def folio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folio]:
    served = Folio(tmp_path_factory.mktemp("story") / "data", a_free_port())
    served.start()
    yield served
    served.kill()


@pytest.fixture(scope="module")
def context(browser: Browser, folio: Folio) -> Iterator[BrowserContext]:
    """The browser of whoever administers this Folio: one after the other the tests go on where the last one ended."""
    context = browser.new_context(base_url=folio.url, viewport=LAPTOP, locale="es-CO", accept_downloads=True)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, folio: Folio) -> Iterator[Page]:
    with watched(context, folio.url) as page:
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        yield page
        expect.set_options(timeout=5_000)


def downloaded(page: Page, name: str | re.Pattern[str], folder: Path) -> Path:
    with page.expect_download() as started:
        page.get_by_role("link", name=name).first.click()
    download: Download = started.value
    file = folder / download.suggested_filename
    download.save_as(file)
    return file


def upload(page: Page, file: Path) -> None:
    page.goto("/")
    page.get_by_label("Libro de Excel").set_input_files(file)
    page.get_by_role("button", name=UPLOAD).click()


def cells_of(word: Path) -> list[list[str]]:
    table = docx.Document(str(word)).tables[0]
    return [[cell.text for cell in row.cells] for row in table.rows]


def show(page: Page, selector: str) -> None:
    """Bring a part of the page to the top of the screen, as whoever follows a link to it sees it."""
    page.locator(selector).first.evaluate("each => each.scrollIntoView()")


def finding(page: Page, cell: str) -> Locator:
    return page.locator("li[id^=hallazgo]").filter(has=page.get_by_text(f"Celda {cell}", exact=True))


def apply(page: Page, cell: str, value: str) -> None:
    """Unfold what is wrong with the cell, and have what is proposed put into it."""
    wrong = finding(page, cell).filter(has_text=value).first
    group = page.locator("details.group").filter(has=wrong).first
    if group.get_attribute("open") is None:
        group.locator("summary").first.click()
    wrong.get_by_role("button", name=re.compile("^Aplicar")).click()


def test_at_the_first_start_one_link_makes_the_administrator(page: Page, folio: Folio) -> None:
    page.goto("/")
    expect(page).to_have_url(f"{folio.url}/entrar")
    link = re.search(r"http://\S+/llave/\S+", folio.said)
    assert link, folio.said
    page.goto(link[0])
    page.get_by_label("Usuario o correo").fill("jefatura")
    page.get_by_label("Nombre o cargo").fill(HEAD)
    page.get_by_label("Contraseña nueva").fill(PASSWORD)
    page.get_by_label("La misma, otra vez").fill(PASSWORD)
    page.get_by_role("button", name="Registrarme y entrar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Plan de acción 2024")
    picture(page, "03-inicio")

    page.get_by_role("button", name="Salir").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Entrar a Folio")
    picture(page, "01-entrar")
    page.goto(link[0])
    expect(page.get_by_text("Este enlace ya se usó o ya venció.")).to_be_visible()


def test_who_was_going_somewhere_signs_in_and_goes_on(page: Page, folio: Folio) -> None:
    page.goto("/tablero")
    page.get_by_label("Usuario o correo").fill("jefatura")
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()
    expect(page).to_have_url(f"{folio.url}/tablero")
    picture(page, "16-tablero")
    page.goto("/cuenta")
    picture(page, "02-mi-cuenta")


def test_five_mistakes_are_read_two_fixed_by_click_one_accepted_two_in_the_marked_workbook(
    page: Page, tmp_path: Path, folio: Folio
) -> None:
    plan = tmp_path / "plan de acción.xlsx"
    plan.write_bytes(example_with(MISTAKES))
    page.goto("/subir")
    page.get_by_label("Libro de Excel").set_input_files(plan)
    picture(page, "05-subir")
    page.get_by_role("button", name=UPLOAD).click()

    expect(page.get_by_text("Es un borrador con errores")).to_be_visible()
    for cell in MISTAKES:
        assert page.locator(f"#celda-{cell}").count() or page.get_by_text(f"Celda {cell}").count(), cell
    expect(page.get_by_text(re.compile("Listo: [0-9] documentos"))).to_be_visible()
    show(page, "#gravity-error")
    picture(page, "07-hallazgos")
    show(page, ".as-read, #table-title")
    picture(page, "06-borrador")

    apply(page, "I7", "Trimestral")
    corrections = page.get_by_role("list", name="Correcciones hechas en Folio")
    expect(corrections.get_by_text("I7")).to_be_visible()
    apply(page, "C12", "Subdirección de Gestión Corporativa")
    expect(corrections.get_by_text("C12")).to_be_visible()
    picture(page, "08-corregir")

    finding(page, "K10").get_by_label("Aceptar con razón").fill(REASON)
    picture(page, "09-aceptar")
    page.get_by_role("button", name=AGAIN).click()
    expect(finding(page, "K10").get_by_text("Aceptado")).to_have_count(1)

    marked = downloaded(page, MARKED, tmp_path)
    workbook = openpyxl.load_workbook(marked)
    sheet = workbook["Plan de acción"]
    assert (sheet["I7"].value, sheet["C12"].value) == ("Trimestral", "Subdirección de Gestión Corporativa")
    sheet["G9"] = dt.date(2024, 3, 1)
    sheet["F13"] = 1
    workbook.save(marked)
    upload(page, marked)

    expect(page.get_by_text("Es un borrador: revíselo y, cuando esté bien, emítalo")).to_be_visible()
    expect(finding(page, "K10").get_by_label("Aceptar con razón")).to_have_value(REASON)
    (folio.data / "draft.txt").write_text(page.url)


def test_what_changed_is_seen_and_the_report_is_issued_and_downloaded(page: Page, tmp_path: Path, folio: Folio) -> None:
    page.goto((folio.data / "draft.txt").read_text())
    page.get_by_role("link", name="Ver qué cambió").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("cambi")
    expect(page.locator("del").first).to_be_visible()
    show(page, "table")
    picture(page, "11-cambios")

    page.goto((folio.data / "draft.txt").read_text())
    show(page, "#issue-title")
    picture(page, "13-emitir")
    page.get_by_role("button", name="Emitir el informe").click()
    expect(page.get_by_text(re.compile(f"por {HEAD}")).first).to_be_visible()
    expect(page.get_by_role("link", name="Descargar PDF")).to_be_visible()
    picture(page, "12-informe")

    rows = cells_of(downloaded(page, "Descargar Word", tmp_path))
    assert rows[3][2 + 6] == "Trimestral"
    assert rows[5][6] == "1/03/2024"
    assert rows[8][2] == "Subdirección de Gestión Corporativa"
    assert rows[9][5] == "1"
    assert not any("BORRADOR" in cell for row in rows for cell in row)
    for name in ("Descargar Excel", "Descargar PDF", "Descargar todo para publicar"):
        assert downloaded(page, name, tmp_path).stat().st_size > 5_000
    show(page, "#copia-firmada")
    picture(page, "14-firmar")
    code = page.get_by_role("link", name=re.compile(r"^[0-9A-Z]{4}(-[0-9A-Z]{4}){2}$")).first.text_content()
    assert code
    (folio.data / "code.txt").write_text(code)


# openpyxl knows areas of cells, and not the whole columns that Excel prints all the same.
@pytest.mark.filterwarnings("ignore:Print area cannot be set")
def test_the_next_quarter_is_prepared_from_the_story_of_the_plan(page: Page, tmp_path: Path) -> None:
    page.goto("/versiones")
    picture(page, "10-versiones")
    page.get_by_role("button", name="Preparar el libro del siguiente trimestre").click()
    link = page.get_by_role("link", name=re.compile("siguiente trimestre", re.IGNORECASE)).first
    expect(link).to_be_visible()
    picture(page, "15-siguiente-trimestre")
    with page.expect_download() as started:
        link.click()
    file = tmp_path / started.value.suggested_filename
    started.value.save_as(file)
    text = " ".join(str(cell.value) for row in openpyxl.load_workbook(file)["Plan de acción"] for cell in row)
    assert "SEGUIMIENTO IV TRIMESTRE 2024" in text
    assert "Trimestal" not in text


def test_anybody_verifies_the_paper_by_its_code_without_an_account(browser: Browser, folio: Folio) -> None:
    stranger = browser.new_context(base_url=folio.url, viewport=LAPTOP, locale="es-CO")
    with watched(stranger, folio.url) as page:
        page.goto("/verificar")
        page.get_by_label(re.compile("Código")).fill((folio.data / "code.txt").read_text().lower().replace("-", " "))
        page.get_by_role("button", name=re.compile("Buscar|Comprobar|Verificar")).first.click()
        expect(page.get_by_text("Edición 2").or_(page.get_by_text("edición 2")).first).to_be_visible()
        picture(page, "17-verificar")
        page.goto("/versiones")
        expect(page.get_by_role("heading", level=1)).to_have_text("Entrar a Folio")
    stranger.close()


def test_the_office_its_people_and_its_log(page: Page, tmp_path: Path) -> None:
    page.goto("/oficina")
    picture(page, "18-oficina")
    page.goto("/personas")
    page.get_by_label("Nombre o cargo").fill("Profesional de Planeación")
    page.get_by_label("Usuario o correo").fill("profesional")
    page.get_by_label("Qué puede hacer").first.select_option("elabora")
    page.get_by_role("button", name="Registrar y hacer su enlace").click()
    expect(page.get_by_label("Enlace de un solo uso")).to_be_visible()
    picture(page, "19-personas")
    page.goto("/auditoria")
    expect(page.get_by_text(re.compile(f"{HEAD} emitió el")).first).to_be_visible()
    picture(page, "20-auditoria")
    wrong = tmp_path / "foto.xlsx"
    wrong.write_bytes(b"this is no workbook")
    upload(page, wrong)
    expect(page.get_by_role("alert").first).to_be_visible()
    picture(page, "21-no-se-pudo-leer")


def test_the_core_by_keyboard_alone(page: Page, tmp_path: Path) -> None:
    plan = tmp_path / "teclado.xlsx"
    plan.write_bytes(example_with({"B6": "Otra acción escrita con el teclado"}))
    page.on("filechooser", lambda _chooser: None)
    page.goto("/subir")
    reach(page, page.get_by_label("Libro de Excel"))
    with page.expect_file_chooser() as opened:
        page.keyboard.press("Enter")
    opened.value.set_files(plan)
    reach(page, page.get_by_role("button", name=UPLOAD))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("(borrador)")
    expect(page.get_by_role("link", name="Descargar Word")).to_be_visible()
    reach(page, page.get_by_role("link", name="Descargar Word"))
    with page.expect_download() as started:
        page.keyboard.press("Enter")
    assert started.value.suggested_filename.count("_borrador") == 1, started.value.suggested_filename


def test_the_core_on_a_phone(context: BrowserContext, folio: Folio, tmp_path: Path) -> None:
    with watched(context, folio.url) as page:
        page.set_default_timeout(PATIENCE)
        page.set_viewport_size(PHONE)
        plan = tmp_path / "celular.xlsx"
        plan.write_bytes(example_with({"B6": "Otra acción escrita en el celular"}))
        upload(page, plan)
        expect(page.get_by_role("heading", level=1)).to_contain_text("(borrador)", timeout=PATIENCE)
        # The heading is there before its style sheets have come: until then everything is as wide as it likes.
        page.wait_for_load_state("load")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        expect(page.get_by_role("link", name="Descargar Word")).to_be_visible(timeout=PATIENCE)
        word = downloaded(page, "Descargar Word", tmp_path)
        assert cells_of(word)[2][1] == "Otra acción escrita en el celular"


def test_the_core_without_javascript(browser: Browser, context: BrowserContext, folio: Folio, tmp_path: Path) -> None:
    plain = browser.new_context(base_url=folio.url, java_script_enabled=False, locale="es-CO")
    plain.add_cookies([cookie for cookie in context.cookies() if cookie["name"] == "folio"])  # type: ignore[misc]
    page = plain.new_page()
    page.set_default_timeout(PATIENCE)
    plan = tmp_path / "sin guiones.xlsx"
    plan.write_bytes(example_with({"B6": "Otra acción sin JavaScript", "I7": "Trimestal"}))
    upload(page, plan)
    expect(page.get_by_role("heading", level=1)).to_contain_text("(borrador)", timeout=PATIENCE)
    apply(page, "I7", "Trimestral")
    expect(page.get_by_role("list", name="Correcciones hechas en Folio")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("link", name="Descargar Word")).to_be_visible(timeout=PATIENCE)
    assert cells_of(downloaded(page, "Descargar Word", tmp_path))[3][8] == "Trimestral"
    plain.close()


def test_an_empty_office_is_led_through_its_first_upload(
    browser: Browser, store: Store, reading_room: ReadingRoom
) -> None:
    with serve(store, reading_room) as client:
        empty = browser.new_context(base_url=client.url, viewport=LAPTOP, locale="es-CO")
        let_in(empty, client)
        with watched(empty, client.url) as page:
            page.goto("/")
            picture(page, "04-inicio-vacio")
            page.get_by_role("button", name="Probar con el plan de ejemplo").click()
            expect(page.get_by_role("heading", level=1)).to_contain_text("(borrador)")
        empty.close()


def reach(page: Page, wanted: Locator, *, most: int = 80) -> None:
    """Press Tab until the element has the focus, as whoever has no mouse does."""
    for _ in range(most):
        if wanted.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{wanted} is not reached by keyboard")
