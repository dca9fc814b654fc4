"""The table that searches read, against what Python takes from the rows of every customer."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from db.seed import seed
from db.tortoise import connect, disconnect
from models.draft import (
    CustomerDeletion,
    CustomerDraft,
    CustomerPatch,
    EmailPatch,
    EmailRemoval,
    NewEmail,
    NewPhoneNumber,
    PhoneNumberPatch,
    PhoneNumberRemoval,
)
from models.service import CustomerService
from tests.activity import kept_waiting
from tests.database import connected
from tests.integration.search_table import Table

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from asyncpg import Connection, Record

    from db.settings import DatabaseSettings
    from models.customer import Customer

ADA = {
    "first_name": "Ada Élise",
    "middle_name": "King-Noel",
    "last_name": "O'Neill",
    "emails": [{"email": "Ada@Example.com"}, {"email": "ada-king@example.org"}],
    "phone_numbers": [{"type": "work", "number": "+1 415 555 2671"}],
}
PARIS = {"line1": "1 rue", "city": "Paris", "state": "Paris", "postal_code": "75001", "country": "FR"}
BERLIN = {"line1": "Weg 1", "city": "Berlin", "state": "Berlin", "postal_code": "10115", "country": "DE"}


@pytest.fixture
async def table(database: DatabaseSettings) -> AsyncIterator[Table]:
    """The search table of a database to which the application is connected."""
    await connect(database)
    yield Table(database)
    await disconnect()


async def test_the_words_of_a_customer(table: Table) -> None:
    """A name counts by its parts and their beginnings, an e-mail address by its letters' and as a whole."""
    ada = await CustomerService().create(CustomerDraft.of(ADA | {"address": PARIS}))

    assert (await table.rows())[ada.id] == (
        {
            *("a", "ad", "ada", "ada "),
            *("é", "él", "éli", "élis", "élise", "élise "),
            *("k", "ki", "kin", "king", "king "),
            *("n", "no", "noe", "noel", "noel "),
            *("o", "o'", "o'n", "o'ne", "o'nei", "o'neil", "o'neill", "o'neill "),
            *(" ada@example.com ", " ada-king@example.org ", "14155552671 "),
        },
        "O'Neill",
        "FR",
    )


async def test_the_beginnings_of_a_word_have_at_most_16_characters(table: Table) -> None:
    """A longer word stands in full beside the first 16 of its beginnings, a word of 16 among its own."""
    first, last, spelt = "Christopherjames", "Bartholomäusdottir", "dāvārādēvāpurāṇaṃx"
    made = await CustomerService().create(
        CustomerDraft.of(
            {"first_name": first, "last_name": last, "emails": [{"email": f"{spelt}.1@example.com"}]}
        )
    )

    words = (await table.words())[made.id]
    assert (len(first), len(last), len(spelt)) == (16, 18, 18)
    assert {word for word in words if len(word) > 15} == {
        *("christopherjames", "christopherjames ", "bartholomäusdott", "bartholomäusdottir "),
        *("dāvārādēvāpurāṇa", " dāvārādēvāpurāṇaṃx.1@example.com "),
    }
    assert len(words) == 3 * 16 + 3


@pytest.mark.parametrize(
    ("email", "beginnings"),
    [
        ("Ann@example.com", {"a", "an", "ann"}),
        ("o'n@example.com", {"o", "o'", "o'n"}),
        ("ab.cd@example.com", {"a", "ab"}),
        ("ab-cd@example.com", {"a", "ab"}),
        ("ab_cd@example.com", {"a", "ab"}),
        ("ab+cd@example.com", {"a", "ab"}),
        ("ab1@example.com", {"a", "ab"}),
        ("1ab@example.com", set()),
        ("_ab@example.com", set()),
        ("Öl@example.com", {"ö", "öl"}),
    ],
)
async def test_the_letters_of_an_email_address(table: Table, email: str, beginnings: set[str]) -> None:
    """What an e-mail address begins with counts up to the first digit or mark, an apostrophe aside."""
    draft = {"first_name": "-", "last_name": "-", "emails": [{"email": email}]}
    made = await CustomerService().create(CustomerDraft.of(draft))

    assert (await table.words())[made.id] == beginnings | {f" {email.lower()} "}


async def test_every_blank_parts_words(table: Table) -> None:
    """A name breaks at each character at which a search does, whoever wrote it."""
    blanks = filter(str.isspace, map(chr, range(sys.maxunicode + 1)))
    await table.run(
        f"INSERT INTO customer_domain.customers (first_name, last_name) VALUES ('{'x'.join(blanks)}', '-')"
    )

    assert list((await table.words()).values()) == [{"x", "x "}]


async def test_every_change_of_the_service_is_followed(table: Table) -> None:
    """After each mutation the table has the customer's words of that moment, and no others."""
    service = CustomerService()
    ada = await service.create(CustomerDraft.of(ADA))
    bystander = await service.create(CustomerDraft.of(ADA))
    own: dict[str, Any] = {"customer_id": str(ada.id)}
    seen = [(await table.words())[ada.id]]

    async def check(changed: Customer) -> Customer:
        words = await table.words()
        assert words[ada.id] != seen[-1]
        assert words[bystander.id] == seen[0]
        seen.append(words[ada.id])
        return changed

    await check(await service.update(CustomerPatch.of({"id": str(ada.id), "first_name": "Augusta"})))
    await check(await service.update(CustomerPatch.of({"id": str(ada.id), "middle_name": None})))
    await check(await service.update(CustomerPatch.of({"id": str(ada.id), "last_name": "Müller"})))
    changed = await check(await service.add_email(NewEmail.of({**own, "email": "new@example.com"})))
    email = {**own, "email_id": str(changed.emails[0].id)}
    await check(await service.update_email(EmailPatch.of({**email, "email": "other@example.com"})))
    await check(await service.remove_email(EmailRemoval.of(email)))
    number = {**own, "type": "home", "number": "+4930123456"}
    changed = await check(await service.add_phone_number(NewPhoneNumber.of(number)))
    phone = {**own, "phone_number_id": str(changed.phone_numbers[0].id)}
    await check(await service.update_phone_number(PhoneNumberPatch.of({**phone, "number": "+4930654321"})))
    await check(await service.remove_phone_number(PhoneNumberRemoval.of(phone)))

    await service.delete(CustomerDeletion.of({"id": str(ada.id)}))
    assert (await table.words()).keys() == {bystander.id}


async def test_last_name_and_country_follow_every_change(table: Table) -> None:
    """Whoever changes a customer's last name or address, the table has the new one, and only of that one."""
    service = CustomerService()
    ada = await service.create(CustomerDraft.of(ADA))
    bystander = await service.create(CustomerDraft.of(ADA | {"address": BERLIN}))
    id_ = f"customer_id = '{ada.id}'"
    address = f"address_id = (SELECT address_id FROM customer_domain.customers WHERE {id_})"
    other = f"(SELECT address_id FROM customer_domain.customers WHERE customer_id = '{bystander.id}')"

    async def check(last_name: str, country: str | None) -> None:
        rows = await table.rows()
        assert rows[ada.id][1:] == (last_name, country)
        assert rows[bystander.id][1:] == ("O'Neill", "DE")

    async def update(**fields: Any) -> None:
        await service.update(CustomerPatch.of({"id": str(ada.id), **fields}))

    await check("O'Neill", None)
    await update(address=PARIS)
    await check("O'Neill", "FR")
    await update(address=BERLIN, last_name="Lovelace")
    await check("Lovelace", "DE")
    await update(last_name="LOVELACE")
    await check("LOVELACE", "DE")
    await table.run(f"UPDATE customer_domain.postal_addresses SET country = 'SE' WHERE {address}")
    await check("LOVELACE", "SE")
    await update(address=None)
    await check("LOVELACE", None)
    await update(address=PARIS)
    await table.run(f"DELETE FROM customer_domain.postal_addresses WHERE {address}")
    await check("LOVELACE", None)
    # Nothing forbids other programs to share an address between customers.
    await table.run(f"UPDATE customer_domain.customers SET address_id = {other}, last_name = '' WHERE {id_}")
    await check("", "DE")
    await table.run("UPDATE customer_domain.postal_addresses SET country = 'PL'")
    assert {row.country for row in (await table.rows()).values()} == {"PL"}

    await service.delete(CustomerDeletion.of({"id": str(ada.id)}))
    assert (await table.rows()).keys() == {bystander.id}


async def test_a_customer_may_lose_its_last_word(table: Table) -> None:
    """Names of nothing but hyphens leave no word, and none of before stays behind."""
    service = CustomerService()
    named = await service.create(CustomerDraft.of({"first_name": "Ada", "last_name": "-"}))
    hyphens = {"first_name": "-", "last_name": "-", "emails": [{"email": "ada@example.com"}]}
    reached = await service.create(CustomerDraft.of(hyphens))
    assert len(await table.words()) == 2

    await service.update(CustomerPatch.of({"id": str(named.id), "first_name": "-"}))
    email = {"customer_id": str(reached.id), "email_id": str(reached.emails[0].id)}
    await service.remove_email(EmailRemoval.of(email))
    assert not any((await table.words()).values())


async def test_customers_created_at_once_stand_in_it(table: Table) -> None:
    """Many customers of one statement get their words and their country each."""
    addresses = [None, PARIS, BERLIN, PARIS]
    drafts = [
        CustomerDraft.of(ADA | {"first_name": f"Ada{number}", "address": addresses[number % 4]})
        for number in range(100)
    ]
    await CustomerService().create_many(drafts, atomic=True)

    rows = await table.rows()
    assert len(rows) == 100
    assert Counter(row.country for row in rows.values()) == {None: 25, "FR": 50, "DE": 25}


OTHERS = [
    "UPDATE customer_domain.customers SET last_name = 'Same-Name', middle_name = NULL",
    "UPDATE customer_domain.customers SET first_name = 'Ann' WHERE first_name = 'Ada1'",
    "UPDATE customer_domain.customer_emails SET email = 'x' || email",
    "UPDATE customer_domain.postal_addresses SET country = 'SE' WHERE country = 'FR'",
    "UPDATE customer_domain.customers SET address_id = NULL WHERE first_name > 'Ada3'",
    "DELETE FROM customer_domain.postal_addresses",
    "DELETE FROM customer_domain.customer_emails WHERE NOT is_primary",
    "UPDATE customer_domain.customer_phone_numbers SET number = number || '9'",
    "DELETE FROM customer_domain.customer_phone_numbers",
    "DELETE FROM customer_domain.customers WHERE first_name < 'Ada2'",
    "TRUNCATE customer_domain.customers CASCADE",
]


async def test_other_programs_are_followed(table: Table) -> None:
    """Statements about many rows, sent without our search_path, keep it as well."""
    drafts = [CustomerDraft.of(ADA | {"first_name": f"Ada{number}", "address": PARIS}) for number in range(5)]
    await CustomerService().create_many(drafts, atomic=True)
    for statement in OTHERS:
        before = await table.rows()
        await table.run(statement)
        assert await table.rows() != before, statement
    await table.run(
        "WITH c AS (INSERT INTO customer_domain.customers (first_name, last_name)"
        " SELECT 'Ann', 'Lee' || n FROM generate_series(1, 3) AS n RETURNING customer_id)"
        " INSERT INTO customer_domain.customer_emails (customer_id, email, is_primary)"
        " SELECT customer_id, 'A@b.example', true FROM c"
    )
    beginnings = {"a", "an", "ann", "ann ", "l", "le", "lee", " a@b.example "}
    words = sorted((await table.words()).values(), key=sorted)
    assert words == [beginnings | {f"lee{number}", f"lee{number} "} for number in (1, 2, 3)]


async def test_other_programs_compile_nothing(database: DatabaseSettings) -> None:
    """Where a session has `jit` on, what keeps the table is not compiled: that takes longer than the rest."""
    async with connected(database) as connection:
        functions = await connection.fetch(
            "SELECT proname, proconfig FROM pg_proc WHERE pronamespace = 'customer_domain'::regnamespace"
        )
    assert functions
    for name, settings in functions:
        assert "jit=off" in settings, name


@pytest.mark.parametrize(
    ("contacts", "others"), [("customer_emails", "email"), ("customer_phone_numbers", "number")]
)
async def test_contacts_may_move_to_another_customer(table: Table, contacts: str, others: str) -> None:
    """Who gives a contact to another customer, as when records are merged, no longer is found by it."""
    await CustomerService().create(CustomerDraft.of(ADA))
    heir = await CustomerService().create(CustomerDraft.of({"first_name": "Ann", "last_name": "Lee"}))
    before = (await table.words())[heir.id]

    await table.run(f"UPDATE customer_domain.{contacts} SET customer_id = '{heir.id}' WHERE {others} > ''")
    assert (await table.words())[heir.id] > before


async def test_undone_changes_leave_no_word(table: Table) -> None:
    """A transaction that is rolled back, wholly or to a savepoint, leaves the table as it was."""
    await CustomerService().create(CustomerDraft.of(ADA | {"address": PARIS}))
    before = await table.rows()
    await table.run(f"BEGIN; {OTHERS[0]}; ROLLBACK")
    await table.run(f"BEGIN; SAVEPOINT s; {OTHERS[2]}; {OTHERS[3]}; ROLLBACK TO s; COMMIT")
    assert await table.rows() == before


async def test_seeded_customers_stand_in_it(table: Table, database: DatabaseSettings) -> None:
    """What seeding copies into the tables is found like all else."""
    await seed(database, 300)

    rows = await table.rows()
    assert len(rows) == 300
    assert len({row.country for row in rows.values()}) > 2


async def test_writers_of_one_customer_do_not_overlook_each_other(
    table: Table, database: DatabaseSettings, other: Connection[Record]
) -> None:
    """Of two transactions that each add an address to a customer, the later one has the words of both."""
    ada = await CustomerService().create(CustomerDraft.of(ADA))
    insert = (
        "INSERT INTO customer_domain.customer_emails (customer_id, email, is_primary) VALUES ($1, $2, false)"
    )
    async with connected(database) as first, connected(database) as second:
        async with first.transaction():
            await first.execute(insert, ada.id, "first@example.com")
            later = asyncio.create_task(second.execute(insert, ada.id, "second@example.com"))
            assert await kept_waiting(other, 1) == [second.get_server_pid()]
        await later

    assert {" first@example.com ", " second@example.com ", "first", "second"} <= (await table.words())[ada.id]


async def test_many_writers_at_once(table: Table) -> None:
    """Whatever 20 clients do to a few customers at the same time, the words are right in the end."""
    service = CustomerService()
    ids = [(await service.create(CustomerDraft.of(ADA))).id for _ in range(3)]

    async def client(number: int) -> None:
        id_ = str(ids[number % 3])
        added = await service.add_email(
            NewEmail.of({"customer_id": id_, "email": f"{number}@example.com", "is_primary": number % 2 == 0})
        )
        await service.update(CustomerPatch.of({"id": id_, "first_name": f"Ada{number}"}))
        mine = next(email for email in added.emails if email.email.startswith(f"{number}@"))
        if number % 4:
            await service.remove_email(EmailRemoval.of({"customer_id": id_, "email_id": str(mine.id)}))

    async with asyncio.TaskGroup() as clients:
        for number in range(20):
            clients.create_task(client(number))

    assert len(await table.words()) == 3
