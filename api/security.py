"""What holds for every request: headers of its answer, and from where it may come."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.settings import Settings

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
"""For answers that are data, and for one reader; the explorer's page has a policy of its own."""

HEADERS_OVER_TLS = (*HEADERS, (b"strict-transport-security", b"max-age=31536000"))
"""Who came by https comes back by https for a year. The domain's other hosts are not ours to decide about."""

NAMES = frozenset(name for name, _ in HEADERS_OVER_TLS)

HOST = re.compile(r"(\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[^\[\]:]*))(:[0-9]*)?")


def secured(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Return the application behind the middleware that the settings ask for."""
    if settings.cors_origins:
        # No cookies: who may ask is told by a token, which no browser adds by itself.
        app = CORSMiddleware(
            app,
            allow_origins=settings.cors_origins,
            allow_methods=("GET", "POST"),
            allow_headers=("authorization", "content-type", "x-request-id"),
            expose_headers=("retry-after", "www-authenticate", "x-request-id"),
            max_age=3_600,
        )
    if settings.auth_mode == "none":
        app = LoopbackOnly(app)
    return SecurityHeaders(app)


class SecurityHeaders:
    """Middleware that adds `HEADERS` to every answer that does not have them itself.

    It goes around everything else, so that it also sees the answers of what fails.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        added = HEADERS_OVER_TLS if scope["scheme"] == "https" else HEADERS

        def send_with_headers(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                headers = message.get("headers", ())
                if NAMES.isdisjoint(own := dict(headers)):
                    message["headers"] = [*headers, *added]
                else:
                    message["headers"] = [*headers, *(header for header in added if header[0] not in own)]
            return send(message)

        await self.app(scope, receive, send_with_headers)


class LoopbackOnly:
    """Middleware for AUTH_MODE=none: answers what this machine asks of itself, and refuses all else with 403.

    Listening on loopback is not enough. Any site can have a name of its own stand for 127.0.0.1, and to a
    browser its pages are then of one origin with this service (DNS rebinding); and a proxy on this machine
    lets others in.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, or refuse."""
        if scope["type"] != "http" or _is_local(scope):
            await self.app(scope, receive, send)
        else:
            await REFUSAL(scope, receive, send)


REFUSAL = JSONResponse(
    {
        "errors": [
            {
                "message": "Without authentication, only this machine is served, as localhost. "
                "Set AUTH_MODE to key or oidc to serve others.",
                "extensions": {"code": "FORBIDDEN"},
            }
        ]
    },
    403,
)


def _is_local(scope: Scope) -> bool:
    server, client = scope.get("server"), scope.get("client")
    # A UNIX socket is a path without a port. A client is from elsewhere when a proxy that is trusted says so.
    if (server and server[1] is not None and _is_elsewhere(server[0])) or (
        client and _is_elsewhere(client[0])
    ):
        return False
    return all(_is_own_name(value) for name, value in scope["headers"] if name == b"host")


def is_loopback(host: str) -> bool:
    """Say whether a server that listens on this address, or by this name, is reached from its machine alone.

    Of names, only localhost is sure to stay so (RFC 6761, 6.3).
    """
    return host.lower() == "localhost" if (address := _address(host)) is None else address.is_loopback


@lru_cache(maxsize=64)
def _is_elsewhere(host: str) -> bool:
    address = _address(host)
    return address is not None and not address.is_loopback


@lru_cache(maxsize=64)
def _is_own_name(host: bytes) -> bool:
    """Say whether a Host header's value is one that nobody can have in public DNS, or none."""
    if (parts := HOST.fullmatch(host.decode("latin-1").lower())) is None:
        return False
    name = parts["address"] or parts["name"]
    return is_loopback(name) or name.endswith(".localhost") or not {".", ":"} & set(name)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
