"""`folio check`, `generate` and `doctor` as programs: what they print, where, and with which exit code."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from openpyxl.cell import Cell

from service.settings import PROJECT
from tests.corpus.layouts import LAYOUTS
from tests.integration.conftest import Folio

EXAMPLE = PROJECT / "examples" / "plan-de-accion-2024-v2.0.xlsx"
BY_PAGES = PROJECT / "examples" / "plan-de-accion-2024-v2.0-por-paginas.xlsx"
NAME = "plan-de-accion-2024_v2.0_seguimiento-III-trimestre"


@pytest.fixture
def plan_with_errors(tmp_path: Path) -> Path:
    """The example with a date that does not exist and without one lead."""
    book = openpyxl.load_workbook(EXAMPLE)
    sheet = book.active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row]
    first_date = next(cell for cell in cells if isinstance(cell, Cell) and cell.is_date)
    first_date.value = "31/02/2024"
    lead = next(cell for cell in cells if str(cell.value).casefold() == "responsable")
    sheet.cell(first_date.row, lead.column).value = None
    book.save(tmp_path / "con errores.xlsx")
    return tmp_path / "con errores.xlsx"


def test_check_of_a_sound_plan_says_what_was_understood_and_exits_with_0(folio: Folio) -> None:
    ended = folio("check", EXAMPLE)
    assert ended.returncode == 0
    assert ended.stdout.startswith(f"{EXAMPLE.name}: 10 acciones, vigencia 2024, III trimestre, versión 2.0\n")
    assert ended.stderr == ""


def test_check_names_the_columns_of_the_office_that_travel_with_the_plan(folio: Folio, tmp_path: Path) -> None:
    (tmp_path / "plan.xlsx").write_bytes(LAYOUTS["columnas_propias"].build())
    told = folio("check", "plan.xlsx").stdout.splitlines()
    names = [*(f"PROGRAMACIÓN · T{number}" for number in range(1, 5)), "AVANCE CUANTITATIVO", "% DE AVANCE"]
    assert told[1] == f"Otras columnas, que también se conservan: {', '.join([*names, 'EVIDENCIA', 'PONDERACIÓN'])}"


def test_check_in_json_gives_the_plan_the_mapping_and_the_findings(folio: Folio) -> None:
    understood = json.loads(folio("check", EXAMPLE, "--json").stdout)
    assert set(understood) == {"plan", "mapping", "findings", "layout"}
    plan = understood["plan"]
    assert (plan["year"], plan["quarter"], plan["version"]) == (2024, "III", "2.0")
    assert [action["number"] for action in plan["actions"]] == [str(number) for number in range(1, 11)]


def test_check_names_every_error_at_its_cell_and_exits_with_1(folio: Folio, plan_with_errors: Path) -> None:
    ended = folio("check", plan_with_errors)
    assert ended.returncode == 1
    in_json = json.loads(folio("check", plan_with_errors, "--json").stdout)["findings"]
    errors = [finding for finding in in_json if finding["severity"] == "error"]
    assert len(errors) == 2
    for finding in errors:
        assert f"{finding['sheet']}!{finding['cell']}" in ended.stdout
        assert finding["fix"].split(" ")[0] in ended.stdout
    assert "31/02/2024" in ended.stdout
    assert ended.stdout.rstrip().splitlines()[-1].startswith("2 errores, ")


def test_check_of_what_is_no_workbook_exits_with_2_and_says_what_to_do(folio: Folio, tmp_path: Path) -> None:
    (tmp_path / "carta.xlsx").write_bytes(b"Respetados senores:")
    ended = folio("check", "carta.xlsx")
    assert ended.returncode == 2
    assert ended.stdout.startswith("carta.xlsx: no se puede leer como plan de acción\n")
    assert ended.stdout.rstrip().endswith("1 error.")


@pytest.mark.parametrize(("path", "reason"), [("no-hay.xlsx", "no existe"), (".", "es una carpeta")])
def test_a_path_that_cannot_be_read_exits_with_2_and_one_sentence(folio: Folio, path: str, reason: str) -> None:
    ended = folio("check", path)
    assert ended.returncode == 2
    assert ended.stderr == f"No se puede leer {path}: {reason}.\n"


def test_what_is_given_wins_over_the_workbook_and_is_told(folio: Folio) -> None:
    ended = folio("check", EXAMPLE, "--version", "3.1", "--json")
    understood = json.loads(ended.stdout)
    assert ended.returncode == 0
    assert understood["plan"]["version"] == "3.1"
    assert "PLAN_009" in [finding["code"] for finding in understood["findings"]]


def test_generate_writes_every_document_and_prints_where(folio: Folio, tmp_path: Path) -> None:
    ended = folio("generate", EXAMPLE, "--out", "salida")
    assert ended.returncode == 0
    word, excel = (tmp_path / "salida" / f"{NAME}.{extension}" for extension in ("docx", "xlsx"))
    assert ended.stdout == f"2 documentos escritos:\n  {word}\n  {excel}\n"
    assert len(Document(str(word)).tables[0].rows) == 2 + 10
    assert openpyxl.load_workbook(excel).sheetnames[1] == "Datos"
    assert sorted(path.name for path in (tmp_path / "salida").iterdir()) == [word.name, excel.name]


def test_generate_in_json_tells_size_and_sha256_of_what_it_wrote(folio: Folio) -> None:
    ended = folio("generate", BY_PAGES, "--out", "salida", "--json")
    answer = json.loads(ended.stdout)
    assert (answer["year"], answer["quarter"], answer["version"], answer["actions"]) == (2024, "III", "2.0", 10)
    assert answer["problems"] == []
    assert [document["kind"] for document in answer["documents"]] == ["word", "excel"]
    for document in answer["documents"]:
        content = Path(document["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (document["size"], document["sha256"])


def test_generate_refuses_a_plan_with_errors_and_writes_nothing(
    folio: Folio, plan_with_errors: Path, tmp_path: Path
) -> None:
    ended = folio("generate", plan_with_errors, "--out", "salida")
    assert ended.returncode == 1
    assert "\n2 errores, " in ended.stderr
    assert "No se escribió ningún documento." in ended.stderr
    assert ended.stdout == ""
    assert not (tmp_path / "salida").exists()
    in_json = folio("generate", plan_with_errors, "--out", "salida", "--json")
    assert in_json.returncode == 1
    assert json.loads(in_json.stdout)["documents"] == []


def test_generate_without_its_templates_says_so_and_exits_with_1(folio: Folio, tmp_path: Path) -> None:
    ended = folio("generate", EXAMPLE, "--out", "salida", FOLIO_TEMPLATES_DIR=str(tmp_path))
    assert ended.returncode == 1
    assert ended.stdout == "No se escribió ningún documento.\n"
    assert ended.stderr.count("ERROR  ") == 2


def test_check_marks_the_findings_in_a_copy_of_the_workbook(
    folio: Folio, plan_with_errors: Path, tmp_path: Path
) -> None:
    ended = folio("check", plan_with_errors, "--marked", "marcado.xlsx", "--json")
    assert ended.returncode == 1
    assert ended.stderr == f"Libro con los hallazgos marcados:\n  {tmp_path / 'marcado.xlsx'}\n"
    marked = openpyxl.load_workbook(tmp_path / "marcado.xlsx")
    assert marked.sheetnames[0] == "Hallazgos"
    for finding in json.loads(ended.stdout)["findings"]:
        if finding["severity"] == "error":
            assert marked[finding["sheet"]][finding["cell"]].comment is not None
    assert openpyxl.load_workbook(plan_with_errors).sheetnames[0] != "Hallazgos"


def test_a_reason_typed_in_the_marked_workbook_lets_generate_go_on(
    folio: Folio, plan_with_errors: Path, tmp_path: Path
) -> None:
    folio("check", plan_with_errors, "--marked", "marcado.xlsx")
    book = openpyxl.load_workbook(tmp_path / "marcado.xlsx")
    listed = book["Hallazgos"]
    header = next(row for row in listed.iter_rows() if any(cell.value == "Gravedad" for cell in row))
    places = {str(cell.value): cell.column for cell in header}
    for row in range(header[0].row + 1, listed.max_row + 1):
        if listed.cell(row, places["Gravedad"]).value == "Error":
            listed.cell(row, places["Aceptar con esta razón"]).value = "Lo aprobó el comité"
    book.save(tmp_path / "aceptado.xlsx")

    ended = folio("generate", "aceptado.xlsx", "--out", "salida", "--json")

    assert ended.returncode == 0, ended.stdout
    accepted = [finding for finding in json.loads(ended.stdout)["findings"] if finding["accepted"]]
    assert {finding["accepted"] for finding in accepted} == {"Lo aprobó el comité"}
    assert len(accepted) == 2


def test_cells_are_put_right_in_the_order_and_the_file_stays_as_it_is(
    folio: Folio, plan_with_errors: Path, tmp_path: Path
) -> None:
    before = plan_with_errors.read_bytes()
    fixes = ["--correct", "Plan de acción!G6=1/03/2024", "--correct", "Plan de acción!C6=Dirección General"]

    told = folio("check", plan_with_errors, *fixes, "--marked", "marcado.xlsx")
    written = folio("generate", plan_with_errors, *fixes, "--out", "salida")

    assert told.returncode == 0, told.stdout
    assert "Se corrigió Plan de acción!G6: decía «31/02/2024» y dice «1/03/2024»." in told.stdout
    assert "Se corrigió Plan de acción!C6: estaba vacía y dice «Dirección General»." in told.stdout
    assert written.returncode == 0, written.stderr
    texts = {cell.text for table in Document(str(tmp_path / "salida" / f"{NAME}.docx")).tables for cell in table._cells}
    assert {"1/03/2024", "Dirección General"} <= texts
    marked = openpyxl.load_workbook(tmp_path / "marcado.xlsx")["Plan de acción"]
    assert (marked["C6"].value, marked["G6"].is_date) == ("Dirección General", True)
    assert "Corregido en Folio: estaba vacía." in marked["C6"].comment.text
    assert plan_with_errors.read_bytes() == before


@pytest.mark.parametrize(
    ("said", "answer", "exit_code"),
    [
        ("Plan de acción!Z99=4", "no se pudo corregir", 2),
        ("Hoja que no está!F6=4", "el libro no tiene esa celda", 2),
        ("F6=4", "escríbalo como «Plan!G7=31/12/2024»", 2),
    ],
)
def test_a_cell_that_cannot_be_put_right_is_named(folio: Folio, said: str, answer: str, exit_code: int) -> None:
    ended = folio("check", EXAMPLE, "--correct", said)
    assert ended.returncode == exit_code, ended.stderr
    assert answer in " ".join((ended.stdout + ended.stderr).split())


def test_a_column_is_what_the_order_says_it_is(folio: Folio, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(EXAMPLE)
    sheet = book.worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == "INDICADOR"]
    for cell in cells:
        cell.value = "ABC"
    book.save(tmp_path / "otro.xlsx")

    lost = json.loads(folio("check", "otro.xlsx", "--json").stdout)
    found = json.loads(folio("check", "otro.xlsx", "--json", "--map", "ABC=indicador").stdout)

    assert "indicator" not in lost["mapping"]
    assert found["mapping"]["indicator"]["header"] == "ABC"
    assert all(action["indicator"] for action in found["plan"]["actions"])


def test_a_blank_workbook_is_written_once_and_read_as_a_plan_without_actions(folio: Folio, tmp_path: Path) -> None:
    ended = folio("blank", "--year", "2025", "--out", "plan.xlsx")
    assert (ended.returncode, ended.stdout) == (0, f"Libro en blanco escrito:\n  {tmp_path / 'plan.xlsx'}\n")
    before = (tmp_path / "plan.xlsx").read_bytes()
    again = folio("blank", "--year", "2026", "--out", "plan.xlsx")
    assert (again.returncode, again.stderr) == (1, "plan.xlsx ya existe y no se cambió: elija otro nombre.\n")
    assert (tmp_path / "plan.xlsx").read_bytes() == before
    understood = json.loads(folio("check", "plan.xlsx", "--json").stdout)
    assert (understood["plan"]["year"], understood["plan"]["actions"]) == (2025, [])


def test_the_office_of_the_settings_checks_the_plan(folio: Folio, tmp_path: Path) -> None:
    (tmp_path / "oficina.toml").write_text('fuentes_de_financiacion = ["Regalías"]\n', "utf-8")
    usual = json.loads(folio("check", EXAMPLE, "--json").stdout)["findings"]
    other = json.loads(folio("check", EXAMPLE, "--json", FOLIO_OFFICE_FILE=str(tmp_path / "oficina.toml")).stdout)
    assert not [finding for finding in usual if finding["code"].startswith("FUNDING")]
    assert [finding for finding in other["findings"] if finding["code"].startswith("FUNDING")]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["check"], "Falta PLAN.xlsx."),
        (["check", "--quarter", "V", "x"], "«V» no es un trimestre: escriba I, II, III o IV."),
        (["check", "--year", "24", "x"], "«24» no es un año entre 1990 y 2100."),
        (["check", "--version", "dos", "x"], "«dos» no es una versión: escríbala como 2.0."),
        (["check", "--aprisa", "x"], "No existe la opción --aprisa."),
        (["check", "--map", "Dependencia", "x"], "«Dependencia» no dice qué columna es qué campo: "),
        (["check", "--map", "Dependencia=jefe", "x"], "«jefe» no es un campo del plan; los campos son numero, accion,"),
        (["blank", "--year", "25"], "«25» no es un año entre 1990 y 2100."),
        (["chek"], "No existe la orden chek."),
    ],
)
def test_an_order_that_makes_no_sense_is_answered_in_spanish(folio: Folio, arguments: list[str], sentence: str) -> None:
    ended = folio(*arguments)
    assert ended.returncode == 2
    assert ended.stderr.startswith(sentence)
    assert "\nVea cómo se usa con: folio" in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    "order",
    [
        "",
        "serve",
        "check",
        "generate",
        "blank",
        "compare",
        "next-quarter",
        "year",
        "audit",
        "audit verify",
        "backup",
        "restore",
        "verify",
        "doctor",
    ],
)
def test_help_is_in_spanish_throughout(folio: Folio, order: str) -> None:
    told = folio(*order.split(), "--help").stdout
    assert told.startswith("Uso: folio")
    assert "Muestra esta ayuda y termina." in told
    for english in ("Usage", "Options", "Commands", "Show this", "required", "default"):
        assert english not in told


def test_doctor_finds_this_machine_fit_and_creates_nothing(folio: Folio, tmp_path: Path) -> None:
    ended = folio("doctor", FOLIO_DATA_DIR=str(tmp_path / "datos"))
    assert ended.returncode == 0, ended.stdout
    assert not (tmp_path / "datos").exists()
    for subject in ("Python", "Base de datos", "Cola", "Plantillas", "LibreOffice", "LibreOffice encerrado", "poppler"):
        assert subject in ended.stdout


def test_doctor_says_what_the_lack_of_libreoffice_costs(folio: Folio, tmp_path: Path) -> None:
    ended = folio("doctor", FOLIO_DATA_DIR=str(tmp_path / "datos"), PATH=str(tmp_path))
    assert ended.returncode == 0
    assert "! LibreOffice            no está\n" in ended.stdout
    assert "No habrá PDF; Word y Excel se escriben igual." in ended.stdout


def test_doctor_calls_grave_what_stops_the_main_job(folio: Folio, tmp_path: Path) -> None:
    ended = folio(
        "doctor",
        FOLIO_DATA_DIR=str(tmp_path),
        FOLIO_TEMPLATES_DIR=str(tmp_path),
        REDIS_URL="redis://127.0.0.1:1/0",
        DATABASE_URL="postgresql://folio@127.0.0.1:1/folio",
    )
    assert ended.returncode == 1
    marked = [line.split("  ")[0] for line in ended.stdout.splitlines() if line.startswith("✗")]
    assert marked == ["✗ Base de datos", "✗ Cola", "✗ Plantillas"]


def test_migrate_makes_the_database_and_a_second_time_changes_nothing(folio: Folio, tmp_path: Path) -> None:
    database = tmp_path / "datos.db"
    for _ in range(2):
        assert folio("migrate", DATABASE_URL=f"sqlite:///{database}").returncode == 0
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert connection.execute("select count(*) from reports").fetchone() == (0,)
    ended = folio("migrate", DATABASE_URL="postgresql://folio@127.0.0.1:1/folio")
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)


def test_settings_that_cannot_be_are_refused_in_one_sentence(folio: Folio) -> None:
    ended = folio("serve", FOLIO_HOST="0.0.0.0")
    assert ended.returncode == 1
    assert ended.stderr.startswith("FOLIO_HOST=0.0.0.0 abre Folio a otros equipos")
    assert ended.stderr.count("\n") == 1
