"""Made-up customers, as PostgreSQL has them afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from db import seed as seeding
from db.catalog import TABLES
from db.errors import DatabaseUnavailable
from db.migrate import migrate
from db.seed import seed
from db.settings import DatabaseSettings, SettingsError
from models.draft import CustomerDraft
from tests.conftest import created, execute
from tests.database import connected_in_schema

# Each customer as the plain values of a draft, oldest first.
CUSTOMERS = """
SELECT jsonb_build_object(
    'first_name', first_name,
    'middle_name', middle_name,
    'last_name', last_name,
    'emails', ARRAY(
        SELECT jsonb_build_object('email', email, 'is_primary', is_primary)
        FROM customer_emails e WHERE e.customer_id = c.customer_id ORDER BY email
    ),
    'phone_numbers', ARRAY(
        SELECT jsonb_build_object('type', type, 'number', number)
        FROM customer_phone_numbers p WHERE p.customer_id = c.customer_id ORDER BY number
    ),
    'address', to_jsonb(a) - 'address_id',
    'privacy_settings', to_jsonb(s) - 'privacy_settings_id'
)::text, created_at, updated_at
FROM customers c LEFT JOIN postal_addresses a USING (address_id)
LEFT JOIN privacy_settings s USING (privacy_settings_id)
ORDER BY created_at
"""

Seeded = tuple[str, datetime, datetime]


async def fetch(settings: DatabaseSettings, query: str) -> list[Any]:
    async with connected_in_schema(settings) as connection:
        return list(await connection.fetch(query))


async def customers(settings: DatabaseSettings) -> list[Seeded]:
    return [tuple(row) for row in await fetch(settings, CUSTOMERS)]


async def rows(settings: DatabaseSettings) -> list[int]:
    """How many rows each table has."""
    counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
    return list((await fetch(settings, f"SELECT {counts}"))[0])


async def test_valid(database: DatabaseSettings) -> None:
    """Every made-up customer passes the checks of the domain, which change nothing about it."""
    assert await seed(database, 1_000) == 1_000

    found = [json.loads(text) for text, *_ in await customers(database)]
    assert len(found) == 1_000
    for values in found:
        assert CustomerDraft.of(values).model_dump(mode="json", exclude_unset=True) == values
        assert sum(email["is_primary"] for email in values["emails"]) == bool(values["emails"])
        assert {email["email"].rpartition(".")[0].rpartition("@")[2] for email in values["emails"]} <= {
            "example"
        }


@pytest.mark.parametrize("prefix", [prefix for row in seeding._PHONE_NUMBERS.values() for prefix in row])
def test_phone_numbers(prefix: str) -> None:
    """Whatever six digits follow, the number is valid and in E.164 form."""
    for digits in range(0, 1_000_000, 9_973):
        number = f"{prefix}{digits:06d}"
        draft = CustomerDraft.of(
            {"first_name": "A", "last_name": "B", "phone_numbers": [{"type": "x", "number": number}]}
        )
        assert draft.phone_numbers[0].number == number


async def test_spread(database: DatabaseSettings) -> None:
    """Made-up customers differ as real ones do, in what they have and where they live."""
    await seed(database, 2_000)

    found = [json.loads(text) for text, *_ in await customers(database)]

    def share(field: str) -> float:
        return sum(values[field] is not None for values in found) / len(found)

    assert share("middle_name") == pytest.approx(0.30, abs=0.05)
    assert share("address") == pytest.approx(0.85, abs=0.05)
    assert share("privacy_settings") == pytest.approx(0.80, abs=0.05)
    for field in ("emails", "phone_numbers"):
        counts = [len(values[field]) for values in found]
        assert set(counts) == {0, 1, 2, 3}
        assert sum(0 < count < 3 for count in counts) > 0.7 * len(counts)
    assert len({values["address"]["country"] for values in found if values["address"]}) >= 5
    assert {number["type"] for values in found for number in values["phone_numbers"]} == {
        "mobile",
        "home",
        "work",
    }
    assert len({(values["first_name"], values["last_name"]) for values in found}) > 1_000
    assert any(not values["last_name"].isascii() for values in found)


async def test_times(database: DatabaseSettings) -> None:
    """Customers became such over two years before a fixed day, and changed then or later."""
    await seed(database, 300)

    end = datetime(2025, 11, 1, tzinfo=UTC)
    found = [(created_at, updated_at) for _, created_at, updated_at in await customers(database)]
    assert found[0][0] - (end - timedelta(days=730)) < timedelta(days=3)
    assert end - found[-1][0] < timedelta(days=3)
    assert all(created_at <= updated_at <= end for created_at, updated_at in found)
    assert any(created_at < updated_at for created_at, updated_at in found)
    for table in ("customer_emails", "customer_phone_numbers"):
        late = f"FROM {table} o JOIN customers c USING (customer_id) WHERE o.created_at <> c.created_at"
        assert await fetch(database, f"SELECT 1 {late}") == []


async def test_same_content(server: DatabaseSettings, template: str, database: DatabaseSettings) -> None:
    """The same seed and count give the same content in any process, any size of batch, beside any other."""
    await seed(database, 200, seed=7)
    program = "import asyncio, sys\nfrom db import seed\nfrom db.settings import DatabaseSettings\n"
    program += (
        "seed.BATCH = 30\nfor n in (7, 8): asyncio.run(seed.seed(DatabaseSettings.load(), 200, seed=n))"
    )

    async with created(server, template) as other:
        assert other.url is not None
        env = os.environ | {"DATABASE_URL": other.url.get_secret_value(), "PYTHONHASHSEED": "1"}
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, env=env)
        assert await process.wait() == 0
        found = await customers(other)

    expected = await customers(database)
    assert len(found) == 400
    assert sorted(expected) == sorted(set(expected) & set(found))


async def test_progress(database: DatabaseSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is told after each batch, as the number of customers written so far."""
    monkeypatch.setattr(seeding, "BATCH", 40)
    told: list[int] = []
    await seed(database, 100, progress=told.append)

    assert told in ([40, 80, 100], [40, 60, 100], [20, 60, 100])


async def test_whole_customers(
    server: DatabaseSettings, template: str, database: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When PostgreSQL refuses a row, whole batches before it stay, and no customer is half written."""
    monkeypatch.setattr(seeding, "BATCH", 20)
    await seed(database, 200)
    complete = await customers(database)
    async with created(server, template) as other:
        await execute(
            other,
            "ALTER TABLE customer_domain.customer_phone_numbers"
            f" ADD CONSTRAINT early CHECK (created_at < '{complete[150][1].isoformat()}')",
        )
        with pytest.raises(asyncpg.CheckViolationError, match="early"):
            await seed(other, 200)
        found = await customers(other)
        kept = await rows(other)

    # A batch under way on another connection is given up, whichever that is.
    assert len(found) in (120, 140)
    batches = [complete[start : start + 20] for start in range(0, 140, 20)]
    assert found == [customer for batch in batches if batch[0] in found for customer in batch]
    assert kept[TABLES.index("postal_addresses")] == sum('"address": {' in text for text, *_ in found)
    assert kept[TABLES.index("privacy_settings")] == sum(
        '"privacy_settings": {' in text for text, *_ in found
    )


async def test_beside_a_service(database: DatabaseSettings) -> None:
    """Keys come from the sequences: two seeds at once and ordinary INSERTs go together."""
    await asyncio.gather(seed(database, 150), seed(database, 150, seed=1))
    await execute(
        database,
        "INSERT INTO customer_domain.privacy_settings (marketing_emails_enabled, two_factor_enabled)"
        " SELECT true, true FROM generate_series(1, 300);"
        "INSERT INTO customer_domain.postal_addresses (line1, city, state, postal_code, country)"
        " SELECT '1 Main Street', 'Springfield', 'IL', '62701', 'US' FROM generate_series(1, 300)",
    )

    assert (await rows(database))[TABLES.index("customers")] == 300


async def test_only_if_empty(database: DatabaseSettings) -> None:
    """With `only_if_empty`, nothing is added to customers that are there already."""
    assert await seed(database, 10, only_if_empty=True) == 10
    assert await seed(database, 10, only_if_empty=True) == 0

    assert (await rows(database))[TABLES.index("customers")] == 10


async def test_statistics(database: DatabaseSettings) -> None:
    """Afterwards PostgreSQL's planner knows how large the tables are."""
    await seed(database, 500)

    query = (
        "SELECT relname, reltuples::int FROM pg_class WHERE relnamespace = 'customer_domain'::regnamespace"
    )
    known = dict(await fetch(database, query))
    assert [known[table] for table in TABLES] == await rows(database)


async def test_another_schema(blank: DatabaseSettings) -> None:
    """The customers go to the schema that the settings name, a word of SQL included."""
    settings = blank.model_copy(update={"schema_name": "order"})
    await migrate(settings)
    await seed(settings, 10)

    assert (await rows(settings))[TABLES.index("customers")] == 10


@pytest.mark.parametrize("count", [0, -1])
async def test_count(database: DatabaseSettings, count: int) -> None:
    """A count that is not positive is refused."""
    with pytest.raises(ValueError, match="give a number from 1 on"):
        await seed(database, count)


async def test_not_migrated(blank: DatabaseSettings) -> None:
    """Without the tables, the error tells to migrate."""
    with pytest.raises(SettingsError, match="customers migrate"):
        await seed(blank, 1)


async def test_read_only(database: DatabaseSettings) -> None:
    """Where nothing can be written, the error tells to log in elsewhere."""
    [[name]] = await fetch(database, "SELECT current_database()")
    await execute(database, f"ALTER DATABASE {name} SET default_transaction_read_only = on")

    with pytest.raises(SettingsError, match="on a server that takes writes"):
        await seed(database, 1)


async def test_unreachable() -> None:
    """A database that cannot be reached is told apart from a wrong setting."""
    with pytest.raises(DatabaseUnavailable):
        await seed(DatabaseSettings.load(url="postgresql://a@127.0.0.1:1/a"), 1)
