"""The executor: each field is resolved once for all objects at its depth.

It gives the answers of graphql-core's executor, errors and their order included; where that one goes from
object to object, this one goes from column to column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from graphql import ExecutionResult, OperationType
from graphql.execution.incremental import IncrementalExecutor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from breadth.column import FAILED, Objects
from breadth.eager import Pending
from breadth.errors import reported
from breadth.execution import Execution
from breadth.plan import root_selection

if TYPE_CHECKING:
    from collections.abc import Generator

    from graphql import GraphQLOutputType, GraphQLResolveInfo
    from graphql.execution.collect_fields import FieldDetailsList
    from graphql.pyutils import Path

    from breadth.column import Answer


class BreadthExecutor(IncrementalExecutor):
    """Stands in for graphql-core's executor: `execute(schema, document, executor_class=BreadthExecutor)`.

    What it does not cover runs on graphql-core's: subscriptions, introspection, `@defer` and `@stream`,
    middleware, abort signals, execution hooks, and error propagation that is switched off.
    """

    written: ClassVar[type | None] = None
    """The class of values that are answers as they are, such as JSON in a text: what a resolver returns of it
    in place of an object or a list ends up in the data, whatever is asked of it."""

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: FBT001 - graphql-core's signature
        """Return the `ExecutionResult`, or an awaitable of it when something has to be waited for."""
        manager = self.middleware_manager  # Strawberry always makes one
        covered = (
            self.operation.operation is not OperationType.SUBSCRIPTION
            and self.error_propagation
            and not (manager and manager.middlewares)
            and not (self.abort_signal or self.hooks)
        )
        selection = root_selection(self) if covered else None
        if selection is None:
            return super().execute_operation(serially)
        if serially is None:
            serially = self.operation.operation is OperationType.MUTATION
        execution = Execution(self)
        fields = execution.serial_fields if serially else execution.fields
        answers = execution.eager.begin(fields(selection, Objects([self.root_value])))
        if isinstance(answers, Pending):
            return _Later(execution, answers)
        return _result(execution, answers)

    def complete_value(  # noqa: PLR0913, PLR0917 - graphql-core's signature
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Complete a value of an operation that is left to graphql-core."""
        if self.written and type(result) is self.written:
            return result
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)


class StrawberryBreadthExecutor(BreadthExecutor, StrawberryGraphQLCoreExecutionContext):
    """The same for Strawberry: `strawberry.Schema(…, execution_context_class=StrawberryBreadthExecutor)`."""


class _Later:
    """The result, once it is awaited; where nobody does, no coroutine is left that complains."""

    __slots__ = ("_answers", "_execution")

    def __init__(self, execution: Execution, answers: Pending[list[Answer]]) -> None:
        self._execution = execution
        self._answers = answers

    def __await__(self) -> Generator[Any, Any, ExecutionResult]:
        return _awaited(self._execution, self._answers).__await__()


async def _awaited(execution: Execution, answers: Pending[list[Answer]]) -> ExecutionResult:
    return _result(execution, await answers)


def _result(execution: Execution, answers: list[Answer]) -> ExecutionResult:
    [data] = answers
    # The executor and its helpers refer to each other. Apart, they are gone with the operation, and so is all
    # that its context holds; together, they would wait for the garbage collector.
    execution.executor.async_helpers = None  # type: ignore[assignment]
    return ExecutionResult(None if data is FAILED else data, reported(execution.errors) or None)
