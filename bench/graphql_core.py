"""The `customers` command with graphql-core's executor in place of ours, and so without JSON for objects."""

from __future__ import annotations

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.cli import app
from schema import schema

if __name__ == "__main__":
    schema.execution_context_class = StrawberryGraphQLCoreExecutionContext
    app()
