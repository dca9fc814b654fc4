"""Made-up customers in any number, written through PostgreSQL's binary COPY.

Faker is asked for some thousand words and streets only: a call takes up to 0.1 ms. Customers are put together
from those, always the same ones for the same seed and count.
"""

from __future__ import annotations

import asyncio
import unicodedata
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import asyncpg

from db.backend import connecting, reached
from db.catalog import TABLES, read_tables
from db.errors import unavailable
from db.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from uuid import UUID

    from db.settings import DatabaseSettings

    Name = tuple[str, str]  # as it is written, and as it looks in an e-mail address

T = TypeVar("T")

# Customers for each transaction.
BATCH = 5_000

# While one connection waits for PostgreSQL, the next batch is made up and sent on another.
_CONNECTIONS = 2

_END = datetime(2025, 11, 1, tzinfo=UTC)
_SPAN = timedelta(days=730)

_PROVIDERS = ["faker.providers.person", "faker.providers.address"]

# How many e-mail addresses, or phone numbers, ten customers have.
_CONTACTS = (0, 1, 1, 1, 1, 1, 2, 2, 2, 3)

# Reserved for such use (RFC 2606): nobody gets mail there.
_DOMAINS = ("example.com", "example.org", "example.net")

# What six digits follow in a valid number: of a mobile phone, at home, at work.
_LABELS = ("mobile", "home", "work")
_PHONE_NUMBERS = {
    "en_US": ("+16462", "+13122", "+14152"),
    "en_GB": ("+447400", "+441214", "+442079"),
    "de_DE": ("+4915123", "+493023", "+498923"),
    "fr_FR": ("+33612", "+33142", "+33472"),
    "sv_SE": ("+46701", "+4684", "+46313"),
    "es_ES": ("+34612", "+34912", "+34932"),
    "pl_PL": ("+48512", "+48223", "+48123"),
    "cs_CZ": ("+420601", "+420221", "+420541"),
}

# In the order in which foreign keys allow writing.
_COLUMNS = {
    "postal_addresses": ("address_id", "line1", "line2", "city", "state", "postal_code", "country"),
    "privacy_settings": ("privacy_settings_id", "marketing_emails_enabled", "two_factor_enabled"),
    "customers": (
        "customer_id",
        "first_name",
        "middle_name",
        "last_name",
        "address_id",
        "privacy_settings_id",
        "created_at",
        "updated_at",
    ),
    "customer_emails": ("customer_id", "email", "is_primary", "created_at"),
    "customer_phone_numbers": ("customer_id", "type", "number", "created_at"),
}


async def seed(
    settings: DatabaseSettings,
    count: int,
    *,
    seed: int = 0,
    only_if_empty: bool = False,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Add `count` made-up customers and return how many were added.

    The same `seed` and `count` give the same content whatever is there already; only the keys differ. With
    `only_if_empty`, nothing is added where there are customers. `progress` gets the number written so far.
    An error leaves the customers of whole batches behind.

    Raises:
        ValueError: `count` is not positive.
        SettingsError: the login is refused or may not write here, or the tables are not there.
        DatabaseUnavailable: the database cannot be reached, or went away meanwhile.
    """
    if count < 1:
        raise ValueError(f"count: {count} customers cannot be made up; give a number from 1 on")
    schema = settings.schema_name
    async with _connected(settings) as connection:
        if set(TABLES) - await read_tables(connection, schema):
            raise SettingsError(
                f"DATABASE_SCHEMA: the schema {schema} lacks tables of customers; "
                "run `customers migrate` first"
            )
        if only_if_empty and await connection.fetchval(f'SELECT EXISTS (SELECT FROM "{schema}".customers)'):
            return 0
        await _write_all(settings, _people(count, seed), progress or (lambda _: None))
        # Autovacuum would get to it a minute later, and until then plans would suit empty tables.
        tables = *TABLES, "customer_search"
        await connection.execute("ANALYZE " + ", ".join(f'"{schema}".{table}' for table in tables))
    return count


@asynccontextmanager
async def _connected(settings: DatabaseSettings) -> AsyncIterator[asyncpg.Connection]:
    with unavailable():
        async with reached(settings) as args:
            with connecting():
                connection = await asyncpg.connect(**args, statement_cache_size=settings.statement_cache_size)
            try:
                yield connection
            except (asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError) as error:
                raise SettingsError(
                    f"PostgreSQL refuses to write customers ({error.args[0]}): let DATABASE_URL (or "
                    "DATABASE_HOST, DATABASE_USER) name the role that migrates, on a server that takes writes"
                ) from error
            finally:
                await connection.close()


async def _write_all(
    settings: DatabaseSettings, people: Iterator[_Person], progress: Callable[[int], None]
) -> None:
    done = 0

    async def write() -> None:
        nonlocal done
        async with _connected(settings) as connection:
            await connection.execute(_staging(settings.schema_name))
            while batch := list(islice(people, BATCH)):
                await _write(connection, settings.schema_name, batch)
                done += len(batch)
                progress(done)

    try:
        async with asyncio.TaskGroup() as writers:
            for _ in range(_CONNECTIONS):
                writers.create_task(write())
    except ExceptionGroup as group:
        error = group.exceptions[0]
        raise error from error.__cause__


async def _write(connection: asyncpg.Connection, schema: str, people: Sequence[_Person]) -> None:
    """Write whole customers in one transaction."""
    async with connection.transaction():
        # Numbers come from the tables' sequences, which is safe beside a running service. Random ids, sorted,
        # save PostgreSQL a seventh of its work: neighbours share pages of the indexes.
        (keys,) = await connection.fetch(
            "SELECT ARRAY(SELECT gen_random_uuid() FROM generate_series(1, $1) ORDER BY 1),"
            f" ARRAY({_next(schema, 'postal_addresses', 'address_id')} FROM generate_series(1, $2)),"
            f" ARRAY({_next(schema, 'privacy_settings', 'privacy_settings_id')} FROM generate_series(1, $3))",
            len(people),
            sum(person.address is not None for person in people),
            sum(person.privacy_settings is not None for person in people),
        )
        for table, rows in _rows(people, *keys).items():
            await connection.copy_records_to_table(f"new_{table}", columns=_COLUMNS[table], records=rows)
        # One statement for all tables: what triggers derive from them is derived once.
        await connection.execute(_insertion(schema))


def _staging(schema: str) -> str:
    """Return SQL that makes a temporary copy of each table, without rows, emptied by every commit."""
    return "".join(
        f"CREATE TEMP TABLE new_{table} ON COMMIT DELETE ROWS AS"
        f' SELECT {", ".join(columns)} FROM "{schema}".{table} WITH NO DATA;'
        for table, columns in _COLUMNS.items()
    )


def _insertion(schema: str) -> str:
    """Return the statement that moves what was copied to where it belongs."""
    insertions = [
        f'INSERT INTO "{schema}".{table} ({", ".join(columns)}) SELECT {", ".join(columns)} FROM new_{table}'
        for table, columns in _COLUMNS.items()
    ]
    *earlier, last = insertions
    return "WITH " + ", ".join(f"t{i} AS ({text})" for i, text in enumerate(earlier)) + " " + last


def _next(schema: str, table: str, column: str) -> str:
    """Return SQL for an identity column's next value; the sequence is looked up once for all rows."""
    return f"""SELECT nextval((SELECT pg_get_serial_sequence('"{schema}".{table}', '{column}')::regclass))"""


def _rows(
    people: Sequence[_Person], ids: Sequence[UUID], address_ids: Sequence[int], settings_ids: Sequence[int]
) -> dict[str, list[tuple[object, ...]]]:
    """Return each table's rows as `_COLUMNS` has them."""
    rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in _COLUMNS}
    addresses, privacy_settings, customers, emails, phone_numbers = rows.values()
    next_address, next_settings = iter(address_ids), iter(settings_ids)
    for id_, person in zip(ids, people, strict=True):
        address_id = settings_id = None
        if person.address:
            address_id = next(next_address)
            addresses.append((address_id, *person.address))
        if person.privacy_settings:
            settings_id = next(next_settings)
            privacy_settings.append((settings_id, *person.privacy_settings))
        at = person.created_at
        customers.append((id_, *person.names, address_id, settings_id, at, person.updated_at))
        emails += [(id_, *email, at) for email in person.emails]
        phone_numbers += [(id_, *number, at) for number in person.phone_numbers]
    return rows


class _Person(NamedTuple):
    """A made-up customer: plain values in the order of `_COLUMNS`."""

    names: tuple[str, str | None, str]
    address: tuple[str | None, ...] | None
    privacy_settings: tuple[bool, bool] | None
    emails: list[tuple[str, bool]]
    phone_numbers: list[tuple[str, str]]
    created_at: datetime
    updated_at: datetime


class _Country:
    """What people of one country are put together from."""

    def __init__(self, locale: str, seed: int) -> None:
        # Loading Faker's other providers, and names by their frequency, would take longer than all the rest.
        from faker import Faker  # noqa: PLC0415 - a quarter of a second for seeding only to pay

        fake = Faker(locale, providers=_PROVIDERS, use_weighting=False)
        fake.seed_instance(seed)
        self.first_names = [_name(fake.first_name()) for _ in range(300)]
        self.last_names = [_name(fake.last_name()) for _ in range(500)]
        self.streets = [_line(fake.street_address()) for _ in range(300)]
        # City, state, postal code, country.
        self.places = [
            (_line(fake.city()), _line(fake.administrative_unit()), fake.postcode(), locale[3:])
            for _ in range(300)
        ]
        self.phone_numbers = _PHONE_NUMBERS[locale]


def _line(text: str) -> str:
    """Return text as the customer domain keeps it: one line, trimmed, in Unicode's NFC form."""
    return unicodedata.normalize("NFC", " ".join(text.replace("\n", ", ").split()))


def _name(text: str) -> Name:
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
    return _line(text), "".join(letter for letter in plain if letter.isascii() and letter.isalnum())


def _people(count: int, seed: int) -> Iterator[_Person]:
    """Yield people in the order in which they became customers."""
    countries = [_Country(locale, seed) for locale in _PHONE_NUMBERS]
    random = Random(seed).random  # noqa: S311 - nothing here is secret

    def pick(pool: Sequence[T]) -> T:
        return pool[int(random() * len(pool))]

    def chance(percent: int) -> bool:
        return random() * 100 < percent

    def some() -> list[int]:
        # One after the other from a random start: none twice for the same customer.
        start = int(random() * 3)
        return [(start + i) % 3 for i in range(pick(_CONTACTS))]

    for position in range(count):
        # Squared: a third is of the first country, 6 % of the last.
        country = countries[int(random() ** 2 * len(countries))]
        (first_name, first), (last_name, last) = pick(country.first_names), pick(country.last_names)
        middle_name = pick(country.first_names)[0] if chance(30) else None
        address = privacy_settings = None
        if chance(85):
            line2 = f"c/o {pick(country.last_names)[0]}" if chance(10) else None
            address = (pick(country.streets), line2, *pick(country.places))
        if chance(80):
            privacy_settings = (chance(40), chance(25))
        domains, labels = some(), some()
        primary = int(random() * len(domains))
        created_at = _END - _SPAN * (1 - (position + random()) / count)
        yield _Person(
            (first_name, middle_name, last_name),
            address,
            privacy_settings,
            [
                (f"{first}.{last}{int(random() * 10_000)}@{_DOMAINS[domain]}", place == primary)
                for place, domain in enumerate(domains)
            ],
            [(_LABELS[i], f"{country.phone_numbers[i]}{int(random() * 1_000_000):06d}") for i in labels],
            created_at,
            created_at + (_END - created_at) * random() if chance(50) else created_at,
        )
