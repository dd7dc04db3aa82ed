"""The package of a publication, opened as its readers would: by hand, by a spreadsheet, by a program, in a browser."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
import subprocess
import zipfile
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pypdfium2
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from service.domain.frame import Approval, Frame, Role, Seal, Signer
from service.domain.reports import ChangeLogEntry, Companion, DocumentKind, Report, document_filename
from service.domain.values import PlainText, Target, VersionNumber
from tests.plans import generated_plan, printed_rows, reference_plan, report_of
from worker.documents.open_data import unmarked
from worker.documents.publication import render_package
from worker.documents.publication_texts import CHECK_SCRIPT

NO_OFFICE = "En este equipo no está LibreOffice, que hace los PDF."
SEAL = Seal("K7QF-3M9P-X2TD", "http://localhost:8000/verificar/K7QF3M9PX2TD")
FRAME = Frame(
    entity="Entidad de Ejemplo <E&E>",
    signers=(
        Signer(Role.DRAFTED, "Persona de Ejemplo Uno", "Profesional de Ejemplo"),
        Signer(Role.APPROVED, "Persona de Ejemplo Dos", "Director de Ejemplo", is_acting=True),
    ),
)
APPROVAL = Approval("Comité de Ejemplo", "Acta 5", dt.date(2024, 9, 10))


def issued(plan_of: Report | None = None) -> Report:
    """An issued report with all that an office may have said."""
    report = plan_of or report_of(reference_plan())
    entry = ChangeLogEntry.of(report.plan.version, APPROVAL, "Cambia la meta de la acción 3.", report.created_at)
    return replace(report, frame=FRAME, approval=APPROVAL, seal=SEAL, modification=entry, previous_id="anterior")


@cache
def a_pdf(pages: int) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(612, 792)
    written = io.BytesIO()
    document.save(written)
    document.close()
    return written.getvalue()


def companion(report: Report, kind: DocumentKind, content: bytes | None, problem: str | None = None) -> Companion:
    name = document_filename(report.plan, report.edition, kind)
    return Companion(kind, name, content, hashlib.sha256(content).hexdigest() if content else None, problem)


def companions(report: Report) -> tuple[Companion, ...]:
    return (
        companion(report, DocumentKind.WORD, b"the very Word"),
        companion(report, DocumentKind.EXCEL, b"the very Excel"),
        companion(report, DocumentKind.PDF, a_pdf(3)),
        companion(report, DocumentKind.CHANGES, b"the changes"),
    )


def opened(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def only(files: dict[str, bytes], ending: str, folder: str) -> bytes:
    (found,) = (content for path, content in files.items() if path.startswith(folder) and path.endswith(ending))
    return found


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.fixture(scope="module")
def package() -> bytes:
    return render_package(issued(), companions(issued()))


@pytest.fixture(scope="module")
def files(package: bytes) -> dict[str, bytes]:
    return opened(package)


def test_the_package_holds_all_that_is_published_and_says_first_what_it_is(files: dict[str, bytes]) -> None:
    stem = "plan-de-accion-2024_v2.0_seguimiento-III-trimestre"

    assert list(files) == [
        "LEAME.txt",
        "MANIFIESTO.json",
        "SHA256SUMS",
        f"documentos/{stem}.docx",
        f"documentos/{stem}.xlsx",
        f"documentos/{stem}.pdf",
        f"datos-abiertos/{stem}.csv",
        f"datos-abiertos/{stem}.json",
        "datos-abiertos/esquema.json",
        "datos-abiertos/LEAME-diccionario-de-datos.txt",
        f"control-de-cambios/{stem}_cambios.docx",
        "control-de-cambios/control-de-cambios.csv",
        "entrada-web/menu-4.3-plan-de-accion.html",
        "entrada-web/menu-4.3-plan-de-accion.txt",
        "metadatos/metadatos.json",
        "metadatos/metadatos.txt",
    ]
    assert files[f"documentos/{stem}.docx"] == b"the very Word"
    assert files[f"documentos/{stem}.pdf"] == a_pdf(3)


def test_from_the_second_edition_on_every_file_of_the_report_says_which() -> None:
    second = replace(issued(), edition=2)
    stem = "plan-de-accion-2024_v2.0_seguimiento-III-trimestre"

    files = opened(render_package(second, companions(second)))

    assert [path for path in files if stem in path] == [
        f"documentos/{stem}_edicion-2.docx",
        f"documentos/{stem}_edicion-2.xlsx",
        f"documentos/{stem}_edicion-2.pdf",
        f"datos-abiertos/{stem}_edicion-2.csv",
        f"datos-abiertos/{stem}_edicion-2.json",
        f"control-de-cambios/{stem}_cambios_edicion-2.docx",
    ]
    told = files["datos-abiertos/LEAME-diccionario-de-datos.txt"].decode()
    assert f"{stem}_edicion-2.csv" in told
    assert f"{stem}_edicion-2.json" in told


def test_the_same_report_gives_the_same_package_with_the_hour_of_its_issue_in_bogota(package: bytes) -> None:
    assert render_package(issued(), companions(issued())[::-1]) == package
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(2024, 10, 15, 4, 30, 0)}


def test_the_script_of_the_readme_finds_every_file_unaltered_and_the_one_that_was(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    readme = files["LEAME.txt"].decode()
    script = "\n".join(line.removeprefix("    ") for line in readme.splitlines() if line.startswith("    "))
    script = script[: script.index("Get-Content")]
    assert script.strip() == CHECK_SCRIPT.strip()

    sound = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert sound.returncode == 0, sound.stderr
    assert sound.stdout.count(": OK") == len(files) - 1

    altered = next(tmp_path.glob("datos-abiertos/*.csv"))
    altered.write_bytes(altered.read_bytes().replace(b"Inversi", b"inversi", 1))
    damaged = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert damaged.returncode != 0
    assert f"datos-abiertos/{altered.name}: FAILED" in damaged.stdout


def test_the_manifest_names_every_other_file_with_its_size_and_sum(files: dict[str, bytes]) -> None:
    told = {file["archivo"]: file for file in json.loads(files["MANIFIESTO.json"])["archivos"]}

    assert set(told) == set(files) - {"MANIFIESTO.json", "SHA256SUMS"}
    for path, file in told.items():
        assert (file["bytes"], file["sha256"]) == (len(files[path]), hashlib.sha256(files[path]).hexdigest())
        assert file["descripcion"]


@pytest.mark.parametrize("plan", [reference_plan(), generated_plan(300)], ids=["the reference's", "300 generated"])
def test_the_csv_has_every_cell_letter_for_letter_and_dates_as_year_month_day(plan: object) -> None:
    report = issued(report_of(plan))  # type: ignore[arg-type]  # either of two plans
    raw = only(opened(render_package(report, ())), ".csv", "datos-abiertos/")
    assert raw.startswith(b"\xef\xbb\xbfVIGENCIA;TRIMESTRE;VERSI")

    headers, *rows = rows_of(raw)

    assert headers[4:] == [
        "No.", "ACCIÓN, PROGRAMA O PROYECTO ESTRATÉGICO", "RESPONSABLE", "INDICADOR", "UNIDAD DE MEDIDA", "META",
        "FECHA INICIO", "FECHA FIN", "SEGUIMIENTO", "FUENTE DE FINANCIACIÓN", "AVANCE CUALITATIVO",
    ]  # fmt: skip
    assert {tuple(row[:4]) for row in rows} == {("2024", "III", "2.0", "1")}
    printed = [[*row[:6], "2024-03-01", "2024-12-31", *row[8:]] for row in printed_rows(report.plan)]
    assert [[unmarked(cell) for cell in row[4:]] for row in rows] == printed


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=HYPERLINK(A1)", "'=HYPERLINK(A1)"),
        ("+cmd", "'+cmd"),
        ("- Se hizo una mesa", "'- Se hizo una mesa"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("'=1", "''=1"),
        ("-5", "-5"),
        ("+1.234,5 %", "+1.234,5 %"),
        ("'Plan' aprobado", "'Plan' aprobado"),
        ("a=b", "a=b"),
    ],
)
def test_a_spreadsheet_runs_nothing_of_the_csv_and_the_text_can_be_had_back(text: str, cell: str) -> None:
    report = report_of(reference_plan())
    first, *rest = report.plan.actions
    changed = replace(first, qualitative_progress=PlainText(text))
    report = replace(report, plan=replace(report.plan, actions=(changed, *rest)))
    package = opened(render_package(report, ()))

    (_, row, *_) = rows_of(only(package, ".csv", "datos-abiertos/"))

    assert row[-1] == cell
    assert unmarked(row[-1]) == text
    told = json.loads(only(package, "trimestre.json", "datos-abiertos/"))
    assert told["acciones"][0]["avance_cualitativo"] == text


def test_the_json_follows_its_schema_and_tells_targets_as_numbers() -> None:
    report = issued(report_of(generated_plan(60)))
    first, second, third, *rest = report.plan.actions
    targets = [
        replace(first, target=Target.from_printed("25 %"), starts_on=None, extras=(("Línea", PlainText("Agua")),)),
        replace(second, target=Target.from_printed("1.234,5")),
        replace(third, target=Target.from_printed("Por definir"), lead=None),
    ]
    report = replace(report, plan=replace(report.plan, actions=(*targets, *rest)))
    package = opened(render_package(report, ()))

    schema = json.loads(package["datos-abiertos/esquema.json"])
    told = json.loads(only(package, "trimestre.json", "datos-abiertos/"))

    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(told)
    assert [action["meta"] for action in told["acciones"][:3]] == [
        {"texto": "25 %", "cantidad": 25, "es_porcentaje": True},
        {"texto": "1.234,5", "cantidad": 1234.5, "es_porcentaje": False},
        {"texto": "Por definir", "cantidad": None, "es_porcentaje": False},
    ]
    assert told["acciones"][0]["otros"] == {"Línea": "Agua"}
    assert told["acciones"][0]["fecha_inicio"] is None
    dictionary = package["datos-abiertos/LEAME-diccionario-de-datos.txt"].decode()
    headers = rows_of(only(package, ".csv", "datos-abiertos/"))[0]
    assert all(f"- {header} (" in dictionary for header in headers)


def test_an_own_column_called_as_an_official_one_is_told_from_it() -> None:
    report = report_of(reference_plan())
    first, *rest = report.plan.actions
    own = replace(first, extras=(("META", PlainText("del cuatrienio")),))
    report = replace(report, plan=replace(report.plan, actions=(own, *rest)))

    headers, row, *_ = rows_of(only(opened(render_package(report, ())), ".csv", "datos-abiertos/"))

    assert (headers[-1], row[-1]) == ("META (columna propia)", "del cuatrienio")
    assert len(set(headers)) == len(headers)


def test_what_is_missing_is_said_with_its_reason_and_everything_else_is_there() -> None:
    report = issued()
    word, excel, _, changes = companions(report)
    files = opened(render_package(report, (word, excel, companion(report, DocumentKind.PDF, None, NO_OFFICE), changes)))

    assert not [path for path in files if path.endswith(".pdf")]
    assert f"QUÉ FALTA\n  Informe en PDF: {NO_OFFICE}\n" in files["LEAME.txt"].decode()
    assert json.loads(files["MANIFIESTO.json"])["faltan"] == [f"Informe en PDF: {NO_OFFICE}"]
    assert "folios" not in json.loads(files["metadatos/metadatos.json"])
    assert "PDF" not in files["entrada-web/menu-4.3-plan-de-accion.txt"].decode()


def test_a_whole_package_lacks_nothing(files: dict[str, bytes]) -> None:
    assert "QUÉ FALTA" not in files["LEAME.txt"].decode()
    assert json.loads(files["MANIFIESTO.json"])["faltan"] == []


def test_the_metadata_tell_what_was_said_and_leave_out_what_was_not(files: dict[str, bytes]) -> None:
    told = json.loads(files["metadatos/metadatos.json"])

    assert told["entidad"] == "Entidad de Ejemplo <E&E>"
    assert told["periodo"] == {"vigencia": 2024, "trimestre": "III", "desde": "2024-07-01", "hasta": "2024-09-30"}
    assert (told["fecha"], told["idioma"], told["folios"]) == ("2024-10-15", "es-CO", 3)
    assert told["aprobacion"] == {"instancia": "Comité de Ejemplo", "acto": "Acta 5", "fecha": "2024-09-10"}
    assert told["firmantes"][1] == {
        "rol": "Aprobó",
        "nombre": "Persona de Ejemplo Dos",
        "cargo": "Director de Ejemplo (E)",
    }
    assert told["codigo_de_verificacion"] == SEAL.code
    assert "Acuerdo AGN 001 de 2024" in told["referencia"]
    shown = files["metadatos/metadatos.txt"].decode()
    assert "Folios (páginas del PDF): 3\n" in shown
    assert "  - Rol: Elaboró\n    Nombre: Persona de Ejemplo Uno\n" in shown

    bare = opened(render_package(report_of(reference_plan()), ()))
    plain = json.loads(bare["metadatos/metadatos.json"])
    unsaid = {"entidad", "aprobacion", "firmantes", "serie", "subserie", "clasificacion", "codigo_de_verificacion"}
    assert not unsaid & set(plain)


def test_the_change_log_is_a_table_and_no_formula() -> None:
    report = issued()
    log = (
        ChangeLogEntry(VersionNumber(1, 0), dt.date(2024, 1, 30), "Primera versión del plan.", "Comité de Ejemplo"),
        ChangeLogEntry(VersionNumber(2, 0), dt.date(2024, 9, 10), "=1+1; cambia la meta", "Comité de Ejemplo, Acta 5"),
    )
    told = opened(render_package(replace(report, change_log=log), ()))["control-de-cambios/control-de-cambios.csv"]

    assert rows_of(told) == [
        ["VERSIÓN", "FECHA", "DESCRIPCIÓN DE LA MODIFICACIÓN", "INSTANCIA"],
        ["1.0", "2024-01-30", "Primera versión del plan.", "Comité de Ejemplo"],
        ["2.0", "2024-09-10", "'=1+1; cambia la meta", "Comité de Ejemplo, Acta 5"],
    ]


class Links(HTMLParser):
    """The links of a page and what they say."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.open = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.open = dict(attrs)["href"] or ""

    def handle_data(self, data: str) -> None:
        if self.open:
            self.found[self.open] = data
            self.open = ""


def test_the_entry_of_the_web_menu_links_every_file_by_what_it_is(files: dict[str, bytes]) -> None:
    page = files["entrada-web/menu-4.3-plan-de-accion.html"].decode()
    links = Links(page).found

    assert '<html lang="es-CO">' in page
    assert "<p>Entidad de Ejemplo &lt;E&amp;E&gt;: informe de seguimiento al plan de acción 2024, con corte" in page
    assert {path.removeprefix("../") for path in links} == {
        path for path in files if path.startswith(("documentos/", "datos-abiertos/plan"))
    }
    assert len(set(links.values())) == len(links) == 5
    for path, said in links.items():
        assert re.fullmatch(r".+: Seguimiento al plan de acción 2024, III trimestre, versión 2\.0 \([A-Z]+, .+\)", said)
        assert path.rpartition(".")[2].upper() in said
    text = files["entrada-web/menu-4.3-plan-de-accion.txt"].decode()
    assert all(f"- {said}\n" in text for said in links.values())
    assert "Corte: III trimestre, al 30/09/2024\n" in text
