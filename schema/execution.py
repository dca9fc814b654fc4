"""Operations executed against the schema, and their answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from graphql import ExecutionResult
from graphql.pyutils import is_awaitable
from strawberry.utils.await_maybe import await_maybe
from tortoise.models import Model

from schema import Executor, schema
from schema.context import Context
from schema.errors import formatted

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from strawberry.utils.await_maybe import AwaitableOrValue

    from models.service import CustomerService
    from schema.operation import Operation, Refused


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an operation; `executed` is False when it was refused before anything ran."""

    content: dict[str, Any]
    executed: bool


async def execute(operation: Operation, customers: CustomerService, request_id: str) -> Answer:
    """Execute an operation and return its answer, ready to be written as JSON.

    When this is cancelled, so are the statements under way, but for those that others wait for, too.
    """
    executor_class = schema.execution_context_class
    takes_json = issubclass(executor_class, Executor)
    context = Context(customers, operation.document, operation.limits.page, takes_json=takes_json)
    try:
        # As graphql-core's `execute` has it, which looks for `@defer` and `@stream` in the schema each time.
        executor = executor_class.build(
            schema._schema,  # noqa: SLF001 - Strawberry's own integrations take it from there
            operation.document.node,
            context_value=context,
            raw_variable_values=operation.variables,
            operation_name=operation.name,
            is_awaitable=_is_awaitable,
            hide_suggestions=not operation.limits.introspection,
        )
        if isinstance(executor, list):
            result = ExecutionResult(None, executor)
        else:
            # Never incremental: the schema lacks those directives.
            result = await await_maybe(
                cast("AwaitableOrValue[ExecutionResult]", executor.execute_operation())
            )
    except BaseException:
        context.cancel()
        raise
    extensions = {"cost": operation.cost}
    if not result.errors:
        return Answer({"data": result.data, "extensions": extensions}, executed=True)
    errors = [formatted(error, request_id) for error in result.errors]
    # Without a path, an error is about the request: its variables, for instance, could not be read.
    if result.data is None and all(error.path is None for error in result.errors):
        return Answer({"errors": errors}, executed=False)
    return Answer({"errors": errors, "data": result.data, "extensions": extensions}, executed=True)


def refusal(refused: Refused, request_id: str) -> Answer:
    """Return the answer to a request that is not executed."""
    content: dict[str, Any] = {"errors": [formatted(error, request_id) for error in refused.errors]}
    if refused.cost is not None:
        content["extensions"] = {"cost": refused.cost}
    return Answer(content, executed=False)


def _is_awaitable(value: Any) -> TypeGuard[Awaitable[Any]]:
    # Tortoise's instances can be awaited, which gives the instance: a task for each of them, for nothing.
    return not isinstance(value, Model) and is_awaitable(value)
