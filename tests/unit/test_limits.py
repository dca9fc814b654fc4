"""Limits on documents: what is counted, what is refused, and that deciding takes no longer than reading."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from graphql import GraphQLError, get_introspection_query, parse, validate
from hypothesis import given
from hypothesis import strategies as st
from strawberry.utils.str_converters import to_camel_case

from schema import schema
from schema.cost import Cost, costs
from schema.limits import LONGEST_ALIAS, DocumentTooLarge, Limits, check, read
from schema.operation import Operations, Refused, Request

SCHEMA = schema._schema
LIMITS = Limits()
EVERYTHING = """fragment everything on Customer { id firstName middleName lastName createdAt updatedAt
  emails { id email isPrimary createdAt } primaryEmail { email } phoneNumbers { id type number createdAt }
  address { line1 line2 city state postalCode country }
  privacySettings { marketingEmailsEnabled twoFactorEnabled } }"""
CREATE = """mutation ($input: CreateCustomersInput!) { createCustomers(input: $input) { createdCount results {
  ... on Customer { ...everything } } } }"""


def cost(query: str) -> Cost:
    document = read(query, LIMITS)
    assert validate(SCHEMA, document) == []
    [cost] = costs(SCHEMA, document, LIMITS.page).values()
    return cost


def limits(**limits: int) -> Limits:
    wide: dict[str, Any] = dict.fromkeys(
        ("tokens", "depth", "aliases", "directives", "root_fields", "cost", "values"), 10_000_000
    )
    return Limits(**wide | limits)


@pytest.mark.parametrize(
    ("limit", "count", "query"),
    [
        ("tokens", 5, "{ a b c }"),
        ("tokens", 5, "# one\n# two\n{ a }"),
        ("depth", 3, "{ a { b { c } } }"),
        ("depth", 3, "{ ...f } fragment f on Query { a { ...g } } fragment g on B { ... { b { c } } }"),
        ("aliases", 2, "{ x: a y: b }"),
        ("aliases", 4, "{ ...f ...f } fragment f on Query { x: a { y: b } }"),
        ("directives", 4, "query ($v: Int @a) @b { a @c ... @d { b } }"),
        ("directives", 4, "{ ...f @a ... { ...f @a } } fragment f on Query @b { a } query q @a { b }"),
        ("root_fields", 3, "{ a a ... { b { c d } } }"),
        ("root_fields", 4, "{ ...f ...f } fragment f on Query { a b { c } }"),
    ],
)
def test_counts(limit: str, count: int, query: str) -> None:
    """As much as the limit is allowed, and one more is refused with the limit and its name."""
    read(query, limits(**{limit: count}))
    with pytest.raises(DocumentTooLarge, match=f"more than {count - 1} .+; ") as error:
        read(query, limits(**{limit: count - 1}))
    assert error.value.limit == to_camel_case(limit)


@pytest.mark.parametrize(
    "part", ["a ", "...{ a } ", "x: a ", "...f ", "b { x { y } } ", "...on Query { b { c } } "]
)
def test_repetitions(part: str) -> None:
    """What is asked for again and again is refused, since validation compares each with each."""
    fragment = " fragment f on Query { b { ...on B { a } } }" if "...f" in part else ""
    read("{ " + part * 50 + "}" + fragment, limits(tokens=2_000))
    with pytest.raises(DocumentTooLarge, match="repeats"):
        read("{ " + part * 200 + "}" + fragment, limits(tokens=2_000))


@pytest.mark.parametrize(
    "value", [[1] * 9, {str(n): n for n in range(9)}, [[]] * 9, [{}, [{"a": [{}, 1, 2]}], 3, 4]]
)
def test_values(value: Any) -> None:
    """Values of variables are counted however deep they are, and what holds them."""
    request = Request("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": value})
    Operations(limits(values=10)).prepare(request)
    with pytest.raises(Refused) as refused:
        Operations(limits(values=9)).prepare(request)
    [error] = refused.value.errors
    assert isinstance(error, DocumentTooLarge)
    assert error.limit == "values"


def test_long_aliases() -> None:
    """An alias, which is answered once for each object, has an end."""
    read(f"{{ {'a' * LONGEST_ALIAS}: b {'c' * LONGEST_ALIAS * 2} }}", LIMITS)
    with pytest.raises(DocumentTooLarge, match="alias") as error:
        read(f"{{ {'a' * (LONGEST_ALIAS + 1)}: b }}", LIMITS)
    assert error.value.limit == "aliases"


@pytest.mark.parametrize("descriptions", [True, False])
def test_introspection(descriptions: bool) -> None:
    """What explorers ask about the schema is within all limits."""
    query = get_introspection_query(
        descriptions, specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True
    )

    assert cost(query).of(None) <= LIMITS.cost


CUSTOMER = 1 + 6 + (1 + 1) + 5 * (1 + 4) * 2 + (1 + 6) + (1 + 2)
"""What a customer with everything costs: itself and its fields, two lists of which have four each."""


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        ("{ __typename }", None, 1),
        ("{ customer(id: 1) { id } }", None, 2),
        ("{ customers { totalCount } }", None, 1 + 100 + 20),
        ("{ customers(first: 7) { totalCount nodes { id } } }", None, 1 + 100 + 7 * (1 + 1 + 1)),
        (
            "{ customers(last: 7) { ...f } } fragment f on CustomerConnection { nodes { id } }",
            None,
            1 + 7 * 3,
        ),
        ("{ customers(first: 101) { nodes { id } } }", None, 1 + 100 * 3),
        ("{ customers(first: -1) { nodes { id } } }", None, 1),
        ("query ($n: Int) { customers(first: $n) { nodes { id } } }", {"n": 3}, 1 + 3 * 3),
        ("query ($n: Int) { customers(first: $n) { nodes { id } } }", None, 1 + 20 * 3),
        ("query ($n: Int = 5) { customers(first: $n) { nodes { id } } }", {}, 1 + 5 * 3),
        ("query ($n: Int = 5) { customers(first: $n) { nodes { id } } }", {"n": None}, 1 + 20 * 3),
        ("query ($n: Int) { customers(first: $n, last: 4) { nodes { id } } }", {"n": None}, 1 + 4 * 3),
        ("{ customers(first: 100) { nodes { ...everything } } }", None, 1 + 100 * (1 + CUSTOMER)),
        ('{ nodes(ids: ["a", "b"]) { id } }', None, 1 + 2 * (1 + 1)),
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["a"] * 9}, 1 + 9 * 2),
        (CREATE, {"input": {"customers": [{}] * 1_000}}, 1 + 1 + 1_000 * (1 + CUSTOMER)),
        (
            "mutation ($c: [CreateCustomerInput!]!) {createCustomers(input: {customers: $c}) {createdCount}}",
            {"c": [{}] * 3},
            1 + 1 + 3,
        ),
    ],
)
def test_cost(query: str, variables: dict[str, Any] | None, expected: int) -> None:
    """A field costs 1, times the items of the lists that it is in, counting 100; no more is admitted."""
    request = Request(query + (EVERYTHING if "...everything" in query else ""), variables)

    assert Operations(limits(cost=expected)).prepare(request).cost == expected
    with pytest.raises(Refused) as refused:
        Operations(limits(cost=expected - 1)).prepare(request)
    assert refused.value.cost == expected


def test_the_largest_answers_are_within_the_cost() -> None:
    """By default a page of 100 customers, and 1,000 created at once, may be read with everything."""
    page = cost("{ customers(first: 100) { edges { node { ...everything } } } }" + EVERYTHING)
    bulk = cost(CREATE + EVERYTHING)

    assert page.of(None) <= LIMITS.cost
    assert bulk.of({"input": {"customers": [{}] * 1_000}}) <= LIMITS.cost


@pytest.mark.parametrize(
    "query",
    [
        "{ ...f } fragment f on Query { ...f }",
        "{ ...f } fragment f on Query { a { ...g } } fragment g on Query { ...f }",
        "{ a } fragment f on Query { a } fragment f on Query { b }",
    ],
)
def test_fragments_without_end(query: str) -> None:
    """A fragment that spreads itself, or has the name of another one, is refused as not valid."""
    with pytest.raises(GraphQLError) as error:
        read(query, LIMITS)
    assert not isinstance(error.value, DocumentTooLarge)


CHAIN = "".join(f" fragment f{i} on Query {{ ...f{i + 1} }}" for i in range(2_000))
DOUBLING = "".join(f" fragment f{i} on Query {{ ...f{i + 1} ...f{i + 1} }}" for i in range(200))
HOSTILE = {
    "a chain": "{ ...f0 }" + CHAIN + " fragment f2000 on Query { a }",
    "a circle": "{ ...f0 }" + CHAIN + " fragment f2000 on Query { ...f0 }",
    "doubling": "{ ...f0 }" + DOUBLING + " fragment f200 on Query { a }",
    "unused doubling": "{ a }" + DOUBLING + " fragment f200 on Query { a }",
    "a wide one": "{ " + "a " * 10_000 + "}",
}


@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE)
def test_hostile_documents_take_no_longer_than_honest_ones(query: str) -> None:
    """Deciding takes a number of steps in proportion to the length of the document, whatever it is."""
    document = parse(query)
    steps = 0

    def count(*_: object) -> None:
        nonlocal steps
        steps += 1

    sys.setprofile(count)
    try:
        check(document, limits())
    except GraphQLError:
        pass
    finally:
        sys.setprofile(None)
    assert steps < 20 * len(query)


@pytest.mark.parametrize("query", ["{" * 100_000, "{a" * 100_000, HOSTILE["a chain"] * 10])
def test_what_is_too_long_is_not_read_to_its_end(query: str) -> None:
    """A long document is refused for its tokens, whatever is wrong with it beyond them."""
    with pytest.raises(DocumentTooLarge, match="tokens"):
        read(query, LIMITS)


LEAF = st.sampled_from(["id", "firstName", "x: lastName", "emails { id y: email }", "primaryEmail { email }"])
BODIES = st.lists(st.lists(LEAF | st.integers(0, 4), min_size=1, max_size=4), min_size=1, max_size=4)


@given(bodies=BODIES, first=st.integers(0, 3))
def test_fragments_count_as_if_written_out(bodies: list[list[str | int]], first: int) -> None:
    """A document with fragments has the limits and the cost of the same one without."""

    def written(body: list[str | int], place: int, *, out: bool) -> str:
        parts = []
        for part in body:
            later = place + 1 + part if isinstance(part, int) else 0
            if isinstance(part, str) or later >= len(bodies):
                parts.append(part if isinstance(part, str) else "id")
            elif out:
                parts.append(f"... on Customer {{ {written(bodies[later], later, out=True)} }}")
            else:
                parts.append(f"...f{later}")
        return " ".join(parts)

    page = f"{{ customers(first: {first}) {{ nodes {{ %s }} }} }}"
    flat = parse(page % written(bodies[0], 0, out=True))
    fragments = "".join(
        f" fragment f{place} on Customer {{ {written(body, place, out=False)} }}"
        for place, body in enumerate(bodies)
    )
    spread = parse(page % "...f0" + fragments)

    assert costs(SCHEMA, spread, LIMITS.page) == costs(SCHEMA, flat, LIMITS.page)
    for limit in ("depth", "aliases"):
        for count in range(8):
            assert _kept(flat, limits(**{limit: count})) == _kept(spread, limits(**{limit: count}))


def _kept(document: Any, limits: Limits) -> bool:
    try:
        check(document, limits)
    except DocumentTooLarge:
        return False
    return True
