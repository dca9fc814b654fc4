"""The connection pool: Tortoise's asyncpg client, opened the way our settings say.

Tortoise finds it as the `engine` of its configuration (`client_class` below).
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient

from db.embedded import EmbeddedServer
from db.errors import unavailable
from db.settings import DatabaseSettings, SettingsError
from db.url import connect_args

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from asyncpg.pool import PoolAcquireContext

# How long a migration's statement waits for a lock, in seconds. Whoever comes after it waits as long: a
# short wait keeps the service up while a migration stands behind a long query.
DDL_LOCK_TIMEOUT = 5

# PostgreSQL ends an overlong statement itself. The client gives up this much later (seconds), which only
# happens when the server or the way to it is gone.
_GRACE = 5


@asynccontextmanager
async def reached(settings: DatabaseSettings, *, migrating: bool = False) -> AsyncIterator[dict[str, Any]]:
    """Yield the arguments with which asyncpg connects; the embedded server runs at least until the end.

    Every session gets our schema as its search_path. With `migrating`, statements may take as long as they
    need, but wait `DDL_LOCK_TIMEOUT` for a lock.
    """
    async with AsyncExitStack() as stack:
        if settings.embedded:
            server = EmbeddedServer(settings.data_dir)
            dsn = await asyncio.to_thread(server.start)
            stack.push_async_callback(asyncio.to_thread, server.stop)
            args = {"timeout": settings.connect_timeout} | connect_args(dsn)
        else:
            args = settings.connect_args()
        yield args | {"server_settings": _session(settings, migrating) | args.get("server_settings", {})}


def _session(settings: DatabaseSettings, migrating: bool) -> dict[str, str]:
    """Return what PostgreSQL shall know about each of our sessions; times are in milliseconds."""
    limit = 0 if migrating else settings.statement_timeout
    session = {
        "application_name": "customers",
        "search_path": settings.schema_name,
        "statement_timeout": str(round(limit * 1000)),
        # Compiling pays off after about a second; no query here is meant to run that long.
        "jit": "off",
    }
    return session | {"lock_timeout": str(round(DDL_LOCK_TIMEOUT * 1000))} if migrating else session


@contextmanager
def connecting() -> Iterator[None]:
    """Turn a refused login into `SettingsError` and an unreachable server into `DatabaseUnavailable`."""
    with unavailable():
        try:
            yield
        except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
            raise SettingsError(
                "PostgreSQL refuses the login in DATABASE_URL (or DATABASE_USER, DATABASE_PASSWORD, "
                f"DATABASE_NAME): {error}"
            ) from error
        except asyncpg.ClientConfigurationError as error:
            raise SettingsError(f"DATABASE_URL: {error}") from error
        except asyncpg.ProtocolViolationError as error:
            if "startup parameter" not in str(error):
                raise
            raise SettingsError(
                f"a connection pooler refuses our session settings ({error}). In PgBouncer, set "
                "ignore_startup_parameters = search_path, statement_timeout, lock_timeout, jit and give "
                "the role its search_path (ALTER ROLE … SET search_path)"
            ) from error


async def behind_pooler(connection: asyncpg.Connection) -> bool:
    """Say whether something like PgBouncer stands between: it hands out process numbers of its own."""
    return bool(await connection.fetchval("SELECT pg_backend_pid()") != connection.get_server_pid())


class Pool(asyncpg.Pool):
    """A pool in which nobody waits for a free connection longer than `patience` seconds (TimeoutError)."""

    def __init__(self, patience: float, **kwargs: Any) -> None:
        super().__init__(
            max_queries=50_000,
            max_inactive_connection_lifetime=300,
            loop=None,
            connection_class=asyncpg.Connection,
            record_class=asyncpg.Record,
            reset=_nothing_to_reset,
            **kwargs,
        )
        self.patience = patience

    def acquire(self, *, timeout: float | None = None) -> PoolAcquireContext:
        """Take a connection; only when none is idle is there a wait, and a clock to pay for."""
        if timeout is None and not self.get_idle_size():
            timeout = self.patience
        return super().acquire(timeout=timeout)


async def _nothing_to_reset(_connection: asyncpg.Connection) -> None:
    """Spare a round trip on each release.

    asyncpg has rolled back by now if a transaction was left open, and nothing else that we do outlives a
    transaction: no SET, no LISTEN, no cursor, no session lock.
    """


class Client(AsyncpgDBClient):
    """Tortoise's client on our pool.

    `settings` of None are read from the environment when the first connection is made, so that a
    configuration can be written down without them. The embedded server is held as long as the pool is open.
    """

    def __init__(
        self, settings: DatabaseSettings | None = None, migrating: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._settings = settings
        self._migrating = migrating
        self._opened = AsyncExitStack()

    async def create_connection(self, with_db: bool) -> None:
        """Open the pool and check it.

        Raises `SettingsError` (wrong login, or a pooler between that breaks what we rely on) and
        `DatabaseUnavailable`.
        """
        settings = self._settings or DatabaseSettings.load()
        with connecting():
            await self._open(settings)
        await self._post_connect()

    async def _open(self, settings: DatabaseSettings) -> None:
        async with AsyncExitStack() as stack:
            args = await stack.enter_async_context(reached(settings, migrating=self._migrating))
            pool = Pool(
                patience=settings.connect_timeout,
                min_size=settings.pool_min,
                max_size=settings.pool_max,
                command_timeout=None if self._migrating else settings.statement_timeout + _GRACE,
                statement_cache_size=settings.statement_cache_size,
                **args,
            )
            stack.push_async_callback(_close, pool)
            await pool
            async with pool.acquire() as connection:
                await _check(connection, settings)
            self._pool = pool
            self._opened = stack.pop_all()

    async def _close(self) -> None:
        self._pool = None
        await self._opened.aclose()


async def _close(pool: Pool) -> None:
    """Let running statements end for a while, then cut them off."""
    try:
        await asyncio.wait_for(pool.close(), 10)
    except TimeoutError:
        pool.terminate()


async def _check(connection: Any, settings: DatabaseSettings) -> None:
    """Refuse to work where statements would reach other tables, or another client's prepared statement."""
    search_path, forbidden = await connection.fetchrow(
        "SELECT current_setting('search_path'), NOT has_schema_privilege(oid, 'USAGE')"
        " FROM (SELECT to_regnamespace($1)::oid AS oid) AS schema",
        settings.schema_name,
    )
    if search_path.split(",")[0].strip(' "') != settings.schema_name:
        raise SettingsError(
            f"the server drops our search_path ({settings.schema_name}), as poolers in transaction mode do: "
            "give the role its search_path (ALTER ROLE … SET search_path) or connect to PostgreSQL itself"
        )
    if forbidden:
        raise SettingsError(
            f"DATABASE_SCHEMA: the role may not use the schema {settings.schema_name}; "
            f"GRANT USAGE ON SCHEMA {settings.schema_name} TO it"
        )
    if settings.statement_cache_size and await behind_pooler(connection):
        # PgBouncer before 1.21 in transaction mode binds other clients' statements; none tells its version.
        raise SettingsError(
            "DATABASE_STATEMENT_CACHE_SIZE: must be 0 behind a connection pooler such as PgBouncer, which "
            "may mix up prepared statements; or connect to PostgreSQL itself"
        )


client_class = Client
