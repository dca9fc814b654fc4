"""The migration runner: under concurrency, behind locks, after failures, in any schema."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from typing import Any
from uuid import uuid4

import pytest

from db.migrate import MigrationError, at_head, downgrade, history, migrate, names, pending
from db.settings import DatabaseSettings
from db.tortoise import connect, disconnect
from models.customer import Customer
from tests.conftest import execute
from tests.database import connected, connected_in_schema
from tests.integration.catalog import STEPS, catalog
from tests.waiting import until

ALL = [
    "0_20250928183335_customer",
    "1_20251121090000_one_primary_email",
    "2_20251121091500_customer_ordering",
    "3_20251121150000_customer_search",
    "4_20251121160000_idempotency_keys",
    "5_20251121170000_search_without_jit",
    "6_20251121180000_search_words_sooner",
]

LOCKS = (
    "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
    " WHERE datname = current_database()"
)

CUSTOMER = """
WITH customer AS (INSERT INTO customers (first_name, last_name) VALUES ('', '') RETURNING customer_id)
"""

# Ten processes with a Tortoise, a pool and a place in the queue of their own; all are let go at once.
RACE = """
import asyncio, json, multiprocessing
from db.migrate import migrate
from db.settings import DatabaseSettings

def run(start, applied):
    start.wait()
    applied.put(asyncio.run(migrate(DatabaseSettings.load())))

fork = multiprocessing.get_context("fork")
start, applied = fork.Barrier(10), fork.SimpleQueue()
processes = [fork.Process(target=run, args=(start, applied)) for _ in range(10)]
for process in processes:
    process.start()
for process in processes:
    process.join()
print(json.dumps([process.exitcode for process in processes]))
print(json.dumps([applied.get() for _ in range(10)]))
"""


async def test_names() -> None:
    """The migrations of this code, oldest first."""
    assert names() == ALL


async def test_ten_processes(blank: DatabaseSettings) -> None:
    """Of ten processes that start together one migrates, once, and all go on."""
    assert blank.url is not None
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        "-c",
        RACE,
        env=os.environ | {"DATABASE_URL": blank.url.get_secret_value()},
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(30):
            output, _ = await process.communicate()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    codes, applied = map(json.loads, output.splitlines())
    assert codes == [0] * 10
    assert sorted(applied) == [[]] * 9 + [ALL]
    assert await catalog(blank) == STEPS[-1]


async def test_history(blank: DatabaseSettings) -> None:
    """What is applied and what is pending follows each step up and down."""
    assert await history(blank) == [(name, False) for name in ALL]
    assert await pending(blank) == ALL
    assert not await at_head(blank)

    assert await migrate(blank) == ALL
    assert await migrate(blank) == []
    assert await history(blank) == [(name, True) for name in ALL]
    assert await at_head(blank)

    assert await downgrade(blank) == ALL[6:]
    assert await pending(blank) == ALL[6:]
    assert await downgrade(blank, to=6) == []
    assert await downgrade(blank, to=-1) == ALL[5::-1]
    assert await downgrade(blank) == []
    assert await pending(blank) == ALL


@pytest.mark.parametrize("schema", ["another", "user"])
async def test_other_schema(blank: DatabaseSettings, schema: str) -> None:
    """DATABASE_SCHEMA names the only schema that is touched, even when the name is one of SQL's own words."""
    settings = blank.model_copy(update={"schema_name": schema})
    assert await migrate(settings) == ALL
    assert await catalog(settings) == STEPS[-1]
    assert await catalog(blank) == {}
    assert await migrate(blank) == ALL
    assert await downgrade(settings, to=-1) == ALL[::-1]
    assert await catalog(blank) == STEPS[-1]


async def test_without_right_to_create_schemas(blank: DatabaseSettings) -> None:
    """A role that may not create schemas migrates into one that is there, and is told so where none is."""
    assert blank.url is not None
    role = f"role_{uuid4().hex}"
    settings = DatabaseSettings.load(url=f"{blank.url.get_secret_value()}&options=-crole%3D{role}")
    await execute(blank, f"CREATE ROLE {role}")
    try:
        with pytest.raises(MigrationError, match="permission denied for database"):
            await migrate(settings)
        await execute(blank, f"CREATE SCHEMA customer_domain AUTHORIZATION {role}")
        assert await migrate(settings) == ALL
    finally:
        await execute(blank, f"DROP OWNED BY {role}; DROP ROLE {role}")


async def test_newer_database(database: DatabaseSettings) -> None:
    """A database that a newer release has migrated is refused by name, untouched, and still at head."""
    await execute(
        database,
        "INSERT INTO customer_domain.aerich (version, app, content)"
        " VALUES ('9_2099_later.py', 'customers', '{}')",
    )
    for attempt in (migrate, downgrade):
        with pytest.raises(
            MigrationError, match=r"newer than this code: it has 9_2099_later\. Start the release"
        ):
            await attempt(database)
    assert await history(database) == [*((name, True) for name in ALL), ("9_2099_later", True)]
    assert await at_head(database)


async def test_table_in_use(blank: DatabaseSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that is not to be had ends the wait with a clear error; afterwards the rest is applied."""
    await migrate(blank)
    await downgrade(blank, to=0)
    monkeypatch.setattr("db.backend.DDL_LOCK_TIMEOUT", 0.2)
    async with connected(blank) as other:
        async with other.transaction():
            await other.execute("LOCK TABLE customer_domain.customer_emails IN ROW EXCLUSIVE MODE")
            with pytest.raises(MigrationError, match=r"a table is in use.*migrate again"):
                await migrate(blank)
        assert await catalog(blank) == STEPS[0]
        assert await migrate(blank) == ALL[1:]


async def test_interrupted_build(blank: DatabaseSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The invalid index that an interrupted concurrent build leaves is built anew."""
    await migrate(blank)
    await downgrade(blank, to=1)
    monkeypatch.setattr("db.backend.DDL_LOCK_TIMEOUT", 0.2)
    async with connected(blank) as other:
        async with other.transaction(isolation="repeatable_read"):
            await other.execute("SELECT 1")
            with pytest.raises(MigrationError, match="a table is in use"):
                await migrate(blank)
        assert [value for value in (await catalog(blank)).values() if value.endswith("INVALID")]
    assert await migrate(blank) == ALL[2:]
    assert await catalog(blank) == STEPS[-1]


async def test_filled_in_batches(database: DatabaseSettings) -> None:
    """Customers that were there before the search table stand in it, more than one batch of them."""
    await downgrade(database, to=2)
    async with connected_in_schema(database) as connection:
        await connection.execute(
            "INSERT INTO customers (first_name, last_name)"
            " SELECT 'Ann ' || n, 'Lee-' || n FROM generate_series(1, 5001) n; "
            f"{CUSTOMER} INSERT INTO customer_emails (customer_id, email, is_primary)"
            " SELECT customer_id, 'a@b.example', true FROM customer"
        )
        assert await migrate(database) == ALL[3:]
        assert await connection.fetchval("SELECT count(*) FROM customer_search") == 5_002
        wrong = await connection.fetchval(
            "SELECT count(*) FROM customer_search s JOIN customer_words(ARRAY("
            "SELECT customer_id FROM customers)) w USING (customer_id) WHERE s <> w"
        )
        assert wrong == 0


async def test_interrupted_filling(blank: DatabaseSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration that was interrupted while it built the search index starts again and ends well."""
    await migrate(blank)
    await downgrade(blank, to=2)
    monkeypatch.setattr("db.backend.DDL_LOCK_TIMEOUT", 0.2)
    async with connected(blank) as other:
        async with other.transaction(isolation="repeatable_read"):
            await other.execute("SELECT 1")
            with pytest.raises(MigrationError, match="a table is in use"):
                await migrate(blank)
        await other.execute("INSERT INTO customer_domain.customers (first_name, last_name) VALUES ('Al', '')")
        assert await migrate(blank) == ALL[3:]
        words = await other.fetchval("SELECT words FROM customer_domain.customer_search")
        assert words == "'a' 'al' 'al '"
        invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
        assert await other.fetchval(invalid) == 0
    assert await catalog(blank) == STEPS[-1]


async def test_lock_timeout(blank: DatabaseSettings) -> None:
    """Who waits for another's migrating gives up after DATABASE_LOCK_TIMEOUT, and the other goes on."""
    await migrate(blank)
    await downgrade(blank, to=0)
    async with connected(blank) as other, other.transaction():
        await other.execute("LOCK TABLE customer_domain.customer_emails IN ROW EXCLUSIVE MODE")
        first = asyncio.create_task(migrate(blank))
        await until(lambda: other.fetchval(f"{LOCKS} AND locktype = 'advisory' AND granted"))
        with pytest.raises(MigrationError, match=r"over 0\.2 s.*DATABASE_LOCK_TIMEOUT"):
            await migrate(blank.model_copy(update={"lock_timeout": 0.2}))
    assert await first == ALL[1:]


async def test_beside_the_application(database: DatabaseSettings, blank: DatabaseSettings) -> None:
    """Migrating one database leaves the Tortoise of this process on the other."""
    await connect(database)
    try:
        created = await Customer.create(first_name="Ann", last_name="Lee")
        assert await migrate(blank) == ALL
        assert await Customer.all().values_list("id", flat=True) == [created.id]
    finally:
        await disconnect()


async def test_repair(database: DatabaseSettings) -> None:
    """Customers with several primary addresses or none get one, the oldest, and a later updated_at."""
    await downgrade(database, to=0)
    before = {
        "several": [("a", False, 1), ("b", True, 3), ("c", True, 2)],
        "none": [("d", False, 2), ("e", False, 1), ("f", False, 1)],
        "one": [("g", False, 1), ("h", True, 2)],
        "no addresses": [],
    }
    async with connected_in_schema(database) as connection:
        for name, emails in before.items():
            key = await connection.fetchval(
                "INSERT INTO customers (first_name, last_name, updated_at)"
                " VALUES ($1, '', '2200-01-01') RETURNING customer_id",
                name,
            )
            for email, is_primary, day in emails:
                await connection.execute(
                    "INSERT INTO customer_emails (customer_id, email, is_primary, created_at)"
                    " VALUES ($1, $2, $3, make_date(2025, 1, $4))",
                    *(key, email, is_primary, day),
                )
        await migrate(database)
        rows: list[Any] = await connection.fetch(
            "SELECT first_name, array_agg(email) FILTER (WHERE is_primary), updated_at > '2200-01-01'"
            " FROM customers LEFT JOIN customer_emails USING (customer_id) GROUP BY customer_id"
        )
    assert {name: (primary, moved) for name, primary, moved in rows} == {
        "several": (["c"], True),
        "none": (["e"], True),
        "one": (["h"], False),
        "no addresses": (None, False),
    }


async def test_repair_under_writes(database: DatabaseSettings) -> None:
    """An address written while the migration waits is repaired with the others."""
    await downgrade(database, to=0)
    async with connected_in_schema(database) as connection, connected(database) as observer:
        async with connection.transaction():
            await connection.execute(
                f"{CUSTOMER} INSERT INTO customer_emails (customer_id, email, is_primary)"
                " SELECT customer_id, email, true FROM customer, unnest(ARRAY['a', 'b']) AS email"
            )
            migrating = asyncio.create_task(migrate(database))
            await until(lambda: observer.fetchval(f"{LOCKS} AND NOT granted"))
        assert await migrating == ALL[1:]
        assert await connection.fetchval("SELECT count(*) FROM customer_emails WHERE is_primary") == 1
    assert await catalog(database) == STEPS[-1]


async def test_unique_index_already_there(database: DatabaseSettings) -> None:
    """A primary-address index that is unique already stays; customers without a primary address get one."""
    await downgrade(database, to=0)
    async with connected_in_schema(database) as connection:
        await connection.execute(
            "DROP INDEX idx_customer_email_primary;"
            "CREATE UNIQUE INDEX idx_customer_email_primary ON customer_emails (customer_id)"
            f" WHERE is_primary IS TRUE; {CUSTOMER}"
            " INSERT INTO customer_emails (customer_id, email, is_primary)"
            " SELECT customer_id, 'a', false FROM customer"
        )
        assert await migrate(database) == ALL[1:]
        assert await connection.fetchval("SELECT is_primary FROM customer_emails")
    assert await catalog(database) == STEPS[-1]
