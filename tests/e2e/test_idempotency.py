"""Idempotency keys: a call that is repeated, for whatever reason, creates one customer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.database import connected
from tests.service import Service

if TYPE_CHECKING:
    from pathlib import Path

    from db.settings import DatabaseSettings
    from tests.e2e.api import Api

CLIENTS = 16
ADA: dict[str, Any] = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "emails": [{"email": "ada@example.com"}],
    "phoneNumbers": [{"type": "work", "number": "+14155552671"}],
    "address": {"line1": "1", "city": "Paris", "state": "Paris", "postalCode": "75001", "country": "FR"},
    "privacySettings": {"marketingEmailsEnabled": True, "twoFactorEnabled": False},
}
COUNT = "{ customers(first: 0) { totalCount } }"


@pytest.fixture
def key() -> str:
    return f"key {uuid4()}"


def count(api: Api) -> int:
    total: int = api.data(COUNT)["customers"]["totalCount"]
    return total


async def age(database: DatabaseSettings, key: str, hours: float) -> None:
    """Make a key older than it is."""
    async with connected(database) as connection:
        done = await connection.execute(
            "UPDATE customer_domain.idempotency_keys SET created_at = created_at - $2 * interval '1 hour'"
            " WHERE key = $1",
            *(key, hours),
        )
    assert done == "UPDATE 1"


def test_a_retry_returns_the_same_customer(api: Api, key: str) -> None:
    """The same input under the same key is answered with the customer that the first call created."""
    created = api.create(**ADA, idempotencyKey=key)
    before = count(api)

    assert api.create(**ADA, idempotencyKey=key) == created
    assert count(api) == before
    assert api.create(**ADA)["id"] != created["id"]
    assert api.create(**ADA, idempotencyKey=f"{key}!")["id"] != created["id"]


@pytest.mark.parametrize(
    "change",
    [
        {"firstName": "Augusta"},
        {"firstName": "ada"},
        {"middleName": "King"},
        {"emails": []},
        {"emails": [{"email": "ada@example.org"}]},
        {"phoneNumbers": [{"type": "home", "number": "+14155552671"}]},
        {"address": None},
        {"address": ADA["address"] | {"line2": "2"}},
        {"privacySettings": ADA["privacySettings"] | {"twoFactorEnabled": True}},
    ],
    ids=str,
)
def test_another_input_is_a_conflict(api: Api, key: str, change: dict[str, Any]) -> None:
    """A key stands for the input that it was first used with; with another one nothing is done."""
    created = api.create(**ADA, idempotencyKey=key)
    before = count(api)

    problem = api.mutate("createCustomer", **ADA | change, idempotencyKey=key)
    assert problem["__typename"] == "IdempotencyConflict"
    assert "key" in problem["message"]
    assert count(api) == before
    assert api.create(**ADA, idempotencyKey=key) == created


def test_what_is_stored_alike_is_the_same_input(api: Api, key: str) -> None:
    """Blanks around text, case that does not count, other ways to write a number: the same input still."""
    created = api.create(**ADA, idempotencyKey=key)

    for change in (
        {"firstName": "  Ada "},
        {"middleName": None},
        {"emails": [{"email": " ada@EXAMPLE.com"}]},
        {"phoneNumbers": [{"type": "work ", "number": "+1 (415) 555-2671"}]},
        {"address": ADA["address"] | {"country": "fr", "line2": None}},
    ):
        assert api.create(**ADA | change, idempotencyKey=f" {key} ") == created


def test_a_retry_sees_what_became_of_the_customer(api: Api, key: str) -> None:
    """When the customer was changed since, a retry of its creation returns it as it is now."""
    created = api.create(**ADA, idempotencyKey=key)
    changed = api.change("updateCustomer", id=created["id"], firstName="Augusta")

    assert api.create(**ADA, idempotencyKey=key) == changed


def test_a_deleted_customer_does_not_come_back(api: Api, key: str) -> None:
    """A retry after the customer was deleted is a conflict and creates nobody."""
    created = api.create(**ADA, idempotencyKey=key)
    assert api.mutate("deleteCustomer", id=created["id"])["__typename"] == "DeletedCustomer"
    before = count(api)

    for _ in range(2):
        problem = api.mutate("createCustomer", **ADA, idempotencyKey=key)
        assert problem["__typename"] == "IdempotencyConflict"
        assert problem["message"].endswith("has been deleted since; take a new key.")
    assert count(api) == before


@pytest.mark.parametrize("round_", range(3))
def test_retries_at_the_same_moment_create_one_customer(api: Api, key: str, round_: int) -> None:
    """Of 16 clients with one key and one input all get the same customer, which is the only one."""
    before = count(api)
    fields = ADA | {"firstName": f"Ada {round_}", "idempotencyKey": key}
    with ThreadPoolExecutor(CLIENTS) as clients:
        made = list(clients.map(lambda _: api.create(**fields), range(CLIENTS)))

    assert made == made[:1] * CLIENTS
    assert count(api) == before + 1


def test_of_different_inputs_at_the_same_moment_one_wins(api: Api, key: str) -> None:
    """Of 16 clients with one key and inputs of their own one creates its customer, the others conflict."""
    before = count(api)
    with ThreadPoolExecutor(CLIENTS) as clients:
        results = list(
            clients.map(
                lambda number: api.mutate(
                    "createCustomer", **ADA | {"firstName": f"Ada {number}"}, idempotencyKey=key
                ),
                range(CLIENTS),
            )
        )

    types = sorted(result["__typename"] for result in results)
    assert types == ["Customer", *["IdempotencyConflict"] * (CLIENTS - 1)]
    assert count(api) == before + 1


def test_lists_with_the_same_keys_at_the_same_moment(api: Api, key: str) -> None:
    """Lists that hold the same keys in different orders do not get stuck, and create each customer once."""
    before = count(api)
    people = [ADA | {"firstName": f"Ada {n}", "idempotencyKey": f"{key} {n}"} for n in range(20)]
    query = """mutation ($input: CreateCustomersInput!) { createCustomers(input: $input) {
      createdCount results { ... on Customer { id firstName } } } }"""

    def send(number: int) -> dict[str, Any]:
        customers = people[number:] + people[:number]
        customers = customers[:: 1 if number % 2 else -1]
        answer: dict[str, Any] = api.data(query, input={"customers": customers})["createCustomers"]
        return answer

    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = list(clients.map(send, range(CLIENTS)))

    assert [answer["createdCount"] for answer in answers] == [20] * CLIENTS
    assert len({result["id"] for answer in answers for result in answer["results"]}) == 20
    assert count(api) == before + 20


async def test_a_key_is_free_again_after_a_day(api: Api, key: str, shared_database: DatabaseSettings) -> None:
    """Within 24 hours a key stands for its first input, afterwards it can be used for another."""
    created = api.create(**ADA, idempotencyKey=key)
    await age(shared_database, key, 23.9)
    assert api.create(**ADA, idempotencyKey=key) == created
    await age(shared_database, key, 0.2)
    other = api.create(**ADA | {"firstName": "Augusta"}, idempotencyKey=key)
    assert other["id"] != created["id"]
    assert api.mutate("createCustomer", **ADA, idempotencyKey=key)["__typename"] == "IdempotencyConflict"
    assert api.create(**ADA | {"firstName": "Augusta"}, idempotencyKey=key) == other


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "BLANK"),
        ("  ", "BLANK"),
        ("\u200b", "BLANK"),
        ("k" * 256, "TOO_LONG"),
        ("k" * 300, "TOO_LONG"),
        ("k" * 1_000_000, "TOO_LONG"),
        ("a\0b", "INVALID_CHARACTER"),
        ("a\nb", "INVALID_CHARACTER"),
    ],
    ids=["nothing", "blanks", "invisible", "256", "300", "a million", "NUL", "line break"],
)
def test_a_key_that_is_none_is_refused(api: Api, text: str, code: str) -> None:
    """A key of 0 or more than 255 characters, or with characters that none may have, is named as such."""
    before = count(api)
    assert api.issues("createCustomer", **ADA, idempotencyKey=text) == [("idempotencyKey", code)]
    assert count(api) == before


@pytest.mark.parametrize("text", ["k", "ü" * 255, "'; DROP TABLE idempotency_keys --", "\U0001f511" * 255])
def test_a_key_may_be_any_text(api: Api, text: str) -> None:
    """1 to 255 characters of any kind are a key, of which case counts."""
    created = api.create(**ADA, idempotencyKey=text)
    assert api.create(**ADA, idempotencyKey=text) == created
    if text == "k":
        assert api.create(**ADA, idempotencyKey="K")["id"] != created["id"]


def test_no_key_is_no_promise(api: Api) -> None:
    """A key of null is none: each call creates a customer."""
    assert api.create(idempotencyKey=None)["id"] != api.create(idempotencyKey=None)["id"]


def test_a_refused_input_leaves_the_key_free(api: Api, key: str) -> None:
    """After an input that was refused, the key works with the corrected one."""
    wrong = ADA | {"emails": [{"email": "nope"}]}
    assert api.issues("createCustomer", **wrong, idempotencyKey=key) == [("emails.0.email", "INVALID_EMAIL")]
    assert api.create(**ADA, idempotencyKey=key)["id"]


def test_a_retry_reaches_another_process(
    api: Api, key: str, shared_database: DatabaseSettings, tmp_path: Path
) -> None:
    """A client that heard nothing because the service died finds its customer at the next one."""
    with Service(shared_database, tmp_path / "log") as doomed:
        first = type(api)(doomed.http).create(**ADA, idempotencyKey=key)
        doomed.process.kill()
        doomed.process.wait(30)
    before = count(api)
    assert api.create(**ADA, idempotencyKey=key) == first
    assert count(api) == before
