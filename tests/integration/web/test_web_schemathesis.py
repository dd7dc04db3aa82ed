"""Questions that nobody thought of, made from the API's own description: none breaks it, none gets past its door.

Each operation is asked with a token that may do everything, with one that may only read, and with none.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.domain.people import Role
from service.domain.reports import USUAL_KINDS
from service.sheets.isolated import ReadingRoom
from service.store import open_store
from service.web.openapi import description
from tests.web import Client, serve, write

SCHEMA = schemathesis.openapi.from_dict(description())
FEW = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


# The addresses that are made up may be none of ours: then nobody is asked who they are.
NOT_FOUND_AT_ALL = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.BAD_REQUEST}

# What may be said in a request is told by the description only in part, and a refusal says the rest: whether the right
# requests are refused is for other tests.
AS_DESCRIBED = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def asked(
    tmp_path_factory: pytest.TempPathFactory, reading_room: ReadingRoom, migrated_sqlite: Path
) -> Iterator[Client]:
    file = tmp_path_factory.mktemp("asked") / "folio.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    store = open_store(f"sqlite:///{file}")
    with serve(store, reading_room) as client:
        report = client.upload().json
        for kind in USUAL_KINDS:
            write(store, report["id"], kind)
        yield client
    store.close()


@pytest.fixture(scope="module")
def reader(asked: Client) -> Client:
    return asked.as_(Role.READS)


@SCHEMA.parametrize()
@FEW
def test_whatever_is_asked_with_every_right_is_answered_as_described(case: schemathesis.Case, asked: Client) -> None:
    case.call_and_validate(base_url=asked.url, headers=token_of(asked), checks=AS_DESCRIBED)


@SCHEMA.parametrize()
@FEW
def test_whoever_only_reads_changes_nothing_whatever_they_ask(
    case: schemathesis.Case, asked: Client, reader: Client
) -> None:
    answer = case.call_and_validate(base_url=asked.url, headers=token_of(reader), checks=AS_DESCRIBED)
    if not is_public(case) and case.method.upper() != "GET":
        assert answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, *NOT_FOUND_AT_ALL}


@SCHEMA.parametrize()
@FEW
def test_without_a_token_nothing_is_reached_but_what_is_for_all_the_world(
    case: schemathesis.Case, asked: Client
) -> None:
    answer = case.call_and_validate(base_url=asked.url, checks=AS_DESCRIBED)
    if not is_public(case):
        assert answer.status_code in {HTTPStatus.UNAUTHORIZED, *NOT_FOUND_AT_ALL}


def is_public(case: schemathesis.Case) -> bool:
    return case.operation.definition.raw.get("security") == []


def token_of(client: Client) -> dict[str, str]:
    assert client.who
    return {"Authorization": f"Bearer {client.who.token}"}
