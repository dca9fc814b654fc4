"""Migrating: Aerich's commands under one lock, with clear answers to what can be amiss.

Aerich itself takes no lock. Here a session's advisory lock, on a connection of its own, is held for the
whole run. It is never held, or waited for, inside a statement or transaction that stays open: building an
index concurrently waits for every older transaction of the database, so the two would wait for each other.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import asyncpg
from aerich import Command
from aerich.models import Aerich
from aerich.utils import decompress_dict, import_py_file
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.exceptions import BaseORMException

from db.backend import DDL_LOCK_TIMEOUT, behind_pooler, connecting, reached
from db.catalog import TABLES, differences, read_catalog, read_tables
from db.errors import is_away, unavailable
from db.tortoise import CUSTOMERS, App, tortoise_config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import ModuleType

    from db.settings import DatabaseSettings

# Seconds between two tries for the lock.
_POLL = 0.1


class MigrationError(Exception):
    """Migrating is refused or has failed. The message tells what to do; what was applied before, stays."""


async def migrate(settings: DatabaseSettings, app: App = CUSTOMERS, *, adopt: bool = False) -> list[str]:
    """Apply what is pending and return the names applied, oldest first.

    Any number of processes may do this at once: one migrates, the others wait up to `lock_timeout` and find
    nothing left to do. With `adopt`, a database that another tool made from the customer-migration document
    is taken over if its catalog says that it is the same. Raises `MigrationError`, `SettingsError`, and
    `DatabaseUnavailable`.
    """
    async with _connected(settings) as connection:
        if not _pending(await _recorded(connection, settings, app), app):
            return []
        async with _locked(connection, settings):
            recorded = await _recorded(connection, settings, app)
            tables = await read_tables(connection, settings.schema_name)
            adopting = app == CUSTOMERS and bool(tables) and not recorded
            if adopting:
                await _check_adoptable(connection, settings, tables, adopt=adopt)
            async with _aerich(settings, app) as command:
                if adopting:
                    await _record_first()
                return [_stem(file) for file in await command.upgrade()]


async def downgrade(settings: DatabaseSettings, to: int | None = None, app: App = CUSTOMERS) -> list[str]:
    """Undo the newest migration, or all that are newer than number `to` (-1: all); return their names.

    Raises as `migrate` does.
    """
    async with _connected(settings) as connection, _locked(connection, settings):
        recorded = await _recorded(connection, settings, app)
        _pending(recorded, app)
        numbers = sorted(_number(name) for name in recorded)
        undone = numbers[-1:] if to is None else [number for number in numbers if number > to]
        if not undone:
            return []
        async with _aerich(settings, app) as command:
            return [_stem(file) for file in await command.downgrade(undone[0], delete=False)]


async def history(settings: DatabaseSettings, app: App = CUSTOMERS) -> list[tuple[str, bool]]:
    """Return every migration's name, oldest first, and whether it is applied; a newer release's are last."""
    async with _connected(settings) as connection:
        recorded = await _recorded(connection, settings, app)
    known = names(app)
    return [(name, name in recorded) for name in known] + [(n, True) for n in recorded if n not in known]


async def pending(settings: DatabaseSettings, app: App = CUSTOMERS) -> list[str]:
    """Return the names of the migrations that the database lacks, oldest first."""
    return [name for name, applied in await history(settings, app) if not applied]


async def at_head(settings: DatabaseSettings, app: App = CUSTOMERS) -> bool:
    """Say whether the database has every migration of this code; a newer one has, too."""
    return not await pending(settings, app)


def names(app: App = CUSTOMERS) -> list[str]:
    """Return the names of this code's migrations, oldest first."""
    return sorted((file.stem for file in (app.migrations / app.label).glob("[0-9]*_*.py")), key=_number)


def _number(name: str) -> int:
    return int(name.partition("_")[0])


def _stem(file: str) -> str:
    return file.removesuffix(".py")


def _first() -> ModuleType:
    return import_py_file(CUSTOMERS.migrations / CUSTOMERS.label / f"{names()[0]}.py")


@asynccontextmanager
async def _connected(settings: DatabaseSettings) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection with nothing open and nothing cached, for its catalog is about to change."""
    with unavailable():
        async with reached(settings, migrating=True) as args:
            with connecting():
                connection = await asyncpg.connect(**args, statement_cache_size=0)
            try:
                with _explained():
                    yield connection
            finally:
                await connection.close()


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what PostgreSQL refuses into `MigrationError`."""
    try:
        yield
    except (asyncpg.PostgresError, BaseORMException) as error:
        cause = error.__cause__ if isinstance(error.__cause__, asyncpg.PostgresError) else error
        if is_away(cause):
            raise
        if isinstance(cause, (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)):
            raise MigrationError(
                f"a table is in use: its lock was not to be had within {DDL_LOCK_TIMEOUT} s. What was under "
                "way is undone; migrate again when the long statement or transaction that uses it has ended"
            ) from error
        # Only the message itself: DETAIL may hold a customer's data.
        raise MigrationError(f"PostgreSQL refuses to migrate: {cause.args[0]}") from error


@asynccontextmanager
async def _locked(connection: asyncpg.Connection, settings: DatabaseSettings) -> AsyncIterator[None]:
    """Hold the lock of this schema's migrations; raise `MigrationError` when another holds it too long."""
    if await behind_pooler(connection):
        raise MigrationError(
            "a connection pooler would lose the lock under which migrations run; "
            "migrate with a DATABASE_URL that leads to PostgreSQL itself"
        )
    digest = hashlib.sha256(f"customers migrate {settings.schema_name}".encode()).digest()
    key = int.from_bytes(digest[:8], signed=True)
    clock = asyncio.get_running_loop().time
    deadline = clock() + settings.lock_timeout
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", key):
        if clock() > deadline:
            raise MigrationError(
                f"another process has been migrating for over {settings.lock_timeout:g} s; "
                "try again when it is done, or raise DATABASE_LOCK_TIMEOUT"
            )
        await asyncio.sleep(_POLL)
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("SELECT pg_advisory_unlock($1)", key)


@asynccontextmanager
async def _aerich(settings: DatabaseSettings, app: App) -> AsyncIterator[Command]:
    """Yield Aerich's commands on a pool of their own, whatever Tortoise does elsewhere in this process."""
    config = tortoise_config(settings, app, migrating=True)
    # Tortoise leaves a model to the first app that has it; Aerich's own goes with the app that migrates.
    Aerich._meta.app = None  # noqa: SLF001 - there is no public way
    async with TortoiseContext() as context:
        await context.init(config)
        command = Command(config, app=app.label, location=str(app.migrations))
        await command.init()
        yield command


async def _recorded(connection: asyncpg.Connection, settings: DatabaseSettings, app: App) -> list[str]:
    """Return the names in Aerich's record, oldest first."""
    record = f'"{settings.schema_name}".aerich'
    if await connection.fetchval("SELECT to_regclass($1)", record) is None:
        return []
    rows = await connection.fetch(f"SELECT version FROM {record} WHERE app = $1 ORDER BY id", app.label)
    return [_stem(row["version"]) for row in rows]


def _pending(recorded: list[str], app: App) -> list[str]:
    """Return what `recorded` lacks; raise `MigrationError` when it has what this code does not."""
    known = names(app)
    if unknown := [name for name in recorded if name not in known]:
        raise MigrationError(
            f"the database is newer than this code: it has {', '.join(unknown)}. "
            "Start the release that brought it, or undo it there with `customers downgrade`"
        )
    return [name for name in known if name not in recorded]


async def _check_adoptable(
    connection: asyncpg.Connection, settings: DatabaseSettings, tables: set[str], *, adopt: bool
) -> None:
    """Raise `MigrationError` unless the tables are exactly those that the first migration makes."""
    schema = settings.schema_name
    if missing := set(TABLES) - tables:
        raise MigrationError(
            f"the schema {schema} holds {', '.join(sorted(tables))} without a record of migrations, but not "
            f"{', '.join(sorted(missing))}; move them away or set DATABASE_SCHEMA to another name"
        )
    if not adopt:
        raise MigrationError(
            f"the schema {schema} holds the customer tables without a record of migrations. If another tool "
            "made them from the same document, take them over with `customers migrate --adopt`; "
            "otherwise set DATABASE_SCHEMA to another name"
        )
    if lines := await _differences(connection, schema):
        raise MigrationError(
            f"the tables in {schema} are not those of the customer-migration document:\n  "
            + "\n  ".join(lines)
            + "\nNothing was changed. Mend these and run `customers migrate --adopt` again"
        )


async def _differences(connection: asyncpg.Connection, schema: str) -> list[str]:
    """Compare with what the first migration makes in a schema that never comes to be."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        found = await read_catalog(connection, schema)
        scratch = f"scratch_{uuid4().hex}"
        await connection.execute("SELECT set_config('search_path', $1, true)", scratch)
        await connection.execute(await _first().upgrade(None))
        expected = await read_catalog(connection, scratch)
    except asyncpg.InsufficientPrivilegeError as error:
        raise MigrationError(
            f"comparing needs the right to make a schema for a moment: {error.args[0]}; "
            "GRANT CREATE ON DATABASE … TO the role until it is done"
        ) from error
    finally:
        await transaction.rollback()
    return differences(expected, found)


async def _record_first() -> None:
    """Write the first migration into Aerich's record as if it had made the tables."""
    first: Any = _first()
    await get_connection("default").execute_script(first.RECORD)
    await Aerich.create(
        version=f"{names()[0]}.py", app=CUSTOMERS.label, content=decompress_dict(first.MODELS_STATE)
    )
