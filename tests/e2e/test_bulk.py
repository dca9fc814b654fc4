"""Many customers created at once: all or none, or the good ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.database import connected
from tests.e2e.api import CUSTOMER, PROBLEM

if TYPE_CHECKING:
    from db.settings import DatabaseSettings
    from tests.e2e.api import Api

CREATE = f"""mutation ($input: CreateCustomersInput!) {{
  createCustomers(input: $input) {{
    createdCount results {{ __typename ... on Customer {{ ...everything }} {PROBLEM} }}
  }}
}} {CUSTOMER}"""
BAD_EMAIL = {"firstName": "B", "lastName": "B", "emails": [{"email": "nope"}]}
BLANK = {"firstName": " ", "lastName": "C", "phoneNumbers": [{"type": "x", "number": "1"}]}


def person(name: str, **fields: Any) -> dict[str, Any]:
    return {"firstName": name, "lastName": "Bulk", **fields}


def create(api: Api, customers: list[dict[str, Any]], on_error: str | None = None) -> dict[str, Any]:
    fields: dict[str, Any] = {"customers": customers}
    if on_error:
        fields["onError"] = on_error
    payload: dict[str, Any] = api.data(CREATE, input=fields)["createCustomers"]
    assert payload["createdCount"] == types(payload).count("Customer")
    return payload


def types(payload: dict[str, Any]) -> list[str]:
    return [result["__typename"] for result in payload["results"]]


def count(api: Api) -> int:
    total: int = api.data("{ customers(first: 0) { totalCount } }")["customers"]["totalCount"]
    return total


def test_results_answer_customers_in_order(api: Api) -> None:
    """Each result is the customer of its position, whole, and read back the same."""
    given = [
        person(
            f"Customer {number}",
            emails=[{"email": f"{number}-{i}@example.com", "isPrimary": i == 1} for i in range(number % 3)],
            phoneNumbers=[{"type": f"{i}", "number": f"+4930{number:03}{i}00"} for i in range(number % 4)],
            address={
                "line1": f"{number}",
                "city": "Paris",
                "state": "Paris",
                "postalCode": "75001",
                "country": "fr",
            }
            if number % 2
            else None,
            privacySettings={"marketingEmailsEnabled": number % 3 == 0, "twoFactorEnabled": number % 4 == 0}
            if number % 5
            else None,
        )
        for number in range(25)
    ]
    results = create(api, given)["results"]

    assert len({result["id"] for result in results}) == 25
    for number, (fields, result) in enumerate(zip(given, results, strict=True)):
        assert result.pop("__typename") == "Customer"
        assert result["firstName"] == fields["firstName"]
        assert {email["email"] for email in result["emails"]} == {e["email"] for e in fields["emails"]}
        if number % 3 == 2:
            assert result["primaryEmail"] == {"email": f"{number}-1@example.com"}
        assert [phone["number"] for phone in result["phoneNumbers"]] == [
            phone["number"] for phone in fields["phoneNumbers"]
        ]
        assert (result["address"] or {}).get("line1") == (f"{number}" if number % 2 else None)
        assert result["privacySettings"] == fields["privacySettings"]
        assert api.customer(result["id"]) == result


@pytest.mark.parametrize("on_error", [None, "ATOMIC"])
def test_atomic_creates_all_or_none(api: Api, on_error: str | None) -> None:
    """With a problem anywhere nothing is stored, which is so by default, and the faultless are NotCreated."""
    before = count(api)
    payload = create(api, [person("A"), BAD_EMAIL, person("C"), BLANK], on_error)

    assert types(payload) == ["NotCreated", "InvalidInput", "NotCreated", "InvalidInput"]
    assert [
        [(issue["path"], issue["code"]) for issue in payload["results"][i]["issues"]] for i in (1, 3)
    ] == [
        [(["customers", "1", "emails", "0", "email"], "INVALID_EMAIL")],
        [
            (["customers", "3", "firstName"], "BLANK"),
            (["customers", "3", "phoneNumbers", "0", "number"], "INVALID_PHONE_NUMBER"),
        ],
    ]
    assert all(result["message"] for result in payload["results"])
    assert count(api) == before


def test_skip_creates_the_good_ones(api: Api) -> None:
    """With SKIP the good ones are stored, and each of the others is answered with its own problem."""
    before = count(api)
    payload = create(api, [BAD_EMAIL, person("A"), BLANK, person("B")], "SKIP")

    assert types(payload) == ["InvalidInput", "Customer", "InvalidInput", "Customer"]
    assert payload["results"][0]["issues"][0]["path"] == ["customers", "0", "emails", "0", "email"]
    assert [payload["results"][i]["firstName"] for i in (1, 3)] == ["A", "B"]
    assert count(api) == before + 2


@pytest.mark.parametrize("on_error", ["ATOMIC", "SKIP"])
def test_nothing_may_be_good(api: Api, on_error: str) -> None:
    """When all are refused each is told why, whatever is to become of the others."""
    payload = create(api, [BAD_EMAIL, BLANK], on_error)

    assert (types(payload), payload["createdCount"]) == (["InvalidInput"] * 2, 0)


@pytest.mark.parametrize("on_error", ["ATOMIC", "SKIP"])
def test_an_empty_list_creates_nobody(api: Api, on_error: str) -> None:
    """Of no customers none is created, and that is no problem."""
    assert create(api, [], on_error) == {"createdCount": 0, "results": []}


def test_a_thousand_are_created_at_once_and_no_more(api: Api) -> None:
    """1,000 customers may be created in one call; of 1,001 none is."""
    before = count(api)
    thousand = [person(f"{number}", emails=[{"email": f"{number}@example.com"}]) for number in range(1_000)]
    payload = create(api, thousand)
    assert [result["firstName"] for result in payload["results"]] == [f"{n}" for n in range(1_000)]

    for on_error in ("ATOMIC", "SKIP"):
        fields = {"customers": [*thousand, BAD_EMAIL], "onError": on_error}
        error = api.error(CREATE, input=fields)
        assert error["extensions"] == {"code": "LIMIT_EXCEEDED"}
        assert "1000" in error["message"]
    assert count(api) == before + 1_000


def test_a_key_twice_in_one_list_is_one_customer(api: Api) -> None:
    """The same input under one key twice is created once, another input under it is a conflict."""
    before = count(api)
    one = person("Twice", idempotencyKey="twice")
    payload = create(api, [one, person("Other"), one])
    assert payload["results"][0] == payload["results"][2]
    assert payload["createdCount"] == 3
    assert count(api) == before + 2

    three = person("Three", idempotencyKey="three")
    other = person("Another", idempotencyKey="three")
    assert types(create(api, [three, other, three])) == ["NotCreated", "IdempotencyConflict", "NotCreated"]
    assert count(api) == before + 2
    payload = create(api, [three, other, three], "SKIP")
    assert types(payload) == ["Customer", "IdempotencyConflict", "Customer"]
    assert count(api) == before + 3


def test_a_list_can_be_sent_again(api: Api) -> None:
    """A list with keys that is repeated, in part new or in another way, creates only what is new."""
    before = count(api)
    first = [person(f"{number}", idempotencyKey=f"again {number}") for number in range(5)]
    made = create(api, first)
    assert create(api, first) == made
    longer = create(api, [person("new", idempotencyKey="again 5"), *reversed(first)])
    assert longer["results"][1:] == made["results"][::-1]
    assert count(api) == before + 6

    alone = api.change("createCustomer", **first[2])
    assert alone == {key: value for key, value in made["results"][2].items() if key != "__typename"}
    assert count(api) == before + 6


def test_a_conflict_undoes_the_list(api: Api) -> None:
    """With ATOMIC a key that was used for something else undoes all, and leaves the other keys free."""
    create(api, [person("Used", idempotencyKey="used")])
    before = count(api)
    payload = create(api, [person("New", idempotencyKey="new"), person("Other", idempotencyKey="used")])
    assert types(payload) == ["NotCreated", "IdempotencyConflict"]
    assert count(api) == before
    assert types(create(api, [person("Newer", idempotencyKey="new")])) == ["Customer"]


async def test_a_refused_list_leaves_no_row(api: Api, shared_database: DatabaseSettings) -> None:
    """When one of a list is refused, no table has a row more than before."""
    tables = (
        *("customers", "customer_emails", "customer_phone_numbers", "postal_addresses"),
        *("privacy_settings", "customer_search", "idempotency_keys"),
    )

    async def rows() -> list[int]:
        return [
            await connection.fetchval(f"SELECT count(*) FROM customer_domain.{table}") for table in tables
        ]

    async with connected(shared_database) as connection:
        before = await rows()
        whole = person("A", idempotencyKey="left over", emails=[{"email": "a@example.com"}])
        assert types(create(api, [whole, BAD_EMAIL])) == ["NotCreated", "InvalidInput"]
        assert await rows() == before
