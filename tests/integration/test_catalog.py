"""The database against a table written by hand from the customer-migration document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.catalog import differences, read_tables
from db.migrate import downgrade, migrate
from tests.conftest import execute
from tests.database import connected
from tests.integration.catalog import COLUMNS, NOW, STEPS, catalog

if TYPE_CHECKING:
    from db.catalog import Catalog
    from db.settings import DatabaseSettings

# The tables that the service keeps for itself, each the work of one migration.
OWN: Catalog = {
    ("customer_search", "column", "customer_id"): "uuid NOT NULL",
    ("customer_search", "column", "words"): "tsvector NOT NULL",
    ("customer_search", "column", "last_name"): "character varying(255) NOT NULL",
    ("customer_search", "column", "country"): "character varying(2)",
    ("customer_search", "constraint", "pk_customer_search"): "PRIMARY KEY (customer_id)",
    ("customer_search", "constraint", "fk_customer_search__customers__customer_id"): (
        "FOREIGN KEY (customer_id) REFERENCES customers(customer_id) ON DELETE CASCADE"
    ),
    ("customer_search", "index", "ix_customer_search__words"): (
        "CREATE INDEX ix_customer_search__words ON customer_search USING gin (words) WITH (fastupdate=off)"
    ),
    ("customer_search", "index", "ix_customer_search__lower_country_last_name_customer_id"): (
        "CREATE INDEX ix_customer_search__lower_country_last_name_customer_id ON customer_search"
        " USING btree (lower(country::text) text_pattern_ops, last_name, customer_id)"
    ),
    ("idempotency_keys", "column", "key"): "character varying(255) NOT NULL",
    ("idempotency_keys", "column", "input_hash"): "bytea NOT NULL",
    ("idempotency_keys", "column", "customer_id"): "uuid NOT NULL",
    ("idempotency_keys", "column", "created_at"): NOW,
    ("idempotency_keys", "constraint", "pk_idempotency_keys"): "PRIMARY KEY (key)",
    ("idempotency_keys", "index", "ix_idempotency_keys__created_at"): (
        "CREATE INDEX ix_idempotency_keys__created_at ON idempotency_keys USING btree (created_at)"
    ),
}
FUNCTIONS = ["customer_words", "refresh_customer_search"]
TRIGGERS = [
    f"tr_{table}__search_{event}"
    for table, events in {
        "customer_emails": ("delete", "insert", "update"),
        "customer_phone_numbers": ("delete", "insert", "update"),
        "customers": ("insert", "update"),
        "postal_addresses": ("update",),
    }.items()
    for event in events
]


async def test_head(database: DatabaseSettings) -> None:
    """A migrated database has what the document lists and what later migrations add, and nothing else."""
    assert await catalog(database) == STEPS[-1]


async def code(settings: DatabaseSettings) -> tuple[list[str], list[str]]:
    """Return the names of the functions and of the triggers in the schema."""
    functions = "SELECT proname FROM pg_proc WHERE pronamespace = to_regnamespace($1) ORDER BY 1"
    triggers = (
        "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE relnamespace = to_regnamespace($1) AND NOT tgisinternal ORDER BY 1"
    )
    async with connected(settings) as connection:
        found = [await connection.fetch(query, settings.schema_name) for query in (functions, triggers)]
    return [row[0] for row in found[0]], [row[0] for row in found[1]]


async def test_own_tables(database: DatabaseSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the service keeps for itself is there as written above, and gone with its own migration."""
    monkeypatch.setattr("db.catalog.TABLES", ("customer_search", "idempotency_keys"))
    assert await catalog(database) == OWN
    assert await code(database) == (FUNCTIONS, TRIGGERS)

    await downgrade(database, to=4)
    assert await catalog(database) == OWN
    assert await code(database) == (FUNCTIONS, TRIGGERS)
    await downgrade(database)
    assert {table for table, _, _ in await catalog(database)} == {"customer_search"}
    await downgrade(database)
    assert await catalog(database) == {}
    assert await code(database) == ([], [])


async def test_down_and_up(database: DatabaseSettings) -> None:
    """Each migration undone leaves what the one before it made; the first one undone leaves no table."""
    for newest in range(len(STEPS) - 2, -1, -1):
        await downgrade(database)
        assert await catalog(database) == STEPS[newest]
    await downgrade(database)
    async with connected(database) as connection:
        left = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace($1) ORDER BY 1",
            database.schema_name,
        )
    assert [row["relname"] for row in left] == ["aerich", "aerich_id_seq", "aerich_pkey"]
    assert await code(database) == ([], [])
    await migrate(database)
    assert await catalog(database) == STEPS[-1]


async def test_comment(database: DatabaseSettings) -> None:
    """The country column carries the document's note, the only one that says more than the table itself."""
    async with connected(database) as connection:
        comments = await connection.fetch(
            "SELECT objoid::regclass::text, attname, description FROM pg_description"
            " JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid"
            " JOIN pg_class ON pg_class.oid = objoid WHERE relnamespace = to_regnamespace($1)",
            database.schema_name,
        )
    assert [tuple(row) for row in comments] == [
        ("customer_domain.postal_addresses", "country", "ISO-3166 alpha-2 code")
    ]


DEVIATIONS = {
    "ALTER TABLE customers ALTER first_name TYPE varchar(100)": (
        "customers: column first_name is character varying(100) NOT NULL, not character varying(255) NOT NULL"
    ),
    "ALTER TABLE customers ALTER first_name DROP NOT NULL": (
        "customers: column first_name is character varying(255), not character varying(255) NOT NULL"
    ),
    "ALTER TABLE customers ALTER created_at DROP DEFAULT": (
        "customers: column created_at is timestamp with time zone NOT NULL, "
        "not timestamp with time zone NOT NULL DEFAULT now()"
    ),
    "ALTER TABLE customer_emails ALTER email_id SET GENERATED ALWAYS": (
        "customer_emails: column email_id is integer NOT NULL GENERATED ALWAYS AS IDENTITY, "
        "not integer NOT NULL GENERATED BY DEFAULT AS IDENTITY"
    ),
    "ALTER TABLE postal_addresses DROP line2": (
        "postal_addresses: column line2 is missing (character varying(255))"
    ),
    "ALTER TABLE postal_addresses ADD line3 text NOT NULL": (
        "postal_addresses: column line3 is one too many (text NOT NULL)"
    ),
    "ALTER TABLE customers RENAME CONSTRAINT pk_customers TO customers_pkey": (
        "customers: constraint customers_pkey is one too many (PRIMARY KEY (customer_id))"
    ),
    "ALTER TABLE customers ADD CONSTRAINT named CHECK (first_name <> '')": (
        "customers: constraint named is one too many (CHECK (first_name::text <> ''::text))"
    ),
    "DROP INDEX ix_customers__address_id": (
        "customers: index ix_customers__address_id is missing "
        "(CREATE INDEX ix_customers__address_id ON customers USING btree (address_id))"
    ),
    "CREATE UNIQUE INDEX names ON customers (last_name)": (
        "customers: index names is one too many "
        "(CREATE UNIQUE INDEX names ON customers USING btree (last_name))"
    ),
}


@pytest.mark.parametrize(("change", "line"), DEVIATIONS.items())
async def test_difference(database: DatabaseSettings, change: str, line: str) -> None:
    """Each deviation that could matter is told with table, name and both definitions."""
    await execute(database, f"SET search_path = customer_domain; {change}")
    assert line in differences(STEPS[-1], await catalog(database))


@pytest.mark.parametrize(
    "change",
    [
        "CREATE INDEX more ON customers (middle_name)",
        "COMMENT ON TABLE customers IS 'ours'",
        "COMMENT ON COLUMN postal_addresses.country IS NULL",
        "ALTER TABLE postal_addresses DROP line2; ALTER TABLE postal_addresses ADD line2 varchar(255)",
        "CREATE TABLE invoices (id integer)",
    ],
)
async def test_no_difference(database: DatabaseSettings, change: str) -> None:
    """Indexes more, comments, the order of columns and tables of others are no differences."""
    await execute(database, f"SET search_path = customer_domain; {change}")
    assert differences(STEPS[-1], await catalog(database)) == []


def test_unique_already() -> None:
    """The primary-address index may be unique before the migration that makes it so, but not the reverse."""
    assert differences(STEPS[0], STEPS[1]) == []
    assert len(differences(STEPS[1], STEPS[0])) == 1


async def test_tables(database: DatabaseSettings) -> None:
    """Only those of the five tables that are there are told, in the schema asked for."""
    await execute(database, "DROP TABLE customer_domain.customer_emails")
    async with connected(database) as connection:
        assert await read_tables(connection, "customer_domain") == set(COLUMNS) - {"customer_emails"}
        assert await read_tables(connection, "public") == set()
