"""The ASGI application."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Route

from api import graphiql
from api.graphql import graphql
from api.health import healthz, readyz
from db.embedded import EmbeddedServer
from db.migrate import migrate
from db.settings import DatabaseSettings
from db.tortoise import connect, disconnect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def create_app(settings: DatabaseSettings | None = None) -> Starlette:
    """Return the application; without settings, they are read from the environment.

    Starting it brings the embedded server up where one is meant, and keeps it up; migrates; and connects.
    The server that runs it stops accepting and lets requests end before it stops the application.

    Raises:
        SettingsError: a setting is wrong.
    """
    settings = settings or DatabaseSettings.load()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if settings.embedded:
                await stack.enter_async_context(_supervised(EmbeddedServer(settings.data_dir)))
            await migrate(settings)
            await connect(settings)
            stack.push_async_callback(disconnect)
            yield

    return Starlette(
        routes=[
            Route("/graphql", graphql, methods=["GET", "POST"]),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            *graphiql.routes(),
        ],
        lifespan=lifespan,
    )


@asynccontextmanager
async def _supervised(server: EmbeddedServer) -> AsyncIterator[None]:
    await asyncio.to_thread(server.start)
    supervision = asyncio.create_task(server.supervise())
    try:
        yield
    finally:
        supervision.cancel()
        await asyncio.to_thread(server.stop)
