"""Which headers every answer has, and who is answered at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.security import HEADERS, is_loopback, secured
from api.settings import Settings

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Scope

KEY = {"auth_mode": "key", "auth_key": "x" * 32}
ALLOWED = "https://app.example"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


def plain(_request: Request) -> Response:
    return PlainTextResponse("private", headers={"x-request-id": "1"})


def page(_request: Request) -> Response:
    return PlainTextResponse("", headers={"Content-Security-Policy": "own", "Cache-Control": "public"})


def failing(_request: Request) -> Response:
    raise ZeroDivisionError


def app(**settings: Any) -> ASGIApp:
    routes = [Route("/", plain, methods=["GET", "POST"]), Route("/page", page), Route("/failing", failing)]
    return secured(Starlette(routes=routes), Settings(**settings))


def client(app: ASGIApp, address: str = "http://localhost") -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=address, trust_env=False
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 200), ("GET", "/absent", 404), ("PUT", "/", 405), ("GET", "/failing", 500)],
)
@pytest.mark.parametrize("host", ["localhost", "evil.example"])
async def test_every_answer_has_the_headers(method: str, path: str, status: int, host: str) -> None:
    """Answers, refusals and errors have each security header, once."""
    answer = await client(app(), f"http://{host}").request(method, path)
    assert answer.status_code == (status if host == "localhost" else 403)
    for name, value in HEADERS:
        assert answer.headers.get_list(name.decode()) == [value.decode()]


async def test_an_answers_own_headers_win() -> None:
    """What an answer says itself, such as the explorer's policy, is not said twice."""
    headers = (await client(app()).get("/page")).headers
    assert headers.get_list("content-security-policy") == ["own"]
    assert headers.get_list("cache-control") == ["public"]
    assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_browsers_are_told_to_stay_with_https(scheme: str) -> None:
    """Strict-Transport-Security is sent over https, and only there (RFC 6797, 7.2)."""
    headers = (await client(app(**KEY), f"{scheme}://customers.example").get("/")).headers
    assert ("strict-transport-security" in headers) == (scheme == "https")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.10", "::1", "localhost", "LOCALHOST", "::ffff:127.0.0.1"]
)
def test_loopback(host: str) -> None:
    """What only this machine reaches is known as such."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",  # noqa: S104 - what must not be taken for loopback
        "::",
        "",
        "192.168.1.5",
        "10.0.0.1",
        "8.8.8.8",
        "2001:db8::1",
        "fe80::1%eth0",
        "::ffff:8.8.8.8",
        "raspberry",
        "raspberry.local",
        "customers.example",
        "localhost.example",
        "127.0.0.1.example",
        "127.1",
    ],
)
def test_not_loopback(host: str) -> None:
    """Neither other addresses, nor all addresses, nor names that others can have count as loopback."""
    assert not is_loopback(host)


OWN_NAMES = [
    "localhost",
    "LocalHost:8000",
    "127.0.0.1:8000",
    "127.0.0.2",
    "[::1]",
    "[::1]:8000",
    "app.localhost:3",
    "api:8000",
    "",
]
OTHER_NAMES = [
    "customers.example",
    "customers.example:8000",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil-localhost.example",
    "192.168.1.5",
    "8.8.8.8:80",
    "[2001:db8::1]:80",
    "[::1].evil.example",
    "evil.example:80.localhost",
    "evil.example:localhost",
    "localhost:8000.evil.example",
]


@pytest.mark.parametrize(
    ("name", "status"), [*((name, 200) for name in OWN_NAMES), *((name, 403) for name in OTHER_NAMES)]
)
async def test_without_authentication_only_own_names_are_answered(name: str, status: int) -> None:
    """A page whose name was made to point to this machine cannot read from it (DNS rebinding)."""
    for _ in range(2):
        answer = await client(app()).get("/", headers={"Host": name})
        assert answer.status_code == status
    if status == 403:
        [error] = answer.json()["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert "AUTH_MODE" in error["message"]


@pytest.mark.parametrize("name", OTHER_NAMES)
async def test_with_authentication_any_name_is_answered(name: str) -> None:
    """Whoever has a token may come by any name."""
    assert (await client(app(**KEY)).get("/", headers={"Host": name})).is_success


@pytest.mark.parametrize(
    ("place", "status"),
    [
        ({"server": ("127.0.0.1", 8000)}, 200),
        ({"server": ("::1", 8000)}, 200),
        ({"server": ("192.168.1.5", 8000)}, 403),
        ({"server": ("8.8.8.8", 80)}, 403),
        ({"server": ("2001:db8::1", 80)}, 403),
        ({"server": ("/run/customers.sock", None)}, 200),
        ({"server": None}, 200),
        ({"client": None}, 200),
        ({"client": ("", 0)}, 200),
        ({"client": ("127.0.0.1", 5000)}, 200),
        ({"client": ("203.0.113.9", 0)}, 403),
    ],
)
async def test_without_authentication_only_loopback_is_served(place: dict[str, Any], status: int) -> None:
    """On another address of this machine, or for another machine behind a proxy, nothing is answered."""
    inner = app()

    async def at_place(scope: Scope, receive: Any, send: Any) -> None:
        await inner({**scope, **place}, receive, send)

    assert (await client(at_place).get("/")).status_code == status


async def test_an_allowed_origin_may_ask_and_read() -> None:
    """A page of an allowed origin may send a token and read the answer and its id, without cookies."""
    http = client(app(**KEY, cors_origins=(ALLOWED,)))
    preflight = await http.options("/", headers={"Origin": ALLOWED, **PREFLIGHT})
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == ALLOWED
    assert "Origin" in preflight.headers["vary"]
    assert {"GET", "POST"} == set(preflight.headers["access-control-allow-methods"].split(", "))
    assert {"authorization", "content-type"} <= {
        name.strip().lower() for name in preflight.headers["access-control-allow-headers"].split(",")
    }
    answer = await http.post("/", headers={"Origin": ALLOWED})
    assert answer.headers["access-control-allow-origin"] == ALLOWED
    assert "x-request-id" in answer.headers["access-control-expose-headers"]
    for headers in preflight.headers, answer.headers:
        assert "access-control-allow-credentials" not in headers


@pytest.mark.parametrize("allowed", [(), (ALLOWED,)])
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://app.example", "https://app.example.evil.example"]
)
async def test_another_origin_may_not_read(allowed: tuple[str, ...], origin: str) -> None:
    """A page of any other origin is allowed nothing, and gets to read no answer."""
    http = client(app(**KEY, cors_origins=allowed))
    preflight = await http.options("/", headers={"Origin": origin, **PREFLIGHT})
    assert preflight.is_client_error
    answer = await http.get("/", headers={"Origin": origin})
    for headers in preflight.headers, answer.headers:
        assert "access-control-allow-origin" not in headers
        assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("header", ["x-http-method-override", "cookie"])
async def test_other_headers_are_not_allowed(header: str) -> None:
    """A preflight for a header that this service does not read is refused."""
    asked = {**PREFLIGHT, "Origin": ALLOWED, "Access-Control-Request-Headers": header}
    assert (await client(app(**KEY, cors_origins=(ALLOWED,))).options("/", headers=asked)).status_code == 400
