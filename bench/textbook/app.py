"""The ASGI application."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from tortoise.contrib.starlette import RegisterTortoise

from bench.textbook.loaders import Loaders
from bench.textbook.schema import schema
from db.settings import DatabaseSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class _GraphQL(GraphQL[Loaders, None]):
    async def get_context(self, request: object, response: object) -> Loaders:
        return Loaders()


def _config(settings: DatabaseSettings) -> dict[str, Any]:
    args = settings.connect_args()
    [host] = args.pop("host")
    [port] = args.pop("port", [5432])
    pool = {"minsize": settings.pool_min, "maxsize": settings.pool_max}
    place = {"host": host, "port": port, "schema": settings.schema_name}
    return {
        "connections": {
            "default": {"engine": "tortoise.backends.asyncpg", "credentials": args | place | pool}
        },
        "apps": {"textbook": {"models": ["bench.textbook.tables"], "default_connection": "default"}},
    }


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with RegisterTortoise(app, _config(DatabaseSettings.load())):
        yield


app = Starlette(lifespan=_lifespan, routes=[Route("/graphql", _GraphQL(schema, graphql_ide=None))])
