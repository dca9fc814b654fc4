"""Something between the service and PostgreSQL: connections that go through a relay."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from db.settings import DatabaseSettings

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncIterator, Awaitable, Callable

    Relay = Callable[[StreamReader, StreamWriter], Awaitable[None]]


async def opened(settings: DatabaseSettings) -> tuple[StreamReader, StreamWriter]:
    """Open a connection to PostgreSQL, on which nothing has been said yet."""
    args = settings.connect_args()
    host, port = args.get("host", ["localhost"])[0], args.get("port", [5432])[0]
    if host.startswith("/"):
        return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
    return await asyncio.open_connection(host, port)


async def pipe(reader: StreamReader, writer: StreamWriter, flowing: asyncio.Event | None = None) -> None:
    """Pass bytes on until there are none left, while they may flow."""
    try:
        while data := await reader.read(65536):
            if flowing:
                await flowing.wait()
            writer.write(data)
    finally:
        writer.close()
    await writer.wait_closed()


@asynccontextmanager
async def relayed(settings: DatabaseSettings, relay: Relay) -> AsyncIterator[DatabaseSettings]:
    """Have `relay` called with each connection; the settings lead to it."""
    relays = await asyncio.start_server(relay, "127.0.0.1", 0)
    async with relays:
        args = settings.connect_args()
        port = relays.sockets[0].getsockname()[1]
        url = f"postgresql://127.0.0.1:{port}/{args['database']}?sslmode=disable&user={args['user']}"
        if "password" in args:
            url += f"&password={quote(args['password'])}"
        yield DatabaseSettings.load(url=url)


class Way:
    """A way to PostgreSQL that can go dead: what is sent then arrives nowhere, and nobody is told."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self._settings = settings
        self._connections: list[asyncio.Event] = []

    async def relay(self, client: StreamReader, to_client: StreamWriter) -> None:
        """Pass on what both sides say."""
        flowing = asyncio.Event()
        flowing.set()
        self._connections.append(flowing)
        server, to_server = await opened(self._settings)
        await asyncio.gather(pipe(client, to_server, flowing), pipe(server, to_client, flowing))

    def die(self) -> None:
        """Have nothing pass any more on the connections that there are; new ones are fine."""
        for flowing in self._connections:
            flowing.clear()

    def recover(self) -> None:
        """Have what was sent arrive."""
        for flowing in self._connections:
            flowing.set()


@asynccontextmanager
async def way_to(settings: DatabaseSettings) -> AsyncIterator[tuple[Way, DatabaseSettings]]:
    """Put a way before PostgreSQL; the settings lead along it."""
    way = Way(settings)
    async with relayed(settings, way.relay) as along:
        yield way, along
        way.recover()
