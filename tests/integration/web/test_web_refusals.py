"""What the API refuses, each with its reason: nothing that is uploaded is ever our fault."""

from __future__ import annotations

import random

import pytest

from service.sheets.isolated import ReadingRoom
from service.store import Store
from tests.web import BOUNDARY, EXAMPLE, Client, example_with, problem_of, serve

MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def test_all_fields_at_fault_are_named_at_once(client: Client) -> None:
    body = b"year=24&quarter=V&version=dos&kinds=word,odt"

    problem = problem_of(
        client.ask("POST", "/api/v1/reports", body, {"Content-Type": "application/x-www-form-urlencoded"}), 400
    )

    assert [error["field"] for error in problem["errors"]] == ["workbook", "year", "quarter", "version", "kinds"]
    assert "Falta el libro de Excel" in problem["detail"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("year", "1989"),
        ("year", "2101"),
        ("year", "²⁰²⁴"),
        ("year", "2024.0"),
        ("quarter", "0"),
        ("quarter", "5"),
        ("version", "2"),
        ("version", "2,0"),
        ("version", "99999.0"),
        ("kinds", "word,doc"),
        ("kinds", "package"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_with_its_value(client: Client, field: str, value: str) -> None:
    problem = problem_of(client.upload(**{field: value}), 400)

    assert [error["field"] for error in problem["errors"]] == [field]
    assert problem["errors"][0]["value"] in value


@pytest.mark.parametrize(
    ("content", "filename", "status"),
    [
        (b"", "plan.xlsx", 422),
        (b"Respetados se\xf1ores:", "plan.xlsx", 415),
        (b"No.;ACCI\xd3N\r\n", "plan.csv", 422),
        (b"%PDF-1.7\n", "plan.xlsx", 415),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "plan.xls", 415),
        (b"PK\x03\x04" + bytes(300), "plan.xlsx", 422),
        (EXAMPLE.read_bytes()[:5000], "plan.xlsx", 422),
    ],
    ids=["empty", "a letter", "a list without a plan", "pdf", "false old Excel", "false zip", "cut off"],
)
def test_a_file_that_cannot_be_read_is_explained(client: Client, content: bytes, filename: str, status: int) -> None:
    problem = problem_of(client.upload(content, filename=filename), status)

    assert problem["findings"]
    assert all(finding["message"] and finding["fix"] for finding in problem["findings"])


def test_a_text_under_the_name_of_a_workbook_is_told_once_that_it_is_none(client: Client) -> None:
    text = "Señores: esto es un texto, con comas, y más.\nOtra línea, con comas, así.\n".encode()
    told = "El archivo no es una hoja de cálculo"

    assert told in problem_of(client.upload(text, filename="plan.xlsx"), 415)["detail"]
    assert client.upload(text, filename="plan.xlsx", path="/informes").text.count(told) == 1
    assert "TABLE_001" in client.upload(text, filename="plan.csv").text


def test_a_workbook_without_the_table_says_so(client: Client) -> None:
    headless = example_with(dict.fromkeys(["A4", "B4", "J4", "K4", *(f"{column}5" for column in "BCDEFGHIJK")]))

    problem = problem_of(client.upload(headless), 422)

    assert "TABLE_001" in {finding["code"] for finding in problem["findings"]}


def test_errors_in_the_workbook_come_all_at_once_each_with_its_cell(client: Client) -> None:
    spoiled = example_with({"F5": "OBSERVACIONES", "G7": "31/02/2024", "K9": None})

    problem = problem_of(client.upload(spoiled), 422)

    assert problem["type"] == "urn:folio:problema:libro-con-errores"
    errors = [finding for finding in problem["findings"] if finding["severity"] == "error"]
    assert {"G7", "K9"} <= {finding["cell"] for finding in errors}
    assert any(finding["column"] == "META" for finding in errors)
    assert client.get("/api/v1/reports").json["reports"] == []


def test_a_workbook_over_the_limit_is_413(sqlite_store: Store, reading_room: ReadingRoom) -> None:
    with serve(sqlite_store, reading_room, max_upload_bytes=1024 * 1024) as client:
        just_over = client.upload(bytes(1024 * 1024 + 1))
        far_over = client.upload(bytes(2 * 1024 * 1024))

    assert "1 MB" in problem_of(just_over, 413)["detail"]
    assert "1 MB" in problem_of(far_over, 413)["detail"]


def test_no_bytes_of_a_workbook_make_it_too_large_before_it_is(client: Client) -> None:
    # Line breaks and dashes at the seams of the reading buffer are where a parser of multipart stumbles.
    for seed in range(3):
        content = random.Random(seed).randbytes(2 * 1024 * 1024)
        assert client.upload(content).status == 415
    assert client.upload(b"\r\n--a-boundary" * 100_000).status == 415


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b""),
        ({}, b"x" * 1000),
        ({"Content-Type": "application/json"}, b'{"workbook": 1}'),
        ({"Content-Type": "multipart/form-data"}, b"--x\r\n"),
        (MULTIPART, b""),
        (MULTIPART, b"--"),
        (MULTIPART, f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="workbook"; filename="a'.encode()),
        (MULTIPART, f"--{BOUNDARY}\r\n\r\nno headers\r\n--{BOUNDARY}--\r\n".encode()),
        (
            MULTIPART,
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="workbook"\r\n\r\nx\r\n--{BOUNDARY}--'.encode(),
        ),
        (MULTIPART, (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 50).encode()),
        (
            MULTIPART,
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\n{"x" * 600_000}\r\n'.encode(),
        ),
        ({"Content-Type": f"multipart/form-data; boundary={'x' * 5000}"}, b"--x"),
        ({"Content-Type": "multipart/form-data; boundary=\xff; charset=nonsense"}, b"--\xff\r\n"),
    ],
)
def test_no_body_however_broken_is_more_than_a_problem(client: Client, headers: dict[str, str], body: bytes) -> None:
    answer = client.ask("POST", "/api/v1/reports", body, headers)

    problem_of(answer, answer.status)
    assert answer.status in {400, 413}


def test_two_workbooks_in_one_request_are_refused(client: Client) -> None:
    part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="workbook"; filename="a.xlsx"\r\n\r\nx\r\n'
    answer = client.ask("POST", "/api/v1/reports", f"{part}{part}--{BOUNDARY}--\r\n".encode(), MULTIPART)

    assert "un solo libro" in problem_of(answer, 400)["detail"]


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/api/v1/reports"), ("DELETE", "/api/v1/reports/x"), ("POST", "/readyz")]
)
def test_another_method_is_405_and_told_what_is_allowed(client: Client, method: str, path: str) -> None:
    answer = client.ask(method, path)

    problem_of(answer, 405)
    assert "GET" in answer.headers["Allow"]
