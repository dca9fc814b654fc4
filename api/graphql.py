"""GraphQL over HTTP: requests read, operations handed to the schema, answers written.

https://graphql.github.io/graphql-over-http/draft/
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from random import getrandbits
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect

from api import body, logs
from api.admission import Gone, Overdue, Overloaded
from api.auth import PAUSE_SECONDS, KeysUnavailable, Unauthenticated
from api.documents import DocumentRefused
from api.graphiql import page
from schema.errors import unexpected
from schema.execution import execute, refusal
from schema.operation import Operations, Refused, Request

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from api.admission import Admission
    from api.auth import Authenticator, Principal
    from api.documents import Documents
    from api.rate import RateLimit
    from api.settings import Settings
    from models.service import CustomerService
    from schema.operation import Operation

JSON: Final = "application/json"
GRAPHQL_JSON: Final = "application/graphql-response+json"
RETRY_AFTER: Final = "1"
"""Seconds after which to come back, for clients that are sent away because others are being served."""


class Refusal(Exception):
    """The request is answered with one error, and nothing is done; the message says what to do instead."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        limit: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.extensions = {"code": code} | ({"limit": limit} if limit else {})

    def content(self, request_id: str) -> dict[str, Any]:
        """Return the answer's content; where nobody knows what was done, it has the request's id."""
        extensions = self.extensions
        if extensions["code"] == "UNAVAILABLE":
            extensions = extensions | {"requestId": request_id}
        return {"errors": [{"message": str(self), "extensions": extensions}]}


@dataclass(slots=True)
class Exchange:
    """A request and what is known of it so far."""

    scope: Scope
    receive: Receive
    id: str
    started: float
    subject: str | None = None
    query: str | None = None
    operation: Operation | None = None


class GraphQL:
    """The endpoint: an ASGI application, which Starlette does not wrap as it wraps functions."""

    def __init__(  # noqa: PLR0913 - what stands between a request and its answer
        self,
        *,
        settings: Settings,
        customers: CustomerService,
        operations: Operations,
        documents: Documents,
        admission: Admission,
        rate: RateLimit | None,
    ) -> None:
        """Take all that is the same for all requests; who calls is told by `state.authenticator`."""
        self._settings = settings
        self._customers = customers
        self._operations = operations
        self._documents = documents
        self._admission = admission
        self._rate = rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or show the explorer to a browser that asks for a page."""
        if self._settings.explorer and _is_for_explorer(scope):
            await page()(scope, receive, send)
            return
        exchange = Exchange(scope, receive, f"{getrandbits(128):032x}", time.perf_counter())
        # Clients that don't know the newer one, or don't say, are from the time of the older one.
        media_type = GRAPHQL_JSON if _accepts(scope, GRAPHQL_JSON) else JSON
        headers: dict[str, str] = {}
        try:
            content, status = await self._answer(exchange, media_type)
            data = orjson.dumps(content)
        except Refusal as refused:
            content, status, headers = refused.content(exchange.id), refused.status, refused.headers
            data = orjson.dumps(content)
        except (ClientDisconnect, Gone):
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not reach the client
            content, status = {"errors": [unexpected(error, exchange.id)]}, 500
            data = orjson.dumps(content)
        raw = [
            (b"content-length", b"%d" % len(data)),
            (b"content-type", media_type.encode()),
            (b"x-request-id", exchange.id.encode()),
            (b"vary", b"accept"),
            *[(name.encode(), value.encode()) for name, value in headers.items()],
        ]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": data})
        if logs.wanted(status):
            logs.request(
                exchange.id,
                scope["method"],
                status,
                exchange.started,
                query=exchange.query,
                operation=exchange.operation,
                errors=content.get("errors", ()),
                subject=exchange.subject,
            )

    async def _answer(self, exchange: Exchange, media_type: str) -> tuple[dict[str, Any], int]:
        """Return the content of an answer and its status.

        Raises:
            Refusal: there is only one thing to say.
            ClientDisconnect, Gone: there is nobody to say anything to.
        """
        principal = await self._principal(exchange)
        parameters = await self._parameters(exchange)
        try:
            exchange.query, digest = self._documents.find(parameters)
        except DocumentRefused as refused:
            raise _refused_document(refused, media_type) from None
        try:
            operation = self._operations.prepare(_request(exchange.query, parameters))
        except Refused as refused:
            # The older media type has 200 for every well-formed request.
            return refusal(refused, exchange.id).content, 200 if media_type == JSON else 400
        exchange.operation = operation
        if digest:
            self._documents.remember(digest, exchange.query)
        if exchange.scope["method"] != "POST" and not operation.is_query:
            raise Refusal(405, "BAD_USER_INPUT", "Send mutations with POST.", headers={"allow": "POST"})
        if principal:
            _check_scopes(principal, operation)
        try:
            with self._admission.admit(exchange.receive if operation.is_query else None):
                answer = await execute(operation, self._customers, exchange.id)
        except Overloaded:
            message = "Too many operations are under way; try again in a while."
            headers = {"retry-after": RETRY_AFTER}
            raise Refusal(503, "LIMIT_EXCEEDED", message, limit="operations", headers=headers) from None
        except Overdue:
            raise self._overdue(operation) from None
        return answer.content, 200 if answer.executed or media_type == JSON else 400

    async def _principal(self, exchange: Exchange) -> Principal | None:
        """Return who calls, counted; None where everybody may."""
        authenticator: Authenticator | None = exchange.scope["state"]["authenticator"]
        if authenticator is None:
            return None
        client = exchange.scope.get("client")
        address = client[0] if client else None
        try:
            # All of them, so that nobody can choose which of several counts.
            principal = await authenticator.authenticate(_header(exchange.scope, b"authorization"))
        except Unauthenticated as error:
            self._count(None, address)
            challenge = "Bearer"
            if error.error:
                challenge += f' error="{error.error}", error_description="{error}"'
            headers = {"www-authenticate": challenge}
            raise Refusal(401, "UNAUTHENTICATED", str(error), headers=headers) from None
        except KeysUnavailable as error:
            self._count(None, address)
            headers = {"retry-after": str(PAUSE_SECONDS)}
            raise Refusal(503, "UNAVAILABLE", str(error), headers=headers) from None
        exchange.subject = principal.subject
        self._count(principal.subject, address)
        return principal

    def _count(self, subject: str | None, address: str | None) -> None:
        wait = self._rate.hit(subject, address) if self._rate else 0
        if wait:
            message = f"Too many requests; try again in {wait} seconds."
            headers = {"retry-after": str(wait)}
            raise Refusal(429, "LIMIT_EXCEEDED", message, limit="requests", headers=headers)

    async def _parameters(self, exchange: Exchange) -> dict[str, Any]:
        """Return a request's parameters as the client wrote them, whatever they are."""
        scope = exchange.scope
        if scope["method"] != "POST":
            parameters: dict[str, Any] = dict(QueryParams(scope["query_string"]))
            for key in {"variables", "extensions"} & parameters.keys():
                parameters[key] = _json(parameters[key].encode(errors="surrogatepass"), key)
            return parameters
        content_type, _, _ = (_header(scope, b"content-type") or "").partition(";")
        if content_type.strip().lower() != JSON:
            raise Refusal(415, "BAD_USER_INPUT", f"Send the request as {JSON}.")
        settings = self._settings
        try:
            data = await body.read(scope, exchange.receive, settings.limit_body, settings.limit_request_time)
        except body.BodyRefused as refused:
            code = "LIMIT_EXCEEDED" if refused.limit else "BAD_USER_INPUT"
            # The rest of what is too slow is not waited for.
            headers = {"connection": "close"} if isinstance(refused, body.BodyTooSlow) else None
            raise Refusal(refused.status, code, str(refused), limit=refused.limit, headers=headers) from None
        parameters = _json(data, "the body")
        if not isinstance(parameters, dict):
            message = 'Send one JSON object: {"query": "…", "variables": {…}, "operationName": "…"}.'
            raise Refusal(400, "BAD_USER_INPUT", message)
        return parameters

    def _overdue(self, operation: Operation) -> Refusal:
        message = f"The operation was stopped after {self._settings.limit_operation_time:g} seconds; "
        if operation.is_query:
            return Refusal(503, "LIMIT_EXCEEDED", message + "ask for less at once.", limit="time")
        message += "of a mutation's fields, some may have been carried out: read what there is now."
        return Refusal(503, "UNAVAILABLE", message, limit="time")


def _header(scope: Scope, name: bytes) -> str | None:
    """Return the value of a header, or several one after the other (RFC 9110, 5.3)."""
    values = [value for key, value in scope["headers"] if key == name]
    return b", ".join(values).decode("latin-1") if values else None


def _is_for_explorer(scope: Scope) -> bool:
    return (
        scope["method"] != "POST"
        and _accepts(scope, "text/html")
        and not {"query", "documentId", "extensions"} & QueryParams(scope["query_string"]).keys()
    )


def _accepts(scope: Scope, media_type: str) -> bool:
    return media_type in (_header(scope, b"accept") or "").lower()


def _request(query: str, parameters: dict[str, Any]) -> Request:
    name = parameters.get("operationName")
    if not isinstance(name, str | None):
        raise Refusal(400, "BAD_USER_INPUT", "Give operationName as a string.")
    for key in ("variables", "extensions"):
        if not isinstance(parameters.get(key), dict | None):
            raise Refusal(400, "BAD_USER_INPUT", f"Give {key} as an object.")
    return Request(query, parameters.get("variables"), name or None)


def _refused_document(refused: DocumentRefused, media_type: str) -> Refusal:
    status = {"BAD_USER_INPUT": 400, "FORBIDDEN": 403}.get(refused.code, 200 if media_type == JSON else 400)
    return Refusal(status, refused.code, str(refused))


def _check_scopes(principal: Principal, operation: Operation) -> None:
    if not operation.scopes.keys() <= principal.scopes:
        # All that it needs (RFC 6750, section 3): a token for the missing ones alone would lack the others.
        scopes = " ".join(sorted(operation.scopes))
        challenge = f'Bearer error="insufficient_scope", scope="{scopes}"'
        message = f"This needs a token with {scopes}; get one with it, or ask for less."
        raise Refusal(403, "FORBIDDEN", message, headers={"www-authenticate": challenge})


def _json(data: bytes, what: str) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Refusal(400, "BAD_USER_INPUT", f"Write {what} as JSON in UTF-8.") from None
