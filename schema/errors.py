"""Every error that leaves an operation, in one shape.

An error has `message`, `locations` and `path` as GraphQL has them, and `extensions.code`. The codes
GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, BAD_USER_INPUT, UNAUTHENTICATED, FORBIDDEN and LIMIT_EXCEEDED
promise that nothing was done; UNAVAILABLE and INTERNAL don't. Of an unexpected exception nothing leaves the
process but the request's id.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from graphql import FieldNode, GraphQLError, GraphQLSyntaxError

from db.errors import DatabaseUnavailable
from models.errors import InvalidArgument, LimitExceeded
from schema.limits import DocumentTooLarge

LONGEST_MESSAGE: Final = 1_000
"""Characters of a message. Some repeat what the client sent, each of many errors the whole of it."""

UNEXPECTED: Final = "Something went wrong on our side; try again, and if it stays, report the requestId."

logger = logging.getLogger("customers")


def formatted(error: GraphQLError, request_id: str) -> dict[str, Any]:
    """Return an error as clients see it; what they may not see is logged under the request's id."""
    extensions, message = _explained(error)
    if len(message) > LONGEST_MESSAGE:
        message = message[:LONGEST_MESSAGE] + "…"
    if extensions["code"] in ("INTERNAL", "UNAVAILABLE"):
        extensions |= _logged(extensions["code"], error.original_error or error, request_id)
    return {"message": message, **_place(error), "extensions": extensions}


def unexpected(error: Exception, request_id: str) -> dict[str, Any]:
    """Return the error that clients see of an exception that nobody has foreseen; it is logged."""
    return {"message": UNEXPECTED, "extensions": _logged("INTERNAL", error, request_id)}


def _logged(code: str, error: Exception, request_id: str) -> dict[str, Any]:
    logger.error("request failed", exc_info=error, extra={"request_id": request_id, "code": code})
    return {"code": code, "requestId": request_id}


def _place(error: GraphQLError) -> dict[str, Any]:
    return {name: value for name, value in error.formatted.items() if name in ("locations", "path")}


def _explained(error: GraphQLError) -> tuple[dict[str, Any], str]:
    """Return the code, with what belongs to it, and the message of an error as clients may see them."""
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    extensions: dict[str, Any] = {}
    match cause:
        case DocumentTooLarge():
            code, message = "LIMIT_EXCEEDED", cause.message
            extensions["limit"] = cause.limit
        case GraphQLSyntaxError():
            code, message = "GRAPHQL_PARSE_FAILED", cause.message
        case RecursionError():
            code = "GRAPHQL_VALIDATION_FAILED"
            message = "The document is nested too deeply; ask for less at once."
        case InvalidArgument():
            code, message = "BAD_USER_INPUT", str(cause)
        case LimitExceeded():
            code, message = "LIMIT_EXCEEDED", str(cause)
        case DatabaseUnavailable():
            code = "UNAVAILABLE"
            message = "The database cannot be reached at the moment; try again in a while."
        case GraphQLError() | ValueError() if error.path is None:
            code, message = "GRAPHQL_VALIDATION_FAILED", error.message
        # Only arguments are blamed on their own place; what we failed to serialise, on the field.
        case GraphQLError() if not all(isinstance(node, FieldNode) for node in cause.nodes or ()):
            code, message = "BAD_USER_INPUT", error.message
        case _:
            code, message = "INTERNAL", UNEXPECTED
    return {"code": code, **extensions}, message
