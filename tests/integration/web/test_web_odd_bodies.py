"""Odd bodies and identifiers over HTTP: whatever is sent is answered with what is wrong with it, never with a 5xx."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pytest

from tests.web import BOUNDARY, EXAMPLE, Answer, Client, form, problem_of

ROUTES: Final = {
    "issue": ("by", "reason", "description", "approval", "approval.act"),
    "documents": ("kinds", "against", "by"),
    "next-quarter": ("by", "against"),
    "documents/word/retry": ("by",),
    "documents/changes/retry": ("against", "by"),
}
ODD_VALUES: Final = (
    "1", "-1e999", "true", "null", "[]", "{}", '""', "[null]", "[1,2]", '[["word"]]', '{"a":1}', '[{"a":1}]',
    r'"\ud800"', r'["\ud800"]', r'{"act":"\udfff"}', r'"\u0000"', r'["changes","\u0000"]', '"../../etc"',
    f'"{"ñ" * 1_000_000}"', "9" * 5_000, "[" * 900 + "]" * 900,
)  # fmt: skip
ODD_BODIES: Final = ("", "null", "7", "[]", '"texto"', "[" * 5_000, '{"kinds":' * 5_000, "{", "\x00", '{"by":"\udcff"}')
ODD_IDS: Final = ("%00", "%ED%A0%80", "a%20b", "x" * 65, "'%20OR%201=1")


@pytest.fixture
def report_id(client: Client) -> str:
    return str(client.upload().json["id"])


def send(client: Client, path: str, body: str) -> Answer:
    content = body.encode(errors="surrogateescape")
    return client.ask("POST", path, content, {"Content-Type": "application/json"})


def uploaded(client: Client, fields: Mapping[str, str]) -> Answer:
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return client.ask("POST", "/api/v1/reports", form(EXAMPLE.read_bytes(), "Plan.xlsx", fields), kind)


@pytest.mark.parametrize("route", ROUTES)
def test_no_odd_json_makes_a_route_stumble(client: Client, report_id: str, route: str) -> None:
    path = f"/api/v1/reports/{report_id}/{route}"
    bodies = [*ODD_BODIES, *(f'{{"{field}":{value}}}' for field in ROUTES[route] for value in ODD_VALUES)]
    bodies += [f'{{"kinds":["changes"],"against":{value}}}' for value in ODD_VALUES]
    bodies += [f'{{"approval":{{"act":{value}}}}}' for value in ODD_VALUES]

    answers = {body[:80]: send(client, path, body).status for body in bodies}

    assert [body for body, status in answers.items() if status >= 500] == []


def test_json_heavier_than_anything_there_is_to_say_is_not_read_to_its_end(client: Client, report_id: str) -> None:
    answer = send(client, f"/api/v1/reports/{report_id}/issue", f'{{"by":"{"x" * 5_000_000}"}}')

    assert problem_of(answer, 400)["detail"] == "El JSON puede pesar hasta 512 KB."


@pytest.mark.parametrize("field", ["mapping", "accepted", "kinds", "step", "by"])
def test_no_odd_json_in_a_field_of_an_upload_makes_it_stumble(client: Client, field: str) -> None:
    values = [*ODD_VALUES, "[" * 5_000, r'{"\ud800":"meta"}', r'{"Meta":"\ud800"}', r'{"\u0000":"meta"}']
    values += [rf'[{{"code":"ROW_002","sheet":"{odd}","reason":"Sí"}}]' for odd in (r"\ud800", r"\u0000")]
    values += [rf'[{{"code":"{odd}","reason":"{odd}"}}]' for odd in (r"\ud800", r"\u0000")]

    answers = {value[:80]: uploaded(client, {"draft": "true", field: value}).status for value in values}

    assert [value for value, status in answers.items() if status >= 500] == []


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kinds": {"a": 1}}, "kinds"),
        ({"kinds": [["word"]]}, "kinds"),
        ({"kinds": [None]}, "kinds"),
        ({"kinds": ["word"], "by": [1, 2]}, "by"),
        ({"kinds": ["changes"], "against": {"id": "x"}}, "against"),
    ],
)
def test_a_field_that_is_no_text_is_named(client: Client, report_id: str, said: dict[str, Any], field: str) -> None:
    problem = problem_of(send(client, f"/api/v1/reports/{report_id}/documents", json.dumps(said)), 400)

    assert [error["field"] for error in problem["errors"]] == [field]
    assert f"«{field}»" in problem["detail"]


def test_an_approval_that_is_no_object_is_named(client: Client, report_id: str) -> None:
    problem = problem_of(client.post(f"/api/v1/reports/{report_id}/issue", approval="Acta 5"), 400)

    assert [error["field"] for error in problem["errors"]] == ["approval"]


@pytest.mark.parametrize("odd", ODD_IDS)
def test_what_cannot_be_an_id_is_never_asked_of_the_database(client: Client, report_id: str, odd: str) -> None:
    api, page = f"/api/v1/reports/{report_id}", f"/informes/{report_id}"

    assert client.get(f"{api}/changes?against={odd}").status == 404
    assert client.get(f"{page}/cambios?contra={odd}").status == 404
    assert client.get(f"{api}/documents/changes?against={odd}").status == 404
    assert client.get(f"/api/v1/reports?before={odd}").status == 400
    assert client.get(f"/?antes={odd}").status == 200
