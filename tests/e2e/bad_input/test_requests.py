"""Requests and documents that are none: each gets its own answer, and nothing is done."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.bad_input.inputs import (
    CREATE,
    JSON,
    LONG,
    REQUEST,
    codes,
)

if TYPE_CHECKING:
    from tests.e2e.api import Api


def variables(text: str) -> bytes:
    query = "query ($first: Int) { customers(first: $first) { nodes { id } } }"
    return f'{{"query": "{query}", "variables": {text}}}'.encode()


BODIES = {
    "nothing": b"",
    "null": b"null",
    "a number": b"5",
    "a string": json.dumps(CREATE).encode(),
    "a list": b"[]",
    "a batch": b"[" + REQUEST + b"]",
    "GraphQL": CREATE.encode(),
    "a form": b"query=" + CREATE.encode(),
    "not UTF-8": REQUEST.replace(b"Mallory", b"Mall\xffry"),
    "UTF-16": REQUEST.decode().encode("utf-16"),
    "gzip": gzip.compress(REQUEST),
    "a raw surrogate": REQUEST.replace(b"Mallory", b"\xed\xa0\x80"),
    "a lone surrogate": variables('{"first": "\\ud800"}'),
    "a NUL": REQUEST.replace(b"Mallory", b"\0"),
    "two objects": REQUEST + REQUEST,
    "half an object": REQUEST[:-1],
    "nested brackets": b"[" * 100_000,
    "nested lists": b"[" * 100_000 + b"]" * 100_000,
    "nested variables": variables("[" * 100_000 + "]" * 100_000),
    "a huge integer": b"9" * 5_000,
    "a variable with a huge integer": variables('{"first": ' + "9" * 5_000 + "}"),
    "a variable with infinity": variables('{"first": 1e999}'),
    "a variable with NaN": variables('{"first": NaN}'),
    "no query": b"{}",
    "a query that is null": b'{"query": null}',
    "a query that is a number": b'{"query": 5}',
    "an empty query": b'{"query": ""}',
    "a blank query": b'{"query": " \\n\\t"}',
    "variables that are a list": variables("[]"),
    "variables that are a string": variables('"{}"'),
    "variables that are a number": variables("5"),
    "an operation name that is a number": REQUEST[:-1] + b', "operationName": 5}',
    "extensions that are a list": REQUEST[:-1] + b', "extensions": []}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_request_is_refused(api: Api, body: bytes) -> None:
    """A body that is not one JSON object with a query is a bad request, whatever it is."""
    response = api.http.post("/graphql", content=body, headers=JSON)

    assert (response.status_code, codes(response)) == (400, {"BAD_USER_INPUT"})


def test_a_compressed_body_that_does_not_say_so_is_refused(api: Api) -> None:
    """A compressed body is a bad request without a header that says so, too."""
    headers = JSON | {"content-encoding": "identity"}
    response = api.http.post("/graphql", content=gzip.compress(REQUEST), headers=headers)

    assert (response.status_code, codes(response)) == (400, {"BAD_USER_INPUT"})


@pytest.mark.parametrize(
    "media_type",
    [
        None,
        "",
        "text/plain",
        "text/plain; application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/jsonx",
    ],
)
def test_another_media_type_is_refused(api: Api, media_type: str | None) -> None:
    """What is not said to be JSON is an unsupported media type, even if it is JSON."""
    headers = {} if media_type is None else {"content-type": media_type}
    response = api.http.post("/graphql", content=REQUEST, headers=headers)

    assert (response.status_code, codes(response)) == (415, {"BAD_USER_INPUT"})


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_another_method_is_refused(api: Api, method: str) -> None:
    """Only GET and POST are answered, and the answer to others says so."""
    response = api.http.request(method, "/graphql", content=REQUEST, headers=JSON)

    assert response.status_code == 405
    assert {"GET", "POST"} <= set(response.headers["allow"].split(", "))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_safe_methods_change_nothing(api: Api, method: str) -> None:
    """A mutation by GET or HEAD is not allowed, wherever in the request it stands and whatever its name."""
    several = f"query safe {{ __typename }} mutation unsafe {CREATE.removeprefix('mutation ')}"
    for parameters in ({"query": CREATE}, {"query": several, "operationName": "unsafe"}):
        response = api.http.request(method, "/graphql", params=parameters)
        assert (response.status_code, response.headers["allow"]) == (405, "POST")

    api.http.request(method, "/graphql", content=REQUEST, headers=JSON)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"query": ""},
        {"query": "{__typename}", "variables": "x"},
        {"query": "{__typename}", "variables": "[]"},
        {"query": "{__typename}", "variables": "[" * 10_000},
        {"query": "{__typename}", "extensions": "5"},
    ],
    ids=lambda parameters: str(parameters)[:60],
)
def test_an_address_that_is_no_request_is_refused(api: Api, parameters: dict[str, str]) -> None:
    """A GET without a query, or with parameters that are not JSON objects, is a bad request."""
    response = api.http.get("/graphql", params=parameters)

    assert (response.status_code, codes(response)) == (400, {"BAD_USER_INPUT"})


FIELD = "customers(first: 1) { nodes { id } }"
UNREADABLE = {
    "an open bracket": "{",
    "a comment": "# nothing",
    "a mutation cut short": CREATE[:-1],
    "a NUL": '{ customer(id: "\0") { id } }\0',
    "a control character": "{ __typename \x1b }",
    "a lone surrogate": '{ customer(id: "\\ud800") { id } }',
    "an open string": '{ customer(id: "',
}
INVALID = {
    "an unknown field": "{ nope }",
    "an unknown field with a long name": "{ " + "a" * LONG + " }",
    "an unknown argument": "{ customers(nope: 1) { nodes { id } } }",
    "an unknown type": "query ($a: Nope) { customers(first: $a) { nodes { id } } }",
    "an unknown directive": "{ __typename @nope }",
    "an unknown fragment": "{ ...nope }",
    "an unused variable": "query ($a: Int) { __typename }",
    "no selection": "{ customers }",
    "a missing argument": "{ customer { id } }",
    "a subscription": "subscription { customers { nodes { id } } }",
    "a type definition": "type Query { a: Int }",
    "a fragment alone": "fragment f on Customer { id }",
    "a fragment within itself": "{ ...f } fragment f on Query { ...f }",
    "fragments within each other": "{ ...f } fragment f on Query { ...g } fragment g on Query { ...f }",
    "many fragments within each other": "{ ...f0 }"
    + "".join(f" fragment f{i} on Query {{ ...f{i + 1} }}" for i in range(200))
    + " fragment f200 on Query { ...f0 }",
    "several anonymous operations": f"{CREATE} {CREATE}",
    "several operations of a name": f"query a {{ {FIELD} }} query a {{ {FIELD} }}",
    "the same argument twice": "{ customers(first: 1, first: 2) { nodes { id } } }",
    "a text for a number": '{ customers(first: "1") { nodes { id } } }',
    "a fraction for a number": "{ customers(first: 1.5) { nodes { id } } }",
    "a number beyond 32 bits": "{ customers(first: 2147483648) { nodes { id } } }",
    "a number of 5,000 digits": "{ customers(first: " + "9" * 5_000 + ") { nodes { id } } }",
    "an order by nothing": "{ customers(orderBy: {}) { nodes { id } } }",
    "an order by an unknown field": "{ customers(orderBy: {field: EMAIL}) { nodes { id } } }",
    "an order in no direction": "{ customers(orderBy: {field: LAST_NAME, direction: null}) { totalCount } }",
    "a moment that is none": CREATE.replace("createCustomer", "updateCustomer").replace(
        "firstName:", 'id: "x", expectedUpdatedAt: "yesterday", firstName:'
    ),
    "a fault beside a good mutation": CREATE[:-1] + " nope }",
}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        *(pytest.param(query, "GRAPHQL_PARSE_FAILED", id=name) for name, query in UNREADABLE.items()),
        *(pytest.param(query, "GRAPHQL_VALIDATION_FAILED", id=name) for name, query in INVALID.items()),
    ],
)
def test_a_document_that_is_not_valid_is_refused(api: Api, query: str, code: str) -> None:
    """A document that cannot be read, or does not fit the schema, is refused before anything runs."""
    response = api.post(query)

    assert (response.status_code, codes(response)) == (400, {code})


@pytest.mark.parametrize("levels", [300, 1_500])
@pytest.mark.parametrize(
    ("opening", "inner", "closing"),
    [
        ("{a", "", "}"),
        ("{ ...on Query ", "{ __typename }", "}"),
        ("{ customer(id: " + "[" * 500, "1", "]) { id } }"),
        ("query ($a: [", "Int", "]) { __typename }"),
        ("{ customers(orderBy: {field: ", "1", "}) { nodes { id } } }"),
        ("{ __schema { types { ofType { ", "name", "} } } }"),
    ],
)
def test_a_document_that_is_nested_too_deeply_is_refused(
    api: Api, levels: int, opening: str, inner: str, closing: str
) -> None:
    """Nesting that no honest document has is refused, whatever is nested."""
    response = api.post(opening * levels + inner + closing * levels)

    assert response.status_code == 400
    assert codes(response) <= {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "LIMIT_EXCEEDED"}


def test_fragments_that_multiply_are_answered(api: Api) -> None:
    """Each of 40 fragments spreads the next one twice, which takes no longer than once."""
    fragments = "".join(f" fragment f{i} on Query {{ ...f{i + 1} ...f{i + 1} }}" for i in range(40))

    assert api.post(f"{{ ...f0 }}{fragments} fragment f40 on Query {{ {FIELD} }}").status_code in (200, 400)


@pytest.mark.parametrize("name", [None, "", "nope", "a\0", "A" * LONG], ids=lambda name: repr(name)[:9])
def test_one_operation_must_be_meant(api: Api, name: str | None) -> None:
    """Of several operations none runs unless operationName is the name of one."""
    mutation = CREATE.replace("mutation", "mutation b")
    request = {"query": f"query a {{ {FIELD} }} {mutation}", "operationName": name}
    response = api.http.post("/graphql", json=request)

    assert (response.status_code, codes(response)) == (400, {"GRAPHQL_VALIDATION_FAILED"})
    assert "operationName" in response.text
