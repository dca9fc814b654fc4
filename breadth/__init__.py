"""A breadth-first executor for GraphQL schemas of Strawberry and graphql-core."""

from breadth.batched import batched
from breadth.coercion import coerced_together
from breadth.executor import BreadthExecutor, StrawberryBreadthExecutor

__all__ = ["BreadthExecutor", "StrawberryBreadthExecutor", "batched", "coerced_together"]
