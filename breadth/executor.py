"""The executor: each field is resolved once for all objects at its depth.

It gives the answers of graphql-core's executor, errors and their order included; where that one goes from
object to object, this one goes from column to column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from graphql import (
    ExecutionResult,
    MiddlewareManager,
    OperationType,
    default_field_resolver,
    default_type_resolver,
)
from graphql.execution.incremental import IncrementalExecutor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from breadth.eager import Pending
from breadth.execution import Execution
from breadth.request import known_request, new_request

if TYPE_CHECKING:
    from collections.abc import Generator

    from graphql import (
        DocumentNode,
        GraphQLError,
        GraphQLFieldResolver,
        GraphQLOutputType,
        GraphQLResolveInfo,
        GraphQLSchema,
        GraphQLTypeResolver,
        Middleware,
    )
    from graphql.execution.collect_fields import FieldDetailsList
    from graphql.execution.executor import Executor
    from graphql.pyutils import Path

    from breadth.column import Answer
    from breadth.request import Request


class BreadthExecutor(IncrementalExecutor):
    """Stands in for graphql-core's executor: `execute(schema, document, executor_class=BreadthExecutor)`.

    What it does not cover runs on graphql-core's: subscriptions, introspection, `@defer` and `@stream`,
    middleware, abort signals, execution hooks, and error propagation that is switched off.
    """

    written: ClassVar[type | None] = None
    """The class of values that are answers as they are, such as JSON in a text: what a resolver returns of it
    in place of an object or a list ends up in the data, whatever is asked of it."""

    request: Request | None = None
    """What `build` has built it for."""

    decided: tuple[Any, ...] = ()
    """What its plan is for: the values of the variables that decide what is skipped."""

    @classmethod
    def build(  # noqa: PLR0913, PLR0917 - graphql-core's signature
        cls,
        schema: GraphQLSchema,
        document: DocumentNode,
        root_value: Any = None,
        context_value: Any = None,
        raw_variable_values: dict[str, Any] | None = None,
        operation_name: str | None = None,
        field_resolver: GraphQLFieldResolver | None = None,
        type_resolver: GraphQLTypeResolver | None = None,
        subscribe_field_resolver: GraphQLFieldResolver | None = None,
        max_coercion_errors: int = 50,
        enable_early_execution: bool = False,  # noqa: FBT001, FBT002 - as above
        middleware: Middleware | None = None,
        *args: Any,
        **options: Any,
    ) -> list[GraphQLError] | Executor[Any]:
        """Return an executor, or why there is none."""
        request = known_request(schema, document, operation_name)
        variables = request.variables.coerced(raw_variable_values or {}) if request else None
        if request and variables and (middleware is None or isinstance(middleware, MiddlewareManager)):
            executor: BreadthExecutor = cls(
                *(schema, request.fragment_definitions, request.fragments, root_value, context_value),
                *(request.operation, variables, field_resolver or default_field_resolver),
                *(type_resolver or default_type_resolver, subscribe_field_resolver or default_field_resolver),
                *(enable_early_execution, middleware, *args),
                **options,
            )
        else:
            built = super().build(
                *(schema, document, root_value, context_value, raw_variable_values, operation_name),
                *(field_resolver, type_resolver, subscribe_field_resolver, max_coercion_errors),
                *(enable_early_execution, middleware, *args),
                **options,
            )
            if isinstance(built, list):
                return built
            executor = cast("BreadthExecutor", built)
        executor.request = request or new_request(document, operation_name, executor)
        return executor

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: FBT001 - graphql-core's signature
        """Return the `ExecutionResult`, or an awaitable of it when something has to be waited for."""
        manager = self.middleware_manager  # Strawberry always makes one
        covered = (
            self.operation.operation is not OperationType.SUBSCRIPTION
            and self.error_propagation
            and not (manager and manager.middlewares)
            and not (self.abort_signal or self.hooks)
        )
        selection = self.request.selection(self) if covered and self.request else None
        if selection is None:
            return super().execute_operation(serially)
        if serially is None:
            serially = self.operation.operation is OperationType.MUTATION
        execution = Execution(self, serially=serially)
        answers = execution.begin(selection)
        return _Later(execution, answers) if isinstance(answers, Pending) else execution.result(answers)

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
        result = self._execution.result((yield from self._answers.__await__()))
        return result if isinstance(result, ExecutionResult) else (yield from result.__await__())
