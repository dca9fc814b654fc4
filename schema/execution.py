"""Operations executed against the schema, and every error that leaves it in one shape.

An error has `message`, `locations` and `path` as GraphQL has them, and `extensions.code`. The codes
GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, BAD_USER_INPUT and LIMIT_EXCEEDED promise that nothing was
done; UNAVAILABLE and INTERNAL don't. Of an unexpected exception nothing leaves the process but
the request's id.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
    located_error,
    parse,
    specified_rules,
)
from graphql import execute as graphql_execute
from graphql.pyutils import is_awaitable
from strawberry.schema.schema import validate_document
from strawberry.utils.await_maybe import await_maybe
from tortoise.models import Model

from db.errors import DatabaseUnavailable
from models.errors import InvalidArgument, LimitExceeded
from schema import schema
from schema.context import Context
from schema.selection import field_names

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from graphql import ExecutableDefinitionNode

    from models.service import CustomerService

logger = logging.getLogger("customers")


@dataclass(frozen=True, slots=True)
class Operation:
    """What a client asks to be executed."""

    query: str
    variables: dict[str, Any] | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an operation; `executed` is False when it was refused before anything ran."""

    content: dict[str, Any]
    executed: bool


class OperationNotAllowed(Exception):
    """The operation is not a query, and only queries are allowed here; nothing was done."""


async def execute(
    operation: Operation, customers: CustomerService, request_id: str, *, queries_only: bool = False
) -> Answer:
    """Execute an operation and return its answer, ready to be written as JSON.

    Raises:
        OperationNotAllowed: it is not a query, and `queries_only` is set.
    """
    try:
        document, asked = _document(operation.query)
        definition = _definition(document, operation.name)
    except _Refused as refused:
        return Answer({"errors": [_formatted(error, request_id) for error in refused.errors]}, executed=False)
    if queries_only and definition.operation is not OperationType.QUERY:
        raise OperationNotAllowed
    result = await await_maybe(
        graphql_execute(
            schema._schema,  # noqa: SLF001 - Strawberry's own integrations take it from there
            document,
            context_value=Context(customers, asked),
            variable_values=operation.variables,
            operation_name=operation.name,
            executor_class=schema.execution_context_class,
            is_awaitable=_is_awaitable,
        )
    )
    if not result.errors:
        return Answer({"data": result.data}, executed=True)
    errors = [_formatted(error, request_id) for error in result.errors]
    # Without a path, an error is about the request: its variables, for instance, could not be read.
    if result.data is None and all(error.path is None for error in result.errors):
        return Answer({"errors": errors}, executed=False)
    return Answer({"errors": errors, "data": result.data}, executed=True)


def _is_awaitable(value: Any) -> TypeGuard[Awaitable[Any]]:
    # Tortoise's instances can be awaited, which gives the instance: a task for each of them, for nothing.
    return not isinstance(value, Model) and is_awaitable(value)


class _Refused(Exception):
    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__()
        self.errors = errors


@lru_cache(maxsize=512)
def _document(query: str) -> tuple[DocumentNode, frozenset[str]]:
    """Return a parsed and valid document, and the names of all its fields.

    The same few are sent again and again.
    """
    try:
        document = parse(query)
        errors = validate_document(schema._schema, document, specified_rules)  # noqa: SLF001
    # ValueError: a number of so many digits that Python won't read it.
    except (GraphQLError, RecursionError, ValueError) as error:
        raise _Refused(located_error(error)) from error
    if errors:
        raise _Refused(*errors)
    # With a selection set each: documents with other definitions are not valid here.
    definitions = cast("tuple[ExecutableDefinitionNode, ...]", document.definitions)
    return document, field_names([definition.selection_set for definition in definitions], {})


def _definition(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    definition = get_operation_ast(document, name)
    if definition is None:
        message = (
            f"The document has no operation named {name}; give operationName as it stands there."
            if name
            else "The document has no operation, or several; give operationName."
        )
        raise _Refused(GraphQLError(message))
    if definition.operation is OperationType.SUBSCRIPTION:
        raise _Refused(GraphQLError("There are no subscriptions; use a query."))
    return definition


def refusal(code: str, message: str) -> Answer:
    """Return the answer to an operation that was not executed."""
    return Answer({"errors": [{"message": message, "extensions": {"code": code}}]}, executed=False)


def _formatted(error: GraphQLError, request_id: str) -> dict[str, Any]:
    code, message = _explained(error)
    formatted: dict[str, Any] = {"message": message, **_place(error), "extensions": {"code": code}}
    if code in ("INTERNAL", "UNAVAILABLE"):
        formatted["extensions"]["requestId"] = request_id
        logger.error("request %s: %s", request_id, code, exc_info=error.original_error or error)
    return formatted


def _place(error: GraphQLError) -> dict[str, Any]:
    return {name: value for name, value in error.formatted.items() if name in ("locations", "path")}


def _explained(error: GraphQLError) -> tuple[str, str]:
    """Return the code and the message of an error as clients may see them."""
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    match cause:
        case GraphQLSyntaxError():
            explained = "GRAPHQL_PARSE_FAILED", cause.message
        case RecursionError():
            explained = (
                "GRAPHQL_VALIDATION_FAILED",
                "The document is nested too deeply; ask for less at once.",
            )
        case InvalidArgument():
            explained = "BAD_USER_INPUT", str(cause)
        case LimitExceeded():
            explained = "LIMIT_EXCEEDED", str(cause)
        case DatabaseUnavailable():
            explained = "UNAVAILABLE", "The database cannot be reached at the moment; try again in a while."
        case GraphQLError() | ValueError() if error.path is None:
            explained = "GRAPHQL_VALIDATION_FAILED", error.message
        # Only arguments are blamed on their own place; what we failed to serialise, on the field.
        case GraphQLError() if not all(isinstance(node, FieldNode) for node in cause.nodes or ()):
            explained = "BAD_USER_INPUT", error.message
        case _:
            text = "Something went wrong on our side; try again, and if it stays, report the requestId."
            explained = "INTERNAL", text
    return explained
