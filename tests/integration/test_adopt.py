"""Taking over a database that another tool made from the same document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aerich.utils import import_py_file

from db.migrate import MigrationError, history, migrate, names
from db.tortoise import CUSTOMERS
from tests.conftest import execute
from tests.database import connected
from tests.integration.catalog import STEPS, catalog

if TYPE_CHECKING:
    from db.settings import DatabaseSettings

FOREIGN = (Path(__file__).parent / "customers_by_another_tool.sql").read_text()
ROW = """
INSERT INTO customer_domain.customers (first_name, last_name) VALUES ('Ann', 'Lee');
INSERT INTO customer_domain.customer_emails (customer_id, email, is_primary)
SELECT customer_id, email, true
FROM customer_domain.customers, unnest(ARRAY['a@b.example', 'c@d.example']) AS email;
"""


async def everything(settings: DatabaseSettings) -> list[Any]:
    """Return every relation, column, index and row count outside of PostgreSQL's own schemas."""
    async with connected(settings) as connection:
        found = await connection.fetch(
            "SELECT relnamespace::regnamespace::text, pg_class.oid, relname, attname,"
            " pg_get_indexdef(pg_class.oid)"
            " FROM pg_class LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0"
            " WHERE relnamespace::regnamespace::text !~ '^(pg_|information_schema)' ORDER BY 1, 2, attnum"
        )
        schemas = await connection.fetch("SELECT oid, nspname FROM pg_namespace ORDER BY 1")
        emails = await connection.fetch("SELECT * FROM customer_domain.customer_emails ORDER BY email_id")
    return [*found, *schemas, *emails]


async def test_adopt(blank: DatabaseSettings) -> None:
    """Another tool's tables are taken over with their rows, and the later migrations are applied to them."""
    await execute(blank, FOREIGN + ROW)
    assert await migrate(blank, adopt=True) == names()[1:]
    assert all(applied for _, applied in await history(blank))
    assert await catalog(blank) == STEPS[-1]
    async with connected(blank) as connection:
        primary = await connection.fetch("SELECT email FROM customer_domain.customer_emails WHERE is_primary")
    assert [row["email"] for row in primary] == ["a@b.example"]
    assert await migrate(blank) == []


async def test_same_record(blank: DatabaseSettings, database: DatabaseSettings) -> None:
    """An adopted database has the record that a migrated one has."""
    await execute(blank, FOREIGN)
    await migrate(blank, adopt=True)
    records = []
    for settings in (blank, database):
        async with connected(settings) as connection:
            records.append(
                await connection.fetch("SELECT version, app, content FROM customer_domain.aerich ORDER BY id")
            )
    assert records[0] == records[1]


async def test_tolerated(blank: DatabaseSettings) -> None:
    """A unique primary-address index, more indexes, comments and other tables do not stand in the way."""
    await execute(
        blank,
        f"{FOREIGN} SET search_path = customer_domain; DROP INDEX idx_customer_email_primary;"
        "CREATE UNIQUE INDEX idx_customer_email_primary ON customer_emails (customer_id)"
        " WHERE is_primary IS TRUE; CREATE INDEX names ON customers (last_name);"
        "COMMENT ON TABLE customers IS 'ours'; CREATE TABLE invoices ();",
    )
    assert await migrate(blank, adopt=True) == names()[1:]


async def test_not_asked_to(blank: DatabaseSettings) -> None:
    """Without being asked to, nothing is taken over: a clear error, and nothing touched."""
    await execute(blank, FOREIGN + ROW)
    before = await everything(blank)
    with pytest.raises(MigrationError, match=r"without a record of migrations.*`customers migrate --adopt`"):
        await migrate(blank)
    assert await everything(blank) == before


async def test_different(blank: DatabaseSettings) -> None:
    """Tables that differ from the document's are refused with every difference, and not touched."""
    await execute(
        blank,
        f"{FOREIGN + ROW} ALTER TABLE customer_domain.customers ALTER first_name TYPE text;"
        "DROP INDEX customer_domain.ix_customers__address_id;",
    )
    before = await everything(blank)
    index = "CREATE INDEX ix_customers__address_id ON customers USING btree (address_id)"
    with pytest.raises(MigrationError) as error:
        await migrate(blank, adopt=True)
    assert str(error.value).splitlines() == [
        "the tables in customer_domain are not those of the customer-migration document:",
        "  customers: column first_name is text NOT NULL, not character varying(255) NOT NULL",
        f"  customers: index ix_customers__address_id is missing ({index})",
        "Nothing was changed. Mend these and run `customers migrate --adopt` again",
    ]
    assert await everything(blank) == before


@pytest.mark.parametrize("adopt", [True, False])
async def test_half(blank: DatabaseSettings, adopt: bool) -> None:
    """Where only some of the five tables are, both kinds are named, and nothing is touched."""
    await execute(blank, f"{FOREIGN} DROP TABLE customer_domain.customer_phone_numbers")
    before = await everything(blank)
    with pytest.raises(MigrationError, match=r"holds customer_emails, .* but not customer_phone_numbers; "):
        await migrate(blank, adopt=adopt)
    assert await everything(blank) == before


async def test_nothing_to_adopt(blank: DatabaseSettings) -> None:
    """Being asked to adopt where nothing is to be adopted means to migrate."""
    assert await migrate(blank, adopt=True) == names()
    assert await migrate(blank, adopt=True) == []


async def test_first_migration_is_the_document() -> None:
    """The first migration's SQL needs no connection, because adopting runs it beside Tortoise."""
    first = import_py_file(CUSTOMERS.migrations / "customers" / f"{names()[0]}.py")
    assert "CREATE TABLE customers" in await first.upgrade(None)
