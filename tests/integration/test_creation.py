"""Creating many customers: how many statements that takes, and what becomes of idempotency keys."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from db.session import acquire, bulk_transaction, transaction
from models import creation
from models.customer import Customer
from models.draft import CustomerDeletion, CustomerDraft
from models.errors import CustomerError, IdempotencyConflict, InvalidInput
from models.repository import CustomerRepository
from models.service import CustomerService
from tests.activity import kept_waiting
from tests.integration.statements import answer, drafts, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from asyncpg import Connection, Record

DAY = timedelta(days=1)
ADA = CustomerDraft.of({"first_name": "Ada", "last_name": "Lovelace", "idempotency_key": "key"})


def many(count: int, name: str | None) -> list[CustomerDraft]:
    return [
        draft.model_copy(update={"idempotency_key": name and f"{name} {number}"})
        for number, draft in enumerate(drafts(count).values())
    ]


async def count() -> int:
    async with acquire() as connection:
        customers: int = await connection.fetchval("SELECT count(*) FROM customers")
        return customers


@pytest.mark.parametrize("atomic", [True, False])
@pytest.mark.usefixtures("pool")
async def test_statements_do_not_grow_with_the_list(atomic: bool) -> None:
    """500 customers take as many statements as 10, without keys, with new ones and with used ones."""
    service = CustomerService()
    await service.create_many(many(1, "first"), atomic=atomic)
    await service.create_many(many(1, "first"), atomic=atomic)
    taken = []
    for count in (10, 500):
        plain, new = many(count, None), many(count, f"new {count}")
        mixed = [*new[: count // 2], *many(count // 2, f"newer {count}"), *plain[: count // 2]]
        sent = []
        for wanted in (plain, new, new, mixed):
            async with watched() as statements:
                results = await service.create_many(wanted, atomic=atomic)
            assert len(results) == len(wanted)
            sent.append(len(statements))
        taken.append(sent)
    assert taken[0] == taken[1]
    assert max(taken[0]) <= 9


@pytest.mark.usefixtures("pool")
async def test_customers_of_one_call_stay_in_order() -> None:
    """Ids ascend in the order of a list, whether its customers have keys or not, and share them or not."""
    keyed, plain = many(6, "key"), many(6, None)
    mixed = [plain[0], keyed[1], keyed[1], plain[3], keyed[4], plain[5]]

    created = await CustomerService().create_many(mixed, atomic=True)

    ids = [customer.id for customer in created if isinstance(customer, Customer)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids) - 1 == 5


@pytest.mark.parametrize("atomic", [True, False])
@pytest.mark.usefixtures("pool")
async def test_storing_is_creating_without_reading_back(atomic: bool) -> None:
    """What is stored by the batch is refused, or recognised by its key, just as what is created."""
    service = CustomerService()
    gone, kept = await service.create_many(many(2, "used"), atomic=True)
    assert isinstance(gone, Customer)
    assert isinstance(kept, Customer)
    await service.delete(CustomerDeletion.of({"id": str(gone.id)}))
    used = many(2, "used")
    other = used[1].model_copy(update={"first_name": "Augusta"})
    refused: list[CustomerDraft | InvalidInput] = [InvalidInput([]), other, used[0]]

    def answers(results: Sequence[creation.Result | None]) -> list[str | None]:
        return [str(result) if isinstance(result, CustomerError) else None for result in results]

    nothing: list[CustomerDraft | InvalidInput] = []
    for some in (nothing, refused):
        created, stored = (
            [*many(2, f"{name} {len(some)}"), *many(2, None), used[1], *some]
            for name in ("created", "stored")
        )
        before = await count()
        expected = answers(await service.create_many(created, atomic=atomic))
        more = await count() - before
        assert answers(await service.store_many(stored, atomic=atomic)) == expected
        assert await count() == before + 2 * more
        assert more == (0 if some and atomic else 4)
        assert expected.count(None) == (0 if some and atomic else 5)


@pytest.mark.usefixtures("pool")
async def test_a_batch_is_planned_for_the_tables_as_they_are() -> None:
    """A plan that the session made for an empty table is made anew for a bulk transaction, and only there."""

    async def plan(lent: Callable[[], AbstractAsyncContextManager[Connection[Record]]]) -> str:
        async with lent() as connection:
            rows = await connection.fetch("EXPLAIN EXECUTE read")
            return "".join(row[0] for row in rows)

    async with acquire() as connection:
        await connection.execute("CREATE TEMP TABLE numbers (n int); PREPARE read AS TABLE numbers")
    empty = await plan(acquire)
    async with acquire() as connection:
        await connection.execute("INSERT INTO numbers SELECT generate_series(1, 10000)")

    assert await plan(transaction) == empty
    assert await plan(bulk_transaction) != empty


@pytest.mark.usefixtures("pool")
async def test_what_was_stored_is_on_the_disk_after_a_flush() -> None:
    """Flushing waits for PostgreSQL's log to be written up to the end that it had after the last batch."""
    service = CustomerService()
    async with acquire() as connection:
        # The tests' own server is told never to wait.
        await connection.execute("SET synchronous_commit = on")
    await service.store_many(many(3, None), atomic=True)
    async with acquire() as connection:
        end = await connection.fetchval("SELECT pg_current_wal_insert_lsn()::text")
    await service.flush()
    async with acquire() as connection:
        assert await connection.fetchval("SELECT pg_current_wal_flush_lsn() >= $1::text::pg_lsn", end)


@pytest.mark.parametrize("selection", ["nodes { id }", "pageInfo { hasNextPage }", "edges { cursor }"])
@pytest.mark.parametrize("arguments", ["first: 2", 'where: {lastName: {eq: "last"}}', 'search: "first"'])
@pytest.mark.usefixtures("pool")
async def test_the_total_is_counted_only_when_selected(selection: str, arguments: str) -> None:
    """Without totalCount nothing is counted; with it the count comes in the page's own statement."""
    await CustomerRepository().insert(drafts(3))

    async with watched() as statements:
        await answer(f"{{ customers({arguments}) {{ {selection} }} }}")
    assert len(statements) == 1
    assert "count(" not in statements[0]
    for total in (
        "totalCount",
        "all: totalCount",
        "... on CustomerConnection { totalCount }",
        "...f",
        "totalCount @skip(if: false)",
    ):
        fragment = "fragment f on CustomerConnection { totalCount }" if total == "...f" else ""
        async with watched() as statements:
            data = await answer(f"{{ customers({arguments}) {{ {selection} {total} }} }} {fragment}")
        assert 3 in data["customers"].values()
        assert len(statements) == 1
        assert statements[0].count("count(") == 1


@pytest.mark.usefixtures("pool")
async def test_a_transaction_that_is_rolled_back_leaves_the_key_free() -> None:
    """When the first call fails before its transaction ends, the key can be used as if never seen."""

    async def fail() -> None:
        async with transaction() as connection:
            await creation.create(CustomerRepository(connection), [ADA], DAY, atomic=True)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM idempotency_keys") == 0
    other = ADA.model_copy(update={"first_name": "Augusta"})
    assert (await CustomerService().create(other)).first_name == "Augusta"


@pytest.mark.parametrize("pool", [2], indirect=True)
@pytest.mark.parametrize("rolled_back", [True, False])
@pytest.mark.usefixtures("pool")
async def test_who_comes_second_waits_for_the_first(rolled_back: bool, other: Connection[Record]) -> None:
    """A retry during the first call waits, and creates the customer only if the first one did not."""

    async def first() -> creation.Result:
        async with transaction() as connection:
            [made] = await creation.create(CustomerRepository(connection), [ADA], DAY, atomic=True)
            retries.append(asyncio.create_task(CustomerService().create(ADA)))
            await kept_waiting(other, 1)
            if rolled_back:
                raise ZeroDivisionError
            return made

    retries: list[asyncio.Task[creation.Result]] = []
    made = (await asyncio.gather(first(), return_exceptions=True))[0]
    retried = await retries[0]

    rows = await other.fetch("SELECT customer_id FROM customers")
    assert not isinstance(retried, Exception)
    assert [row[0] for row in rows] == [retried.id]
    assert isinstance(made, ZeroDivisionError) if rolled_back else made == retried


@pytest.mark.usefixtures("pool")
async def test_only_expired_keys_are_forgotten() -> None:
    """Cleaning up removes the keys that are older than their lifetime, and tells how many."""
    service = CustomerService(timedelta(hours=2))
    await service.create_many(many(5, "key"), atomic=True)
    assert await service.forget_idempotency_keys() == 0
    async with acquire() as connection:
        await connection.execute(
            "UPDATE idempotency_keys SET created_at = now() - interval '121 minutes'"
            " WHERE key IN ('key 1', 'key 3')"
        )
        await connection.execute(
            "UPDATE idempotency_keys SET created_at = now() - interval '119 minutes' WHERE key = 'key 4'"
        )
    assert await service.forget_idempotency_keys() == 2
    async with acquire() as connection:
        left = await connection.fetch("SELECT key FROM idempotency_keys ORDER BY key")
    assert [row[0] for row in left] == ["key 0", "key 2", "key 4"]


@pytest.mark.usefixtures("pool")
async def test_a_used_key_keeps_its_place_when_refused() -> None:
    """A conflict leaves the key with its first input and its first age."""
    service = CustomerService()
    made = await service.create(ADA)
    async with acquire() as connection:
        before = await connection.fetch("TABLE idempotency_keys")
    with pytest.raises(IdempotencyConflict):
        await service.create(ADA.model_copy(update={"first_name": "Augusta"}))
    async with acquire() as connection:
        assert await connection.fetch("TABLE idempotency_keys") == before
        assert [row["customer_id"] for row in before] == [made.id]
