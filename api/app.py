"""The ASGI application."""

from __future__ import annotations

import asyncio
import gc
import logging
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg
from starlette.applications import Starlette
from starlette.routing import Route

from api import graphiql, logs
from api.admission import Admission
from api.auth import authenticator
from api.documents import Documents, read_manifest
from api.graphql import GraphQL
from api.health import healthz, readyz
from api.security import secured
from api.settings import Settings
from db.embedded import EmbeddedServer
from db.errors import DatabaseUnavailable
from db.migrate import migrate
from db.settings import DatabaseSettings
from db.tortoise import connect, disconnect
from models.service import CustomerService
from schema.operation import Operations

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Coroutine

    from starlette.types import ASGIApp, Receive, Scope, Send

    from api.auth import Authenticator
    from api.rate import RateLimit


GRAPHQL = "/graphql"
"""Where operations are sent to, and the explorer is."""

FORGETTING_INTERVAL = 3_600
"""Seconds between two removals of idempotency keys whose time is over."""

logger = logging.getLogger("customers")


def create_app(database: DatabaseSettings | None = None, settings: Settings | None = None) -> ASGIApp:
    """Return the application; without settings, they are read from the environment.

    Starting it brings the embedded server up where one is meant, and keeps it up; migrates; and connects.
    The server that runs it stops accepting and lets requests end before it stops the application.

    Raises:
        SettingsError: a setting is wrong.
    """
    database = database or DatabaseSettings.load()
    settings = settings or Settings.load()
    logs.configure(settings.log_level)
    customers = CustomerService(settings.key_lifetime)
    admission = Admission(settings.limit_operations, settings.limit_operation_time)
    authenticating = authenticator(settings)
    endpoint = _endpoint(settings, customers, admission)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Authenticator | None]]:
        async with AsyncExitStack() as stack:
            if database.embedded:
                await stack.enter_async_context(_supervised(EmbeddedServer(database.data_dir)))
            await migrate(database)
            await connect(database)
            stack.push_async_callback(disconnect)
            await stack.enter_async_context(_meanwhile(_forget_keys(customers)))
            await stack.enter_async_context(_meanwhile(admission.watch()))
            state = {"authenticator": await stack.enter_async_context(authenticating)}
            _spare_collections()
            yield state

    app = Starlette(
        routes=[
            Route(GRAPHQL, endpoint, methods=["GET", "POST"]),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            *(graphiql.routes() if settings.explorer else ()),
        ],
        lifespan=lifespan,
    )
    # It would lead to the address that the client says it has called.
    app.router.redirect_slashes = False
    return secured(_shortened(app, endpoint), settings)


def _shortened(app: ASGIApp, endpoint: ASGIApp) -> ASGIApp:
    """Return the application with a short way to the endpoint for what is nearly every request.

    What Starlette does on the way there is for the sake of other routes. The cheapest operation takes a
    seventh less without it.
    """

    def routed(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        short = scope["type"] == "http" and scope["path"] == GRAPHQL and scope["method"] == "POST"
        return (endpoint if short else app)(scope, receive, send)

    return routed


def _endpoint(settings: Settings, customers: CustomerService, admission: Admission) -> GraphQL:
    operations = Operations(settings.limits)
    manifest = settings.persisted_documents
    return GraphQL(
        settings=settings,
        customers=customers,
        operations=operations,
        documents=Documents(read_manifest(manifest, operations.check) if manifest else None),
        admission=admission,
        rate=_rate_limit(settings),
    )


def _rate_limit(settings: Settings) -> RateLimit | None:
    if settings.auth_mode == "none":
        return None
    # What it imports takes a tenth of a second.
    from api.rate import RateLimit  # noqa: PLC0415 - as said above

    return RateLimit(settings.limit_requests)


def _spare_collections() -> None:
    """Keep the garbage collector from going through a page's objects while they are in use.

    They refer to each other in no circle and are gone with the request; with Python's threshold of 700, a
    page of 50 customers would have it run twice. What is there by now stays, and needs no looking at again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@asynccontextmanager
async def _supervised(server: EmbeddedServer) -> AsyncIterator[None]:
    await asyncio.to_thread(server.start)
    try:
        async with _meanwhile(server.supervise()):
            yield
    finally:
        await asyncio.to_thread(server.stop)


@asynccontextmanager
async def _meanwhile(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _forget_keys(customers: CustomerService) -> None:
    while True:
        try:
            await customers.forget_idempotency_keys()
        except (DatabaseUnavailable, asyncpg.PostgresError):
            # The next round makes up for it.
            logger.warning("idempotency keys were not forgotten this time", exc_info=True)
        await asyncio.sleep(FORGETTING_INTERVAL)
