"""The API's description is valid, complete and the same as the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from service.jobs import Bell
from service.sheets.isolated import ReadingRoom
from service.store import open_store
from service.web import create_app
from service.web.access import ACCESS, Open
from service.web.openapi import description
from service.web.problems import ProblemType


@pytest.fixture
def app() -> Iterator[Flask]:
    store, bell = open_store("sqlite:////nowhere/folio.db"), Bell("redis://127.0.0.1:1/0")
    yield create_app(store=store, bell=bell, reading_room=ReadingRoom())
    store.close()
    bell.close()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of everything described."""
    for path, item in description()["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def test_the_description_is_valid_openapi_3_1() -> None:
    OpenAPIV31SpecValidator(description()).validate()

    assert description()["openapi"].startswith("3.1.")


def test_every_route_for_programs_is_described_and_nothing_else(app: Flask) -> None:
    routes = {
        (re.sub("<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(("api.", "health."))
        for method in rule.methods or ()
        if method != "HEAD"
    }

    assert {(path, method) for path, method, _ in operations()} == routes


def test_the_served_description_is_this_one(app: Flask) -> None:
    with app.test_client() as client:
        answer = client.get("/api/v1/openapi.json", headers={"Host": "localhost"})

    assert answer.get_json() == description()


def test_every_operation_is_named_once_and_told_in_a_sentence() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]

    assert len(set(names)) == len(names)
    assert all(operation["summary"] and operation["tags"] for _, _, operation in operations())


def test_every_problem_can_be_met_somewhere_and_every_refusal_is_a_problem() -> None:
    described = {
        int(status) for _, _, operation in operations() for status in operation["responses"] if int(status) >= 400
    }

    assert described == {int(each.status) for each in ProblemType}


def test_what_takes_no_token_is_what_is_for_all_the_world(app: Flask) -> None:
    endpoints = {
        (re.sub("<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule.rule), method.lower()): rule.endpoint
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }
    for path, method, operation in operations():
        is_public = ACCESS[endpoints[path, method]] is Open.TO_ALL
        assert ("security" in operation) == is_public, path
        assert ("401" in operation["responses"]) != is_public, path


def test_every_schema_and_response_is_used() -> None:
    text = str(description())

    for section in ("schemas", "responses"):
        for name in description()["components"][section]:
            assert f"#/components/{section}/{name}'" in text, name


def test_every_example_has_the_shape_that_it_explains() -> None:
    schemas = description()["components"]["schemas"]
    examples = [(name, example) for name, schema in schemas.items() for example in schema.get("examples", ())]

    assert {name for name, _ in examples} >= {"Report", "Finding", "Problem"}
    for name, example in examples:
        whole = {"$ref": f"#/components/schemas/{name}", "components": description()["components"]}
        Draft202012Validator(whole, format_checker=FormatChecker()).validate(example)
