"""Filters against plain Python: any `where` finds the same customers, on whatever pages they are read."""

from __future__ import annotations

import asyncio
import unicodedata
from random import Random
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.tortoise import connect, disconnect
from models.draft import CustomerDraft
from models.repository import CustomerRepository
from schema.operation import Request
from tests import answers
from tests.conftest import created
from tests.database import connected
from tests.integration.oracle import (
    EMAILS,
    FLAGS,
    MOMENTS,
    NAMES,
    TEXTS,
    Where,
    holds,
    people,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.settings import DatabaseSettings

Order: TypeAlias = dict[str, str]

QUERY = """
query ($first: Int, $after: String, $last: Int, $before: String,
       $where: CustomerWhere, $search: String, $orderBy: CustomerOrder) {
  customers(first: $first, after: $after, last: $last, before: $before,
            where: $where, search: $search, orderBy: $orderBy) {
    nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}
"""


class World:
    """Customers that are there for all tests of this file, as they are stored and as Python sees them."""

    def __init__(self, database: DatabaseSettings, runner: asyncio.Runner) -> None:
        self._database = database
        self._runner = runner
        self.people: list[dict[str, Any]] = runner.run(self._fill())

    async def _fill(self) -> list[dict[str, Any]]:
        chance = Random(7)  # noqa: S311 - the same customers in every run
        filled = []
        drafts = {uuid4(): CustomerDraft.of(values) for values in people(chance)}
        await CustomerRepository().insert(drafts)
        async with connected(self._database) as connection:
            for id_, draft in drafts.items():
                moments = sorted(chance.choices(MOMENTS, k=2))
                await connection.execute(
                    "UPDATE customer_domain.customers SET created_at = $2, updated_at = $3"
                    " WHERE customer_id = $1",
                    *(id_, *moments),
                )
                address, agreed = draft.address, draft.privacy_settings
                filled.append(
                    {
                        "id": str(id_),
                        "firstName": draft.first_name,
                        "middleName": draft.middle_name,
                        "lastName": draft.last_name,
                        "email": [email.email for email in draft.emails],
                        "phoneNumber": [number.number for number in draft.phone_numbers],
                        "city": address and address.city,
                        "state": address and address.state,
                        "postalCode": address and address.postal_code,
                        "country": address and address.country,
                        "marketingEmailsEnabled": agreed and agreed.marketing_emails_enabled,
                        "twoFactorEnabled": agreed and agreed.two_factor_enabled,
                        "createdAt": moments[0],
                        "updatedAt": moments[1],
                    }
                )
        return filled

    def page(self, **arguments: Any) -> dict[str, Any]:
        """Return a page as a client gets it."""
        done = self._runner.run(answers.answer(Request(QUERY, arguments)))
        assert "errors" not in done, done
        return cast("dict[str, Any]", done["data"]["customers"])

    def found(self, where: Where) -> list[str]:
        """Return the ids of the customers that the service finds, which are all on one page."""
        page = self.page(first=100, where=where)
        ids = [node["id"] for node in page["nodes"]]
        assert page["totalCount"] == len(ids)
        return sorted(ids)

    def wanted(self, where: Where) -> list[str]:
        """Return the ids of the customers that Python finds."""
        return sorted(person["id"] for person in self.people if holds(person, where))

    def in_order(self, order: Order) -> list[str]:
        """Return all ids in an order, as PostgreSQL sorts them."""
        by = "{field} {direction}, customer_id {direction}".format_map(order)

        async def read() -> list[Any]:
            async with connected(self._database) as connection:
                rows: list[Any] = await connection.fetch(
                    f"SELECT customer_id::text FROM customer_domain.customers ORDER BY {by}"
                )
            return rows

        return [row[0] for row in self._runner.run(read())]


@pytest.fixture(scope="module")
def world(server: DatabaseSettings, template: str) -> Iterator[World]:
    """The application's pool on a database with customers, used in one thread and one loop."""
    with asyncio.Runner() as runner:
        context = created(server, template)
        database = runner.run(context.__aenter__())
        runner.run(connect(database))
        try:
            yield World(database, runner)
        finally:
            runner.run(disconnect())
            runner.run(context.__aexit__(None, None, None))


def optional(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[Where]:
    return st.fixed_dictionaries({}, optional=strategies)


def pieces(values: list[str]) -> st.SearchStrategy[str]:
    """Parts of values as they might be typed, in any case, composed or not."""
    parts = {value[start:end] for value in values for start in (0, 1, 3) for end in (1, 2, 4, len(value))}
    typed = {change(part) for part in parts for change in (str, str.upper, str.lower, str.swapcase)}
    return st.sampled_from(sorted(typed | {unicodedata.normalize("NFD", text) for text in typed}))


def text_filters(values: list[str]) -> st.SearchStrategy[Where]:
    special = st.sampled_from(["%", "_", "\\", "", "'", '"', "\\%", "%a%", "a_", "{}", ".*", "\n"])
    text = pieces(values) | special
    tests = {
        "eq": text,
        "in": st.lists(text, max_size=4),
        "startsWith": text,
        "contains": text,
        "isNull": st.booleans(),
    }
    # Mostly one test by itself: several together seldom hold, whatever each of them says.
    alone = st.sampled_from(sorted(tests)).flatmap(lambda name: st.fixed_dictionaries({name: tests[name]}))
    return alone | optional(**tests)


def moment_filters() -> st.SearchStrategy[Where]:
    moment = st.sampled_from(MOMENTS).map(lambda moment: moment.isoformat(timespec="microseconds"))
    return optional(gte=moment, gt=moment, lte=moment, lt=moment)


def id_filters(ids: list[str]) -> st.SearchStrategy[Where]:
    id_ = st.sampled_from([*ids, str(uuid4())]).flatmap(lambda id_: st.sampled_from([id_, id_.upper()]))
    return optional(eq=id_, **{"in": st.lists(id_, max_size=60)})


def filters(ids: list[str]) -> st.SearchStrategy[Where]:
    fields = {
        "id": id_filters(ids),
        **{name: text_filters(values) for name, values in TEXTS.items()},
        **{name: st.booleans() for name in FLAGS},
        "createdAt": moment_filters(),
        "updatedAt": moment_filters(),
    }
    some = st.lists(st.sampled_from(sorted(fields)), max_size=3, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: fields[name] for name in names})
    )

    def combined(inner: st.SearchStrategy[Where]) -> st.SearchStrategy[Where]:
        several = st.lists(inner, max_size=3)
        together = optional(**{"and": several, "or": several, "not": inner})
        return st.builds(lambda own, more: own | more, some, together)

    return st.recursive(some, combined, max_leaves=8)


@settings(
    deadline=None,
    max_examples=250,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.data())
def test_any_filter_finds_what_python_finds(world: World, data: st.DataObject) -> None:
    """Whatever a filter asks for in whatever combination, each customer that fits is found, and once."""
    where = data.draw(filters([person["id"] for person in world.people]))

    assert world.found(where) == world.wanted(where)


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(sorted(TEXTS)), st.data())
def test_any_text_filter_and_its_negation_share_out_all(
    world: World, field: str, data: st.DataObject
) -> None:
    """A comparison holds for some customers and its negation for all others, those without the text too."""
    where = {field: data.draw(text_filters(TEXTS[field]))}

    found = world.found(where)
    assert found == world.wanted(where)
    assert sorted(found + world.found({"not": where})) == world.found({})


@pytest.mark.parametrize("field", [*TEXTS, "id"])
def test_a_list_of_nothing_matches_nobody(world: World, field: str) -> None:
    """An `in` without values holds for no customer, and its negation for every one."""
    assert world.found({field: {"in": []}}) == []
    assert len(world.found({"not": {field: {"in": []}}})) == len(world.people)


@pytest.mark.parametrize(
    ("where", "everybody"),
    [
        ({}, True),
        ({"and": []}, True),
        ({"or": []}, False),
        ({"not": {}}, False),
        ({"not": {"or": []}}, True),
        ({"and": [{}, {}]}, True),
        ({"or": [{}]}, True),
        ({"or": [], "and": []}, False),
        ({"and": [{"or": []}]}, False),
        ({"firstName": {}}, True),
        ({"middleName": {}}, True),
        ({"city": {}}, True),
        ({"id": {}}, True),
        ({"createdAt": {}}, True),
    ],
)
def test_what_asks_for_nothing_matches_all(world: World, where: Where, everybody: bool) -> None:
    """Nothing asked for is true of everybody; of no alternatives, none is true."""
    assert len(world.found(where)) == (len(world.people) if everybody else 0)


def test_an_email_filter_is_about_one_address(world: World) -> None:
    """All that is asked of e-mail addresses must be true of the same one, and no customer comes twice."""
    both = {"email": {"startsWith": "ada@", "contains": "example.org"}}
    assert world.found(both) == []
    each = {"and": [{"email": {"startsWith": "ada@"}}, {"email": {"contains": "example.org"}}]}
    assert world.found(each) == world.wanted(each) != []
    assert world.found({"email": {"contains": "@"}}) == sorted(
        person["id"] for person in world.people if person["email"]
    )


ORDERS = [
    {"field": field, "direction": direction}
    for field in ("CREATED_AT", "UPDATED_AT", "LAST_NAME", "FIRST_NAME")
    for direction in ("ASC", "DESC")
]
SEARCHES = [None, "a", "AD", "ada", "1", "mü", "example.com", "+1 415", "o'n", "100%", "zzz"]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.none() | optional(lastName=text_filters(NAMES[:6]), email=text_filters(EMAILS)),
    st.sampled_from(SEARCHES),
    st.none() | st.sampled_from(ORDERS),
    st.integers(1, 23),
)
def test_pages_of_any_filter_in_any_order_are_complete(
    world: World, where: Where | None, search: str | None, order: Order | None, size: int
) -> None:
    """Forwards and backwards, at any page size, each match is visited once and in order."""
    arguments = {"where": where, "search": search, "orderBy": order}

    forwards: list[str] = []
    page = world.page(first=size, **arguments)
    forwards += [node["id"] for node in page["nodes"]]
    assert not page["pageInfo"]["hasPreviousPage"]
    while page["pageInfo"]["hasNextPage"]:
        page = world.page(first=size, after=page["pageInfo"]["endCursor"], **arguments)
        assert page["pageInfo"]["hasPreviousPage"]
        forwards += [node["id"] for node in page["nodes"]]
    backwards: list[str] = []
    page = world.page(last=size, **arguments)
    backwards[:0] = [node["id"] for node in page["nodes"]]
    assert not page["pageInfo"]["hasNextPage"]
    while page["pageInfo"]["hasPreviousPage"]:
        page = world.page(last=size, before=page["pageInfo"]["startCursor"], **arguments)
        assert page["pageInfo"]["hasNextPage"]
        backwards[:0] = [node["id"] for node in page["nodes"]]

    whole = world.page(first=100, **arguments)
    assert forwards == backwards == [node["id"] for node in whole["nodes"]]
    assert page["totalCount"] == len(forwards) == len(set(forwards))
    if search is None:
        assert sorted(forwards) == world.wanted(where or {})
    if order or search is None:
        everybody = world.in_order(order or ORDERS[0])
        assert forwards == [id_ for id_ in everybody if id_ in set(forwards)]
