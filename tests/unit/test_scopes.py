"""Scopes: which ones an operation needs is told from its document."""

from __future__ import annotations

import pytest
from graphql import parse, validate

from schema import schema
from schema.scopes import READ, WRITE, required

SCHEMA = schema._schema
FIELDS = "... on Customer { %s } ... on InvalidInput { message issues { path } }"
CREATE = 'mutation { createCustomer(input: {firstName: "a", lastName: "b"}) { __typename %s } }'
DELETE = 'mutation { deleteCustomer(input: {id: "x"}) { ... on DeletedCustomer { id } %s } }'


@pytest.mark.parametrize(
    ("query", "scopes"),
    [
        ("{ __typename }", set()),
        ('{ __schema { types { name } } __type(name: "Customer") { name } }', set()),
        ('{ customer(id: "x") { id } }', {READ}),
        ("{ customers { totalCount } }", {READ}),
        ('{ node(id: "x") { __typename } }', {READ}),
        ("{ nodes(ids: []) { id } }", {READ}),
        ("query ($no: Boolean = false) { customers @include(if: $no) { totalCount } }", {READ}),
        (
            "{ ... { ...f } } fragment f on Query { ...g } fragment g on Query { customers { totalCount } }",
            {READ},
        ),
        ("mutation { __typename }", set()),
        (CREATE % "", {WRITE}),
        (CREATE % FIELDS % "id __typename", {WRITE}),
        (CREATE % FIELDS % "id firstName", {WRITE, READ}),
        (CREATE % FIELDS % "emails { id }", {WRITE, READ}),
        (CREATE % "...f" + " fragment f on Customer { address { city } }", {WRITE, READ}),
        (DELETE % "", {WRITE}),
        (DELETE % "... on StaleCustomer { current { id } }", {WRITE}),
        (DELETE % "... on StaleCustomer { current { updatedAt } }", {WRITE, READ}),
    ],
)
def test_required(query: str, scopes: set[str]) -> None:
    """To read is needed for what is read, after a write too, but for ids; to write is for mutations."""
    document = parse(query)
    assert validate(SCHEMA, document) == []

    assert required(SCHEMA, document)[None].keys() == scopes


def test_every_field_has_its_scope() -> None:
    """No field at the root is free, whatever is added to the schema."""
    for type_, scope in ((SCHEMA.query_type, READ), (SCHEMA.mutation_type, WRITE)):
        assert type_
        for field in type_.fields:
            document = parse(f"{type_.name.lower()} {{ {field} }}")
            assert required(SCHEMA, document)[None].keys() == {scope}


def test_operations_of_a_document_are_told_apart() -> None:
    """An operation needs what itself selects, and the first such field is named with it."""
    document = parse(
        "query a { customers { totalCount } } query b { __typename } mutation c { deleteCustomer }"
    )
    scopes = required(SCHEMA, document)

    assert {name: list(needed) for name, needed in scopes.items()} == {"a": [READ], "b": [], "c": [WRITE]}
    assert scopes["a"][READ].name.value == "customers"
