"""Paging through customers with cursors, while others are at work."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.api import Api

PAGE = """
query ($first: Int, $after: String, $last: Int, $before: String, $orderBy: CustomerOrder) {
  customers(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy) {
    edges { cursor node { id firstName lastName createdAt updatedAt } }
    nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}
"""
COUNT = 250
KEYS = {
    "CREATED_AT": "createdAt",
    "UPDATED_AT": "updatedAt",
    "LAST_NAME": "lastName",
    "FIRST_NAME": "firstName",
}


@pytest.fixture(scope="module")
def everybody(api: Api) -> list[dict[str, Any]]:
    """All customers of this file but those that a test adds while it pages: many share a name."""
    made = [
        api.create(firstName=f"First{number % 7}", lastName=f"Last{number % 11}") for number in range(COUNT)
    ]
    api.change("updateCustomer", id=made[3]["id"], middleName="later")
    return [customer for customer in (api.customer(one["id"]) for one in made) if customer]


def forwards(api: Api, **arguments: Any) -> Iterator[dict[str, Any]]:
    after = None
    while True:
        page = api.data(PAGE, **arguments, after=after)["customers"]
        yield page
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def backwards(api: Api, **arguments: Any) -> Iterator[dict[str, Any]]:
    before = None
    while True:
        page = api.data(PAGE, **arguments, before=before)["customers"]
        yield page
        if not page["pageInfo"]["hasPreviousPage"]:
            return
        before = page["pageInfo"]["startCursor"]


def ids(page: dict[str, Any]) -> list[str]:
    assert [edge["node"]["id"] for edge in page["edges"]] == [node["id"] for node in page["nodes"]]
    return [node["id"] for node in page["nodes"]]


@pytest.mark.parametrize(("field", "direction"), list(product(KEYS, ("ASC", "DESC"))))
def test_pages_in_every_order_are_complete(
    api: Api, everybody: list[dict[str, Any]], field: str, direction: str
) -> None:
    """Paging forwards or backwards in any order shows every customer once, in that order."""
    wanted = sorted(
        everybody, key=lambda customer: (customer[KEYS[field]], customer["id"]), reverse=direction == "DESC"
    )
    order = {"field": field, "direction": direction}

    seen = [id_ for page in forwards(api, first=37, orderBy=order) for id_ in ids(page)]
    assert seen == [customer["id"] for customer in wanted]
    pages = [ids(page) for page in backwards(api, last=41, orderBy=order)]
    assert [id_ for page in reversed(pages) for id_ in page] == seen


@pytest.mark.parametrize(("walk", "size"), [(forwards, "first"), (backwards, "last")])
def test_nobody_is_missed_or_repeated_while_others_come_and_go(
    api: Api, everybody: list[dict[str, Any]], walk: Callable[..., Iterator[dict[str, Any]]], size: str
) -> None:
    """Who was there all the time is seen exactly once, whoever is created or deleted between two pages."""
    seen: list[str] = []
    passing = [api.create(lastName="Last5")["id"] for _ in range(3)]
    for page in walk(api, **{size: 20}, orderBy={"field": "LAST_NAME"}):
        seen += ids(page)
        api.mutate("deleteCustomer", id=passing.pop(0))
        passing.append(api.create(lastName="Last5", firstName="First3")["id"])
    for id_ in passing:
        api.mutate("deleteCustomer", id=id_)

    steady = {customer["id"] for customer in everybody}
    assert sorted(id_ for id_ in seen if id_ in steady) == sorted(steady)
    assert len(seen) == len(set(seen))


def test_a_page_knows_what_lies_around_it(api: Api, everybody: list[dict[str, Any]]) -> None:
    """hasNextPage and hasPreviousPage are exact in both directions, also between two cursors."""
    cursors = [edge["cursor"] for page in forwards(api, first=100) for edge in page["edges"]]
    assert len(cursors) == len(everybody)

    def around(**arguments: Any) -> tuple[int, bool, bool]:
        page = api.data(PAGE, **arguments)["customers"]
        info = page["pageInfo"]
        return len(page["edges"]), info["hasPreviousPage"], info["hasNextPage"]

    assert around(first=10) == (10, False, True)
    assert around(last=10) == (10, True, False)
    assert around(first=10, after=cursors[0]) == (10, True, True)
    assert around(first=10, after=cursors[-11]) == (10, True, False)
    assert around(first=10, after=cursors[-1]) == (0, True, False)
    assert around(last=10, before=cursors[0]) == (0, False, True)
    assert around(last=10, before=cursors[10]) == (10, False, True)
    assert around(first=10, after=cursors[4], before=cursors[8]) == (3, True, True)
    assert around(last=2, after=cursors[4], before=cursors[8]) == (2, True, True)
    assert around(first=0) == (0, False, True)


@pytest.mark.usefixtures("everybody")
def test_the_cursors_of_a_page_are_those_of_its_ends(api: Api) -> None:
    """startCursor and endCursor are the first and the last edge's, and null on an empty page."""
    page = api.data(PAGE, first=5)["customers"]
    cursors = [edge["cursor"] for edge in page["edges"]]
    assert (page["pageInfo"]["startCursor"], page["pageInfo"]["endCursor"]) == (cursors[0], cursors[-1])

    empty = api.data(PAGE, first=0)["customers"]["pageInfo"]
    assert (empty["startCursor"], empty["endCursor"]) == (None, None)


def test_a_page_has_twenty_customers_unless_told_otherwise(api: Api, everybody: list[dict[str, Any]]) -> None:
    """Without first and last a page holds the first 20, or the last 20 ahead of a cursor."""
    first = api.data(PAGE)["customers"]
    assert ids(first) == [customer["id"] for customer in everybody[:20]]

    cursor = api.data(PAGE, first=31)["customers"]["pageInfo"]["endCursor"]
    assert ids(api.data(PAGE, before=cursor)["customers"]) == [
        customer["id"] for customer in everybody[10:30]
    ]


def test_the_total_does_not_depend_on_the_page(api: Api, everybody: list[dict[str, Any]]) -> None:
    """totalCount is the number of all customers, wherever the page is."""
    cursor = api.data(PAGE, first=31)["customers"]["pageInfo"]["endCursor"]
    for arguments in ({}, {"first": 0}, {"after": cursor}, {"last": 3, "before": cursor}):
        assert api.data(PAGE, **arguments)["customers"]["totalCount"] == len(everybody)
