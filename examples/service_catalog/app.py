"""The catalogue over HTTP, for a developer's own machine: `api/` masks errors and brings its own explorer.

uvicorn --factory examples.service_catalog.app:create_app --port 8001
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL

from db.migrate import migrate
from db.settings import DatabaseSettings
from db.tortoise import connect, disconnect
from examples.service_catalog import CATALOG
from examples.service_catalog.schema import Context, schema
from examples.service_catalog.seed import seed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Endpoint(GraphQL[Context, None]):
    """GraphQL with a context of its own for each request."""

    async def get_context(self, *_: object, **__: object) -> Context:
        """Return a new context."""
        return Context()


def create_app(settings: DatabaseSettings | None = None) -> Starlette:
    """Return the application; starting it migrates, and fills the catalogue when it is new."""
    settings = (settings or DatabaseSettings.load()).model_copy(update={"schema_name": CATALOG.label})

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        new = await migrate(settings, CATALOG)
        await connect(settings, CATALOG)
        try:
            if new:
                await seed()
            yield
        finally:
            await disconnect()

    return Starlette(routes=[Route("/graphql", Endpoint(schema))], lifespan=lifespan)
