"""The table as it was read, with its marks: on the page of a report, and of an upload that was refused."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from io import BytesIO
from itertools import pairwise
from urllib.parse import urlencode

import openpyxl
import pytest

from service.store import Store
from tests.unit.sheets.office import FIRST_ROW, LABELS, action, office_book
from tests.web import Client, example_with

PLANTED = {"G7": "31/02/2024", "K9": None, "F8": "cuatro", "E10": "unidad "}


def draft(client: Client, content: bytes | None = None, **fields: str) -> str:
    """The address of the page of a draft."""
    return client.upload(content, path="/informes", draft="true", **fields).headers["Location"]


def read(page: str) -> list[list[str]]:
    """The words of the table's rows, cell by cell, each with its marks after it."""
    table = page[page.index('aria-label="La tabla como se leyó"') :]
    table = table[: table.index("</table>")]
    return [
        [
            " ".join(unescape(re.sub("<[^>]*>", " ", cell)).split())
            for cell in re.findall("<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in re.findall("<tr>(.*?)</tr>", table, re.DOTALL)
    ]


def anchors(page: str) -> list[str]:
    return re.findall(r' id="([^"]+)"', page)


def test_the_table_has_the_official_layout_and_the_very_texts_of_the_plan(client: Client) -> None:
    location = draft(client)
    page = client.get(location).text
    plan = client.get(f"/api/v1/reports/{location.rpartition('/')[2]}/plan").json["plan"]

    groups, headers, *rows = read(page)

    assert groups == ["No.", "PLAN DE ACCIÓN 2024", "PRESUPUESTO 2024", "SEGUIMIENTO III TRIMESTRE 2024"]
    assert '<th scope="colgroup" colspan="8">PLAN DE ACCIÓN 2024</th>' in page
    assert headers == list(LABELS[1:])
    assert len(rows) == len(plan["actions"]) == 10
    for row, told in zip(rows, plan["actions"], strict=True):
        assert row[0] == f"{told['number']} fila {told['source']['row']}"
        assert row[1] == told["action"]
        assert row[10].startswith(" ".join(told["qualitative_progress"].split()))
        assert row[6] == "1/03/2024"
    assert f"<strong>Objetivo:</strong> {plan['objective']}" in page


def test_what_was_not_understood_is_shown_as_the_workbook_says_it_with_its_mark(client: Client) -> None:
    _, _, *rows = read(client.get(draft(client, example_with(PLANTED))).text)

    assert re.fullmatch(r"El libro dice: 31/02/2024 Error : hallazgo \d+", rows[1][6])
    assert re.fullmatch(r"El libro dice: cuatro Error : hallazgo \d+", rows[2][5])
    assert re.fullmatch(r"\(vacía\) Error : hallazgo \d+", rows[3][10])


def test_marks_and_findings_lead_to_each_other_and_every_anchor_is_there_once(client: Client) -> None:
    page = client.get(draft(client, example_with(PLANTED))).text
    there = Counter(anchors(page))

    assert [name for name, times in there.items() if times > 1] == []
    to_findings = set(re.findall(r'href="#(hallazgo-\d+)"', page))
    to_cells = set(re.findall(r'href="#((?:celda|sobre)-[^"]+)"', page))
    assert to_findings | to_cells <= set(there)
    assert {name for name in there if name.startswith("hallazgo-")} == to_findings
    assert {"celda-G7", "celda-F8", "celda-K9"} <= to_cells


def test_what_is_about_the_whole_sheet_stands_above_the_table(client: Client) -> None:
    rows = [action(number, G=f"{number}/03/2024", H="31/12/2024") for number in range(1, 4)]

    page = client.get(draft(client, office_book(rows, lambda sheet: sheet.delete_cols(9)))).text

    above = page[page.index('<ul class="above">') :]
    above = above[: above.index("</ul>")]
    assert "Falta la columna «SEGUIMIENTO»." in above
    assert re.search(r'<li id="(sobre-\d+)"', above)
    assert '<a class="mark error" href="#hallazgo-' in above
    assert all(len(row) == 11 for row in read(page)[2:])


def test_the_columns_of_the_office_come_after_the_official_ones(client: Client) -> None:
    rows = [[*action(number), f"Evidencia {number}", "Sí"] for number in range(1, 3)]

    def with_headers(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet["L5"], sheet["M5"] = "EVIDENCIA", "REVISADO POR PLANEACIÓN"

    groups, headers, first, second = read(client.get(draft(client, office_book(rows, with_headers))).text)

    assert groups[-1] == "OTRAS COLUMNAS DE LA OFICINA"
    assert headers[10:] == ["EVIDENCIA", "REVISADO POR PLANEACIÓN"]
    assert [row[11].split(" Sugerencia")[0].split(" Advertencia")[0] for row in (first, second)] == [
        "Evidencia 1",
        "Evidencia 2",
    ]
    assert first[12] == "Sí"


def test_a_long_table_is_shown_fifty_rows_at_a_time_and_findings_lead_to_their_page(client: Client) -> None:
    rows = [action(number, **({"F": "cuatro"} if number in {3, 70, 120} else {})) for number in range(1, 121)]
    location = draft(client, office_book(rows))

    pages = [read(client.get(f"{location}{query}").text)[2:] for query in ("", "?filas=51", "?filas=101")]
    page, second = client.get(location).text, client.get(f"{location}?filas=51").text

    assert [len(each) for each in pages] == [50, 50, 20]
    numbers = [int(row[0].split()[0]) for each in pages for row in each]
    assert all(after == before + 1 for before, after in pairwise(numbers))
    assert "Acciones 1 a 50 de 120" in page
    assert f'href="{location}?filas=51#table-title">Siguientes' in page
    third, at_70, at_120 = (f"celda-F{FIRST_ROW + number - 1}" for number in (3, 70, 120))
    assert {third, at_70, at_120} & set(anchors(page)) == {third}
    assert f'href="#{third}"' in page
    assert f'href="{location}?filas=51#{at_70}"' in page
    assert f'href="{location}?filas=101#{at_120}"' in page
    assert f'href="{location}#{third}"' in second
    assert at_70 in anchors(second)


@pytest.mark.parametrize(
    ("asked", "first"), [("75", 51), ("0", 1), ("", 1), ("-1", 1), ("x", 1), ("²", 1), ("9" * 7, 101), ("9" * 5000, 1)]
)
def test_any_row_leads_to_its_page_and_nonsense_to_the_first(client: Client, asked: str, first: int) -> None:
    location = draft(client, office_book([action(number) for number in range(1, 121)]))

    page = client.get(f"{location}?{urlencode({'filas': asked})}")

    assert page.status == 200
    assert read(page.text)[2][0].startswith(f"{first} ")


def test_rows_of_two_sheets_are_told_apart(client: Client) -> None:
    book = openpyxl.load_workbook(BytesIO(office_book([action(1), action(2, F="cuatro")])))
    other = book.copy_worksheet(book.worksheets[0])
    other.title = "Gestión"
    for row, number in ((6, 3), (7, 4)):
        other.cell(row, 1).value, other.cell(row, 2).value = number, f"Otra acción distinta, la {number}"
    changed = BytesIO()
    book.save(changed)

    page = client.get(draft(client, changed.getvalue())).text

    assert {"celda-1-F7", "celda-2-F7"} <= set(anchors(page))
    assert [row[0].split()[0] for row in read(page)[2:]] == ["1", "2", "3", "4"]
    assert "Gestión, fila 6" in page


def test_a_page_of_a_thousand_actions_is_light(client: Client) -> None:
    rows = [action(number, **({"G": "31/02/2024"} if number % 37 == 0 else {})) for number in range(1, 1001)]

    page = client.get(draft(client, office_book(rows)))

    assert len(read(page.text)) == 52
    assert len(page.content) < 350_000


def test_of_a_refused_upload_the_same_table_is_shown(client: Client) -> None:
    refused = client.upload(example_with(PLANTED), path="/informes")

    _, _, *rows = read(refused.text)

    assert refused.status == 422
    assert len(rows) == 10
    assert 'href="#celda-G7"' in refused.text
    assert "El libro dice: 31/02/2024 Error" in rows[1][6]


def test_of_a_long_upload_that_is_refused_the_rows_with_errors_are_shown(client: Client) -> None:
    rows = [action(number, **({"F": "cuatro"} if number in {5, 90} else {})) for number in range(1, 121)]

    refused = client.upload(office_book(rows), path="/informes")

    shown = [int(row[0].split()[0]) for row in read(refused.text)[2:]]
    assert len(shown) == 50
    assert {5, 90} <= set(shown)
    assert "Aquí están 50 de las 120 acciones: las que tienen algo por corregir." in refused.text
    assert "filas=" not in refused.text


def test_a_refused_file_that_holds_no_plan_has_no_table(client: Client) -> None:
    refused = client.upload(b"nothing of the kind", path="/informes")

    assert refused.status == 415
    assert "Lo que Folio entendió" not in refused.text


def test_what_a_cell_says_is_never_markup_in_the_table(client: Client) -> None:
    page = client.get(draft(client, example_with({"B6": "<b>Acción</b>", "G7": "<img src=x>"}))).text

    assert "&lt;b&gt;Acción&lt;/b&gt;" in page
    assert "&lt;img src=x&gt;" in page
    assert "<b>" not in page
    assert "<img src=x" not in page


def test_one_reason_lets_all_of_a_kind_stand(client: Client, sqlite_store: Store) -> None:
    location = draft(client, office_book([action(number, F="cuatro") for number in range(1, 41)]))
    assert "Aceptar los 40 con una misma razón" in client.get(location).text
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    body = "reason-all-TARGET_001=As%C3%AD+lo+fij%C3%B3+el+acuerdo"
    sent = client.ask("POST", f"{location}/correccion", body.encode(), headers)

    assert sent.status == 303
    findings = sqlite_store.reports(1)[0].findings
    accepted = [each for each in findings if each.accepted]
    assert {each.code.name for each in accepted} == {"TARGET_001"}
    assert len(accepted) == 40
    assert {each.accepted for each in accepted} == {"Así lo fijó el acuerdo"}
