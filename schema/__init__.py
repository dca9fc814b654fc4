"""The GraphQL schema of the customer API."""

from __future__ import annotations

from datetime import datetime

import strawberry
from orjson import Fragment
from strawberry.schema.config import StrawberryConfig

from breadth import StrawberryBreadthExecutor
from schema.mutation import Mutation
from schema.problems import HANDLERS, Problem
from schema.query import Query
from schema.scalars import DATE_TIME


class Executor(StrawberryBreadthExecutor):
    """The executor, which takes JSON for objects."""

    written = Fragment


schema = strawberry.Schema(
    Query,
    Mutation,
    types=[Problem],
    config=StrawberryConfig(scalar_map={datetime: DATE_TIME}),
    exception_handlers=HANDLERS,
    execution_context_class=Executor,
)
