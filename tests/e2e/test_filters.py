"""Filters as clients send them: literals, variables and fragments of the contract's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.e2e.api import Api

FIND = """
query ($where: CustomerWhere, $orderBy: CustomerOrder, $first: Int, $after: String) {
  customers(where: $where, orderBy: $orderBy, first: $first, after: $after) {
    nodes { firstName }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}
"""
ADDRESS = {
    "line1": "1",
    "city": "Île d'Yeu",
    "state": "Vendée",
    "postalCode": "85350",
    "country": "FR",
}
PEOPLE: dict[str, dict[str, Any]] = {
    "Ada": {"middleName": "King", "emails": [{"email": "ada@example.com"}, {"email": "ada@example.org"}]},
    "Bob": {
        "address": ADDRESS,
        "privacySettings": {"marketingEmailsEnabled": True, "twoFactorEnabled": False},
    },
    "Cy": {
        "middleName": "100%_\\",
        "phoneNumbers": [{"type": "a", "number": "+14155552671"}, {"type": "b", "number": "+14155552672"}],
        "privacySettings": {"marketingEmailsEnabled": False, "twoFactorEnabled": True},
    },
    "Dee": {"lastName": "Straße"},
}


@pytest.fixture(scope="module", autouse=True)
def people(api: Api) -> dict[str, dict[str, Any]]:
    """The customers that are filtered, by first name, oldest first."""
    return {name: api.create(firstName=name, **fields) for name, fields in PEOPLE.items()}


def found(api: Api, where: dict[str, Any] | None) -> str:
    """Return the first names of those found, in one text."""
    page = api.data(FIND, where=where)["customers"]
    assert page["totalCount"] == len(page["nodes"])
    return " ".join(node["firstName"] for node in page["nodes"])


@pytest.mark.parametrize(
    ("where", "names"),
    [
        (None, "Ada Bob Cy Dee"),
        ({}, "Ada Bob Cy Dee"),
        ({"firstName": {"eq": "ada"}}, "Ada"),
        ({"firstName": {"in": ["ADA", "dee", "nobody"]}}, "Ada Dee"),
        ({"firstName": {"in": []}}, ""),
        ({"firstName": {"startsWith": "b"}}, "Bob"),
        ({"firstName": {"contains": "E"}}, "Dee"),
        ({"firstName": {"contains": "a", "startsWith": "a"}}, "Ada"),
        ({"firstName": {"contains": "a", "startsWith": "b"}}, ""),
        ({"lastName": {"eq": "straße"}}, "Dee"),
        ({"lastName": {"eq": "strasse"}}, ""),
        ({"middleName": {"contains": "%"}}, "Cy"),
        ({"middleName": {"contains": "_"}}, "Cy"),
        ({"middleName": {"contains": "\\"}}, "Cy"),
        ({"middleName": {"startsWith": "100%_\\"}}, "Cy"),
        ({"middleName": {"startsWith": "1_0"}}, ""),
        ({"middleName": {"startsWith": "%"}}, ""),
        ({"middleName": {"eq": "%"}}, ""),
        ({"middleName": {"isNull": True}}, "Bob Dee"),
        ({"middleName": {"isNull": False}}, "Ada Cy"),
        ({"middleName": {"isNull": True, "eq": "King"}}, ""),
        ({"not": {"middleName": {"eq": "King"}}}, "Bob Cy Dee"),
        ({"email": {"contains": "ada@"}}, "Ada"),
        ({"email": {"contains": "@"}}, "Ada"),
        ({"not": {"email": {"contains": "example.com"}}}, "Bob Cy Dee"),
        ({"phoneNumber": {"startsWith": "+1415"}}, "Cy"),
        ({"phoneNumber": {"eq": "+14155552672"}}, "Cy"),
        ({"phoneNumber": {"in": ["+14155552671", "+14155552672"]}}, "Cy"),
        ({"city": {"contains": "D'YEU"}}, "Bob"),
        ({"city": {"isNull": True}}, "Ada Cy Dee"),
        ({"state": {"eq": "VENDÉE"}}, "Bob"),
        ({"postalCode": {"startsWith": "85"}}, "Bob"),
        ({"country": {"eq": "fr"}}, "Bob"),
        ({"not": {"country": {"eq": "US"}}}, "Ada Bob Cy Dee"),
        ({"marketingEmailsEnabled": True}, "Bob"),
        ({"marketingEmailsEnabled": False}, "Cy"),
        ({"not": {"twoFactorEnabled": True}}, "Ada Bob Dee"),
        ({"and": []}, "Ada Bob Cy Dee"),
        ({"or": []}, ""),
        ({"not": {}}, ""),
        ({"or": [{"firstName": {"eq": "Ada"}}, {"country": {"eq": "FR"}}]}, "Ada Bob"),
        ({"and": [{"firstName": {"contains": "e"}}, {"lastName": {"contains": "s"}}]}, "Dee"),
        ({"firstName": {"eq": "Ada"}, "or": [{"lastName": {"eq": "x"}}]}, ""),
        ({"not": {"or": [{"firstName": {"eq": "Ada"}}, {"not": {"city": {"isNull": False}}}]}}, "Bob"),
    ],
)
def test_a_filter_finds_those_for_whom_it_holds(api: Api, where: dict[str, Any] | None, names: str) -> None:
    """Everything given must hold, without regard to case and with each character standing for itself."""
    assert found(api, where) == names


def test_ids_and_moments(api: Api, people: dict[str, dict[str, Any]]) -> None:
    """Customers are found by id, whatever its case, and by moments, bounds included or not."""
    ada, bob, cy, _ = people.values()
    assert found(api, {"id": {"eq": bob["id"].upper()}}) == "Bob"
    assert found(api, {"id": {"in": [cy["id"], ada["id"], cy["id"]]}}) == "Ada Cy"
    assert found(api, {"id": {"in": [cy["id"], ada["id"]], "eq": ada["id"]}}) == "Ada"
    assert found(api, {"not": {"id": {"in": [cy["id"], ada["id"]]}}}) == "Bob Dee"
    moment = bob["createdAt"]
    assert found(api, {"createdAt": {"gte": moment}}) == "Bob Cy Dee"
    assert found(api, {"createdAt": {"gt": moment}}) == "Cy Dee"
    assert found(api, {"createdAt": {"lte": moment}}) == "Ada Bob"
    assert found(api, {"updatedAt": {"lt": moment}}) == "Ada"
    assert found(api, {"createdAt": {"gt": moment, "lt": moment}}) == ""
    assert found(api, {"createdAt": {"gte": moment, "lte": moment}}) == "Bob"


def test_the_total_is_of_the_filter_not_of_the_page(api: Api) -> None:
    """totalCount is the number of all matches, wherever the page is, and pages end with the matches."""
    where = {"not": {"firstName": {"eq": "Bob"}}}
    order = {"field": "FIRST_NAME", "direction": "DESC"}
    seen, after = [], None
    for _ in range(3):
        page = api.data(FIND, where=where, orderBy=order, first=1, after=after)["customers"]
        assert page["totalCount"] == 3
        after = page["pageInfo"]["endCursor"]
        seen += [node["firstName"] for node in page["nodes"]]
    assert seen == ["Dee", "Cy", "Ada"]
    assert not page["pageInfo"]["hasNextPage"]
    assert api.data(FIND, where=where, first=0)["customers"]["totalCount"] == 3


def test_filters_may_be_written_in_the_document(api: Api) -> None:
    """Literals and variables inside of a filter mean the same as a filter in a variable."""
    query = """query ($name: String!, $names: [String!]) { customers(where: {
      or: {firstName: {eq: $name}}, and: [{not: {city: {isNull: false}}}, {firstName: {in: $names}}]
    }) { nodes { firstName } } }"""
    data = api.data(query, name="ADA", names=["Ada", "Cy"])

    assert data["customers"]["nodes"] == [{"firstName": "Ada"}]


def test_ten_levels_are_not_too_many(api: Api) -> None:
    """A filter may be nested 10 levels deep, and have as many parts as people need."""
    where: dict[str, Any] = {"firstName": {"eq": "Ada"}}
    for _ in range(4):
        where = {"not": {"and": [where]}}
    assert found(api, where) == "Ada"
    assert found(api, {"or": [{"firstName": {"eq": f"{n}"}} for n in range(99)]}) == ""
    assert found(api, {"or": [{"twoFactorEnabled": True}] * 199, "firstName": {"eq": "nobody"}}) == ""
    assert found(api, {"firstName": {"in": ["Ada"] * 1_000}}) == "Ada"
