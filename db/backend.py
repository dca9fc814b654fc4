"""The connection pool: Tortoise's asyncpg client, opened the way our settings say.

Tortoise finds it as the `engine` of its configuration (`client_class` below).
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, cast

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient

from db import moment
from db.embedded import EmbeddedServer
from db.errors import unavailable
from db.settings import DatabaseSettings, SettingsError
from db.url import connect_args

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tortoise.backends.base.client import PoolConnectionWrapper

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
        # To set up a memory for a join's rows takes longer than to read them: 0.7 ms for each join of a page.
        "enable_memoize": "off",
    } | moment.SESSION
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
        except asyncpg.UndefinedObjectError as error:
            raise SettingsError(
                f"PostgreSQL does not know a setting of the session ({error}). It has to be version 14 or "
                "newer, and options in DATABASE_URL have to be its own"
            ) from error
        except asyncpg.ClientConfigurationError as error:
            raise SettingsError(f"DATABASE_URL: {error}") from error
        except asyncpg.ProtocolViolationError as error:
            if "startup parameter" not in str(error):
                raise
            raise SettingsError(
                f"a connection pooler refuses our session settings ({error}). In PgBouncer, set "
                "ignore_startup_parameters = search_path, statement_timeout, lock_timeout, jit, "
                "enable_memoize and give the role its search_path (ALTER ROLE … SET search_path)"
            ) from error


async def behind_pooler(connection: asyncpg.Connection) -> bool:
    """Say whether something like PgBouncer stands between: it hands out process numbers of its own."""
    return bool(await connection.fetchval("SELECT pg_backend_pid()") != connection.get_server_pid())


# Seconds.
_KEPT = 60

_ARRAYS = "SELECT " + ", ".join(
    f"NULL::{kind}[]"
    for kind in ("bigint", "boolean", "bytea", "integer", "record", "text", "uuid", "varchar")
)


class Pool(asyncpg.Pool):
    """A pool in which nobody waits for a free connection longer than `patience` seconds (TimeoutError).

    What is released is kept for the next who comes, as it is: asyncpg's own way, through a queue, a clock and
    a task, costs as much as a statement does. Now and then all goes back to asyncpg, which closes what is not
    used.
    """

    def __init__(self, patience: float, **kwargs: Any) -> None:
        super().__init__(
            max_queries=50_000,
            max_inactive_connection_lifetime=300,
            loop=None,
            connection_class=asyncpg.Connection,
            record_class=asyncpg.Record,
            reset=_nothing_to_reset,
            init=_prepare,
            **kwargs,
        )
        self.patience = patience
        self._out = 0
        self._kept: list[Any] = []
        self._waiters: deque[asyncio.Future[Any]] = deque()
        self._sweep: asyncio.Task[None] | None = None
        self._stopping: set[asyncio.Task[None]] = set()

    async def _acquire(self, timeout: float | None) -> Any:  # noqa: ASYNC109 - asyncpg's own
        """Return a connection that was kept, a new one of asyncpg's, or the next that is released."""
        while True:
            while self._kept:
                connection = self._kept.pop()
                if _is_alive(connection):
                    return connection
                await self._give_back(connection)
            if self._out < self.get_max_size():
                return await self._take(timeout)
            connection = await self._next_released(timeout)
            if connection is not None:
                return connection

    async def _take(self, timeout: float | None) -> Any:  # noqa: ASYNC109 - asyncpg's own
        self._out += 1
        try:
            return await super()._acquire(timeout or self.patience)  # type: ignore[misc]
        except BaseException:
            self._out -= 1
            self._wake(None)
            raise

    async def _next_released(self, timeout: float | None) -> Any:  # noqa: ASYNC109 - asyncpg's own
        """Return the next connection that is released, or None when another may be made in its place."""
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._waiters.append(waiter)
        # Cheaper than asyncio.timeout, which cancels the task where it is enough to wake it.
        timer = loop.call_later(timeout or self.patience, _give_up, waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and not waiter.exception():
                await self._pass_on(waiter.result())
            raise
        finally:
            timer.cancel()

    async def _pass_on(self, connection: Any) -> None:
        if connection is None:
            self._wake(None)
        else:
            await self.release(connection)

    def _wake(self, connection: Any) -> bool:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return True
        return False

    async def release(self, connection: Any, **_: Any) -> None:
        """Hand a connection to who has waited longest, or keep it; asyncpg gets what is not good as new."""
        if not _is_alive(connection):
            await self._give_back(connection)
        elif connection._protocol._is_cancelling():  # noqa: SLF001 - as asyncpg's own pool finds out
            # PostgreSQL is asked to stop a statement. Whoever was stopped is not kept until it says so, which
            # takes its time when the way to it is gone.
            task = asyncio.create_task(self._give_back(connection))
            self._stopping.add(task)
            task.add_done_callback(self._stopped)
        elif self._closing or connection.is_in_transaction():  # type: ignore[attr-defined]
            await self._give_back(connection)
        elif not self._wake(connection):
            self._kept.append(connection)
            if self._sweep is None:
                self._sweep = asyncio.create_task(self._return_unused())

    def _stopped(self, task: asyncio.Task[None]) -> None:
        self._stopping.discard(task)
        if not task.cancelled():
            task.exception()  # asyncpg has closed the connection then

    async def _give_back(self, connection: Any) -> None:
        try:
            await super().release(connection)
        finally:
            self._out -= 1
            self._wake(None)

    async def _return_unused(self) -> None:
        while True:
            await asyncio.sleep(_KEPT)
            await self._return()

    async def _return(self) -> None:
        while self._kept:
            await self._give_back(self._kept.pop())

    async def close(self) -> None:
        """Wait until all connections are released, and close them."""
        if self._sweep:
            self._sweep.cancel()
        await self._return()
        await super().close()


def _give_up(waiter: asyncio.Future[Any]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())


def _is_alive(connection: Any) -> bool:
    # asyncpg takes a lost connection out of its proxy, which then refuses to say anything.
    return connection._con is not None and not connection.is_closed()  # noqa: SLF001 - see above


async def _prepare(connection: asyncpg.Connection) -> None:
    await moment.as_text(connection)
    # asyncpg looks types of arrays up when it meets them, which takes ten times as long as any of our reads.
    await connection.fetch(_ARRAYS)


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

    async def pool(self) -> Pool:
        """Return the pool, opened if it is not open yet."""
        if self._pool is None:
            await cast("PoolConnectionWrapper[Any]", self.acquire_connection()).ensure_connection()
        return cast("Pool", self._pool)

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
