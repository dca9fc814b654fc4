"""GraphQL over HTTP: requests read, operations handed to the schema, answers written.

https://graphql.github.io/graphql-over-http/draft/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.graphiql import page
from schema.execution import Answer, Operation, OperationNotAllowed, execute, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"


class BadRequest(Exception):
    """The request is not one of GraphQL over HTTP; the message says how it should be."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class GraphQL:
    """The endpoint: an ASGI application, which Starlette does not wrap as it wraps functions."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        response = await _answer(Request(scope, receive))
        await response(scope, receive, send)


async def _answer(request: Request) -> Response:
    """Answer a GraphQL request, or show the explorer to a browser that asks for a page."""
    safe = request.method != "POST"
    if safe and "query" not in request.query_params and _accepts(request, "text/html"):
        return page()
    request_id = uuid4().hex
    media_type = JSON if _prefers_json(request) else GRAPHQL_JSON
    headers = {"x-request-id": request_id, "vary": "accept"}
    try:
        operation = _operation(await _parameters(request))
        answer = await execute(operation, request.state.customers, request_id, queries_only=safe)
    except BadRequest as error:
        answer, status = refusal("BAD_USER_INPUT", str(error)), error.status
    except OperationNotAllowed:
        answer, status = refusal("BAD_USER_INPUT", "Send mutations with POST."), 405
        headers["allow"] = "POST"
    else:
        # The older media type keeps 200 for every well-formed request.
        status = 200 if answer.executed or media_type == JSON else 400
    return _response(answer, status, media_type, headers)


def _response(answer: Answer, status: int, media_type: str, headers: Mapping[str, str]) -> Response:
    return Response(orjson.dumps(answer.content), status, headers, media_type)


def _accepts(request: Request, media_type: str) -> bool:
    return media_type in request.headers.get("accept", "").lower()


def _prefers_json(request: Request) -> bool:
    return _accepts(request, JSON) and not _accepts(request, GRAPHQL_JSON)


async def _parameters(request: Request) -> Any:
    """Return a request's parameters as the client wrote them, whatever they are."""
    if request.method != "POST":
        parameters: dict[str, Any] = dict(request.query_params)
        for key in {"variables", "extensions"} & parameters.keys():
            parameters[key] = _json(parameters[key].encode(), key)
        return parameters
    content_type, _, _ = request.headers.get("content-type", "").partition(";")
    if content_type.strip().lower() != JSON:
        raise BadRequest(f"Send the request as {JSON}.", 415)
    return _json(await request.body(), "the body")


def _operation(parameters: Any) -> Operation:
    if not isinstance(parameters, dict):
        raise BadRequest('Send one JSON object: {"query": "…", "variables": {…}, "operationName": "…"}.')
    query, name = parameters.get("query"), parameters.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise BadRequest("Give the operation as query, a string.")
    if not isinstance(name, str | None):
        raise BadRequest("Give operationName as a string.")
    for key in ("variables", "extensions"):
        if not isinstance(parameters.get(key), dict | None):
            raise BadRequest(f"Give {key} as an object.")
    return Operation(query, parameters.get("variables"), name or None)


def _json(data: bytes, what: str) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        raise BadRequest(f"Write {what} as JSON in UTF-8.") from None
