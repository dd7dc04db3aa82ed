"""`folio compare`, `next-quarter`, `year`, `generate --draft`, `--accept` and `audit verify`, as programs."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from lxml import etree

from service.domain.reports import DocumentKind
from service.settings import PROJECT
from service.store import Store, migrate, new_id, open_store
from tests.integration.conftest import Folio
from tests.integration.samples import BOTH, NOON, append, issue
from tests.integration.written import issued_and_written
from worker.documents.package import read_members
from worker.documents.template_files import TemplateFiles
from worker.render import render

NEW = PROJECT / "examples" / "plan-de-accion-2024-v2.0.xlsx"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
COMMITTEE = "Comité Institucional de Gestión y Desempeño"


def edited(path: Path, change: Callable[[openpyxl.worksheet.worksheet.Worksheet], None]) -> Path:
    """The example plan with its sheet changed."""
    book = openpyxl.load_workbook(NEW)
    change(book.worksheets[0])
    book.save(path)
    return path


def says(sheet: openpyxl.worksheet.worksheet.Worksheet, old: str, new: str) -> None:
    """Write `new` for `old` in every text."""
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str):
                cell.value = cell.value.replace(old, new)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Version 1.0: action 3 had a lower target, action 4 another lead, and there was no action 10."""

    def change(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        says(sheet, "Versión 2.0", "Versión 1.0")
        actions = [row for row in sheet.iter_rows() if isinstance(row[0].value, int)]
        actions[2][5].value = 2
        actions[3][2].value = "Subdirección de Gestión de Proyectos"
        sheet.delete_rows(actions[9][0].row)

    return edited(tmp_path / "anterior.xlsx", change)


@pytest.fixture
def with_errors(tmp_path: Path) -> Path:
    """The example without the lead of action 1 and with a text for a date in action 2."""

    def change(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        actions = [row for row in sheet.iter_rows() if isinstance(row[0].value, int)]
        actions[0][2].value = None
        actions[1][6].value = "31/02/2024"

    return edited(tmp_path / "con errores.xlsx", change)


def errors_in(folio: Folio, workbook: Path) -> list[dict[str, str]]:
    findings = json.loads(folio("check", workbook, "--json").stdout)["findings"]
    return [finding for finding in findings if finding["severity"] == "error"]


def test_compare_tells_each_field_as_it_was_and_is_and_who_approves_it(folio: Folio, old: Path) -> None:
    ended = folio("compare", old, NEW)
    assert (ended.returncode, ended.stderr) == (0, "")
    told = ended.stdout
    assert told.startswith("De la versión 1.0 (III trimestre de 2024) a la versión 2.0 (III trimestre de 2024).\n")
    assert f"Debe aprobarlo el {COMMITTEE}, con una nueva versión del plan." in told
    assert f"  META · lo aprueba el {COMMITTEE}\n    era: 2\n    es:  3\n" in told
    assert (
        "  RESPONSABLE · basta el visto bueno de la oficina de planeación\n"
        "    era: Subdirección de Gestión de Proyectos\n"
        "    es:  Oficina Asesora de Comunicaciones y Participación Ciudadana\n"
    ) in told
    assert re.search(r"^ACCIÓN 10, se agregó: Diseñar el plan", told, re.MULTILINE)
    assert "ACCIÓN 2" not in told


def test_compare_in_json_gives_the_same_changes_in_words_that_rebuild_both_texts(folio: Folio, old: Path) -> None:
    changes = json.loads(folio("compare", old, NEW, "--json").stdout)
    assert (changes["approver"], changes["modifies_plan"]) == ("committee", True)
    by_number = {(each["after"] or each["before"])["number"]: each for each in changes["actions"]}
    assert {number: each["kind"] for number, each in by_number.items()} == {
        "3": "changed",
        "4": "changed",
        "10": "added",
    }
    for field in by_number["4"]["fields"]:
        for side, other in (("before", "added"), ("after", "removed")):
            assert "".join(piece["text"] for piece in field["pieces"] if piece["kind"] != other) == field[side]


def test_compare_writes_the_redline_and_the_control_de_cambios(folio: Folio, old: Path, tmp_path: Path) -> None:
    ended = folio("compare", old, NEW, "--redline", "cambios en word.docx", "--changes", "control.docx", "--json")
    redline, control = tmp_path / "cambios en word.docx", tmp_path / "control.docx"
    assert ended.returncode == 0
    assert ended.stderr == f"2 documentos escritos:\n  {redline}\n  {control}\n"
    assert json.loads(ended.stdout)["modifies_plan"]
    root = etree.fromstring(read_members(redline.read_bytes())["word/document.xml"])
    inserted, deleted = ("".join(e.text or "" for e in root.iter(f"{W}{tag}")) for tag in ("t", "delText"))
    assert "Subdirección de Gestión de Proyectos" in deleted
    assert "Oficina Asesora de Comunicaciones y Participación Ciudadana" in inserted
    log = Document(str(control)).tables[0]
    assert [cell.text for cell in log.rows[0].cells] == [
        "VERSIÓN",
        "FECHA",
        "DESCRIPCIÓN DE LA MODIFICACIÓN",
        "INSTANCIA",
    ]
    assert (log.rows[1].cells[0].text, log.rows[1].cells[3].text) == ("2.0", f"Por aprobar: {COMMITTEE}")


def test_a_plan_is_the_same_as_itself(folio: Folio) -> None:
    ended = folio("compare", NEW, NEW)
    assert ended.returncode == 0
    assert ended.stdout.endswith("Los dos planes dicen lo mismo, letra por letra.\n")


def test_a_plan_with_errors_is_compared_and_its_redline_is_a_draft(
    folio: Folio, with_errors: Path, tmp_path: Path
) -> None:
    ended = folio("compare", NEW, with_errors, "--redline", "r.docx")
    assert ended.returncode == 0
    assert ended.stderr.startswith("con errores.xlsx tiene 2 errores (véalos con «folio check»): ")
    assert "    es:  (vacío)\n" in ended.stdout
    assert b"BORRADOR" in read_members((tmp_path / "r.docx").read_bytes())["word/header1.xml"]


def test_compare_says_of_a_workbook_what_it_lacks_and_takes_it_from_the_order(folio: Folio, tmp_path: Path) -> None:
    silent = edited(tmp_path / "sin version.xlsx", lambda sheet: says(sheet, "Versión 2.0", ""))
    refused = folio("compare", silent, NEW)
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.endswith("\n\nPara seguir, diga la versión (--version).\n")
    # What the other workbook says of itself stands.
    ended = folio("compare", silent, NEW, "--version", "1.3")
    assert ended.returncode == 0
    assert ended.stdout.startswith("De la versión 1.3 (III trimestre de 2024) a la versión 2.0 ")


def test_compare_of_what_is_no_plan_exits_with_2_and_says_why(folio: Folio, tmp_path: Path) -> None:
    (tmp_path / "carta.xlsx").write_bytes(b"Respetados senores:")
    ended = folio("compare", "carta.xlsx", NEW)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("carta.xlsx: no se puede leer como plan de acción\n\nERROR  ")


def test_the_next_quarter_s_workbook_is_read_as_that_quarter_and_never_written_over(
    folio: Folio, tmp_path: Path
) -> None:
    ended = folio("next-quarter", NEW, "--out", "cuarto.xlsx")
    assert (ended.returncode, ended.stdout) == (0, f"1 documento escrito:\n  {tmp_path / 'cuarto.xlsx'}\n")
    plan = json.loads(folio("check", "cuarto.xlsx", "--json").stdout)["plan"]
    assert (plan["year"], plan["quarter"], plan["version"]) == (2024, "IV", "2.0")
    assert {action["qualitative_progress"] for action in plan["actions"]} == {None}
    assert len(plan["actions"]) == 10
    filled = (tmp_path / "cuarto.xlsx").read_bytes()
    again = folio("next-quarter", NEW, "--out", "cuarto.xlsx")
    assert (again.returncode, again.stderr) == (1, "cuarto.xlsx ya existe y no se cambió: elija otro nombre.\n")
    assert (tmp_path / "cuarto.xlsx").read_bytes() == filled


def test_the_next_quarter_has_a_name_of_its_own(folio: Folio, tmp_path: Path) -> None:
    assert folio("next-quarter", NEW).returncode == 0
    assert (tmp_path / "plan-de-accion-2024_v2.0_IV-trimestre.xlsx").exists()


def test_the_quarters_of_a_year_stand_side_by_side_in_whatever_order_they_come(folio: Folio, tmp_path: Path) -> None:
    second = edited(
        tmp_path / "segundo.xlsx",
        lambda sheet: [
            says(sheet, "SEGUIMIENTO III TRIMESTRE", "SEGUIMIENTO II TRIMESTRE"),
            says(sheet, "Durante el tercer trimestre", "Durante el segundo trimestre"),
        ][0],
    )
    ended = folio("year", NEW, second, "--out", "anual")
    name = "plan-de-accion-2024_v2.0_seguimiento-anual"
    word, excel = (tmp_path / "anual" / f"{name}.{extension}" for extension in ("docx", "xlsx"))
    assert (ended.returncode, ended.stdout) == (0, f"2 documentos escritos:\n  {word}\n  {excel}\n"), ended.stderr
    rows = [[cell.text for cell in row.cells] for row in Document(str(word)).tables[0].rows]
    first = next(row for row in rows if row[0] == "1")
    assert [text.split(",")[0] for text in first[-4:]] == [
        "Sin informe.",
        "Durante el segundo trimestre de 2024",
        "Durante el tercer trimestre de 2024",
        "Sin informe.",
    ]
    assert openpyxl.load_workbook(excel).sheetnames


def test_a_year_of_two_reports_of_one_quarter_is_refused(folio: Folio, old: Path) -> None:
    ended = folio("year", old, NEW)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"anterior.xlsx y {NEW.name} son los dos del III trimestre de 2024: deje uno.\n"


def test_a_draft_is_written_of_a_plan_with_errors_and_says_so_on_its_pages(
    folio: Folio, with_errors: Path, tmp_path: Path
) -> None:
    ended = folio("generate", with_errors, "--draft", "--out", "salida")
    assert ended.returncode == 0
    name = "plan-de-accion-2024_v2.0_seguimiento-III-trimestre_borrador"
    word, excel = (tmp_path / "salida" / f"{name}.{extension}" for extension in ("docx", "xlsx"))
    assert ended.stdout == f"2 documentos escritos:\n  {word}\n  {excel}\n"
    assert "\n2 errores, " in ended.stderr
    assert b'string="BORRADOR"' in read_members(word.read_bytes())["word/header1.xml"]
    assert openpyxl.load_workbook(excel).worksheets[0].oddFooter.left.text == "BORRADOR"


def test_a_draft_cannot_be_written_while_its_version_is_not_known(folio: Folio, tmp_path: Path) -> None:
    silent = edited(tmp_path / "sin version.xlsx", lambda sheet: says(sheet, "Versión 2.0", ""))
    ended = folio("generate", silent, "--draft", "--out", "salida")
    assert ended.returncode == 1
    assert ended.stderr.endswith("\n\nNo se escribió ningún documento.\n")
    assert folio("generate", silent, "--draft", "--version", "2.0", "--out", "salida").returncode == 0


def test_a_finding_is_accepted_in_the_order_and_generate_goes_on(folio: Folio, with_errors: Path) -> None:
    accepted = [
        f"{each['code']}:{each['sheet']}!{each['cell']}=Lo aprobó el comité" for each in errors_in(folio, with_errors)
    ]
    assert len(accepted) == 2
    options = [word for each in accepted for word in ("--accept", each)]
    ended = folio("generate", with_errors, "--out", "salida", "--json", *options)
    assert (ended.returncode, ended.stderr) == (0, "")
    findings = json.loads(ended.stdout)["findings"]
    assert [finding["accepted"] for finding in findings if finding["severity"] == "error"] == [
        "Lo aprobó el comité"
    ] * 2


def test_accepting_what_was_not_found_accepts_nothing_and_is_told(folio: Folio, with_errors: Path) -> None:
    ended = folio("check", with_errors, "--accept", "ROW_002:Plan!a9=Está bien")
    assert ended.returncode == 1
    assert ended.stderr == "No hay ningún hallazgo ROW_002 en Plan!A9: no se aceptó nada por él.\n"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("ROW_002", "«ROW_002» no dice qué se acepta y por qué: escríbalo como «ROW_002:Plan!A9=Lo aprobó el comité»."),
        ("NADA_001:Plan!A9=razón", "No existe ningún hallazgo con el código «NADA_001»."),
        ("ROW_002:Plan!A9=  ", "Cada hallazgo se acepta con una razón, de 1000 caracteres como máximo."),
    ],
)
def test_an_acceptance_that_says_too_little_is_refused(folio: Folio, said: str, sentence: str) -> None:
    ended = folio("check", NEW, "--accept", said)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"{sentence}\n")


def test_whoever_interrupts_while_folio_is_loaded_sees_no_traceback(tmp_path: Path) -> None:
    """The signal is sent from within the first import, when Python itself is up and Folio is not."""
    # What runs the tests may have been started in the background, where SIGINT is ignored.
    heed = "signal.signal(signal.SIGINT, signal.default_int_handler)"
    interrupting = f"import os, signal\n{heed}\nos.kill(os.getpid(), signal.SIGINT)\n"
    (tmp_path / "click.py").write_text(interrupting)
    ended = subprocess.run(
        [sys.executable, "-m", "service.cli", "check", str(NEW)],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{PROJECT}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[Store, str]]:
    """A store with an issued report and its two documents, written by the worker's own pipeline; and its address."""
    url = f"sqlite:///{tmp_path / 'folio.db'}"
    migrate(url)
    store = open_store(url)
    issued_and_written(store)
    yield store, url
    store.close()


def test_a_sound_audit_log_is_said_to_be_so_and_issued_documents_come_out_the_same(
    folio: Folio, kept: tuple[Store, str]
) -> None:
    store, url = kept
    ended = folio("audit", "verify", "--regenerate", DATABASE_URL=url)
    verdict = store.verify_audit()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout == (
        f"El registro está íntegro: {verdict.entries} entradas.\nHuella de la última: {verdict.head}\n"
        f"Nada falta ni cambió: {verdict.contents} contenidos guardados (libros, documentos, plantillas), cada uno con "
        "su huella.\n"
        "2 documentos expedidos salen idénticos, byte por byte, al escribirlos otra vez.\n"
    )
    in_json = json.loads(folio("audit", "verify", "--json", DATABASE_URL=url).stdout)
    assert (in_json["head"], in_json["broken"]) == (verdict.head, [])


def test_there_is_nothing_to_verify_before_the_first_start_and_nothing_is_made(folio: Folio, tmp_path: Path) -> None:
    database = tmp_path / "folio.db"
    ended = folio("audit", "verify", DATABASE_URL=f"sqlite:///{database}")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"No hay ninguna base de datos en {database}: la hace «folio serve».\n"
    assert not database.exists()


def test_the_first_broken_link_is_named_and_the_exit_code_says_so(
    folio: Folio, kept: tuple[Store, str], tmp_path: Path
) -> None:
    store, url = kept
    store.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "folio.db")) as connection:
        for (name,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            connection.execute(f"drop trigger {name}")
        connection.execute("update audit set by = 'Otra persona' where seq = 2")
        connection.commit()
    ended = folio("audit", "verify", DATABASE_URL=url)
    assert ended.returncode == 1
    assert ended.stdout.startswith("El registro no está íntegro. Se ve primero en la entrada 2: ")


def test_an_issued_document_that_comes_out_otherwise_is_named(folio: Folio, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'folio.db'}"
    migrate(url)
    store = open_store(url)
    templates = TemplateFiles(PROJECT / "templates_docx")
    report_id = append(store, kinds=(DocumentKind.WORD,)).report.id
    issue(store, report_id)
    for kind in BOTH:
        claim = store.claim(f"{report_id}.{kind}.final", new_id(), NOON, dt.timedelta(minutes=1))
        assert claim is not None
        of_another_edition = dataclasses.replace(claim.report, edition=7, is_draft=True)
        assert store.finish(claim, render(of_another_edition, claim.kind, templates), NOON)
    store.close()
    ended = folio("audit", "verify", "--regenerate", DATABASE_URL=url)
    assert ended.returncode == 1
    assert (
        f"El Word del III trimestre de 2024, versión 2.0, edición 1 ({report_id}) sale distinto al escribirlo otra vez."
    ) in ended.stdout
