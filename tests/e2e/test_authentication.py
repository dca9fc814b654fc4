"""Who is let in: bearers of a token that counts, and nobody else, whatever they send instead."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest
from joserfc.jwk import OctKey
from typer.testing import CliRunner

from api.cli import app
from tests.e2e.locks import locked
from tests.issuer import Issuer
from tests.service import Service
from tests.tokens import MAKE_KEY, SECRET, by_hand, claims, compact, token
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx
    from joserfc.jwk import Key

    from db.settings import DatabaseSettings

SECONDS = 60
QUERY = "{ customers { totalCount } }"
SCHEMA = "{ __schema { queryType { name } } }"
ISSUER = "https://issuer.example"
KEYED = {"AUTH_MODE": "key", "AUTH_KEY": SECRET, "AUTH_ISSUER": ISSUER}
LATER = int(time.time()) + 86_400


@dataclass
class Door:
    """A service that asks for tokens, and what honest ones are made with."""

    service: Service
    key: Key
    algorithm: str
    issuer: str
    header: dict[str, str]

    def token(self, **changed: Any) -> str:
        payload = claims(**({"iss": self.issuer} | changed))
        return token(self.key, self.algorithm, payload, **self.header)

    def ask(self, *authorizations: str, query: str = QUERY) -> httpx.Response:
        """Return the answer to a query with such `Authorization` headers."""
        headers = [("Authorization", value) for value in authorizations]
        return self.service.http.post("/graphql", json={"query": query}, headers=headers)

    def lets_in(self, **changed: Any) -> bool:
        response = self.ask(f"Bearer {self.token(**changed)}")
        return response.status_code == 200 and "errors" not in response.json()


@pytest.fixture(scope="module")
def keyed(shared_database: DatabaseSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A service with a secret key."""
    log = tmp_path_factory.mktemp("keyed") / "log"
    with Service(shared_database, log, **KEYED) as service:
        yield Door(service, OctKey.import_key(SECRET), "HS256", ISSUER, {})


@dataclass
class Late:
    """A service that started before its issuer did, and how it answered an honest client then."""

    door: Door
    issuer: Issuer
    answer: httpx.Response


@pytest.fixture(scope="module")
def late(shared_database: DatabaseSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Late]:
    log = tmp_path_factory.mktemp("late") / "log"
    with Issuer() as issuer:
        issuer.stop()
        with Service(shared_database, log, AUTH_MODE="oidc", AUTH_ISSUER=issuer.address) as service:
            door = Door(service, issuer.key, issuer.algorithm, issuer.address, {"kid": issuer.key_id})
            answer = door.ask(issuer.bearer())
            issuer.start()
            yield Late(door, issuer, answer)


@pytest.fixture(scope="module")
def trusting(late: Late) -> Door:
    """A service that has its issuer's keys."""
    wait_until(late.door.lets_in, SECONDS)
    return late.door


@pytest.fixture(scope="module", params=["keyed", "trusting"])
def door(request: pytest.FixtureRequest) -> Door:
    """Each service in turn."""
    door: Door = request.getfixturevalue(request.param)
    return door


def test_without_the_issuers_keys_nobody_is_let_in(late: Late) -> None:
    """A service that never had its issuer's keys says that it will know later who calls."""
    assert late.answer.status_code == 503
    assert int(late.answer.headers["retry-after"]) > 0
    [error] = late.answer.json()["errors"]
    request_id = late.answer.headers["x-request-id"]
    assert error["extensions"] == {"code": "UNAVAILABLE", "requestId": request_id}


def head(door: Door, **header: Any) -> dict[str, Any]:
    return {"alg": door.algorithm, **door.header, **header}


def body(door: Door, **changed: Any) -> dict[str, Any]:
    return claims(**({"iss": door.issuer} | changed))


def changed_claims(door: Door) -> str:
    """Return an honest token with the claims of another."""
    parts = door.token().split(".")
    return ".".join([parts[0], door.token(sub="eve").split(".")[1], parts[2]])


def signed_with_what_is_known(door: Door) -> str:
    """Return a token signed with what is public of the key, as if it were a secret."""
    known = json.dumps(door.key.as_dict(private=False)) if door.algorithm != "HS256" else ISSUER
    return by_hand(head(door, alg="HS256"), body(door), known.encode())


ATTACKS: dict[str, Callable[[Door], list[str]]] = {
    "no token": lambda _: [],
    "an empty header": lambda _: [""],
    "no scheme": lambda door: [door.token()],
    "no JWT": lambda _: ["Bearer abc"],
    "a password": lambda _: ["Basic YWRhOnBhc3N3b3Jk"],
    "a token as a password": lambda door: [f"Basic {door.token()}"],
    "two headers": lambda door: [f"Bearer {door.token()}", f"Bearer {door.token()}"],
    "a good header behind another": lambda door: ["Basic YWRhOnBhc3N3b3Jk", f"Bearer {door.token()}"],
    "two tokens in one header": lambda door: [f"Bearer {door.token()}, Bearer {door.token()}"],
    "too long": lambda door: [f"Bearer {door.token(name='a' * 10_000)}"],
    "expired": lambda door: [f"Bearer {door.token(exp=1_000)}"],
    "no end": lambda door: [f"Bearer {door.token(exp=None)}"],
    "not yet": lambda door: [f"Bearer {door.token(nbf=LATER)}"],
    "from the future": lambda door: [f"Bearer {door.token(iat=LATER)}"],
    "another audience": lambda door: [f"Bearer {door.token(aud='payments')}"],
    "no audience": lambda door: [f"Bearer {door.token(aud=None)}"],
    "another issuer": lambda door: [f"Bearer {door.token(iss='https://evil.example')}"],
    "no issuer": lambda door: [f"Bearer {door.token(iss=None)}"],
    "no subject": lambda door: [f"Bearer {door.token(sub=None)}"],
    "alg none": lambda door: [f"Bearer {compact(head(door, alg='none'), body(door), lambda _: b'')}"],
    "alg none, and a signature": lambda door: [
        f"Bearer {compact(head(door, alg='nOnE'), body(door), lambda _: b'x')}"
    ],
    "another key": lambda door: [
        f"Bearer {token(MAKE_KEY[door.algorithm](), door.algorithm, body(door), **door.header)}"
    ],
    "another's claims": lambda door: [f"Bearer {changed_claims(door)}"],
    "the public key as a secret": lambda door: [f"Bearer {signed_with_what_is_known(door)}"],
    "an unknown kid": lambda door: [
        f"Bearer {token(MAKE_KEY[door.algorithm](), door.algorithm, body(door), kid='unheard-of')}"
    ],
    "its own key along": lambda door: [
        f"Bearer {token(key := MAKE_KEY['ES256'](), 'ES256', body(door), jwk=key.as_dict(private=False))}"
    ],
    "another type": lambda door: [
        f"Bearer {token(door.key, door.algorithm, body(door), **door.header, typ='logout+jwt')}"
    ],
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_only_a_token_that_counts_lets_in(door: Door, shared_database: DatabaseSettings, attack: str) -> None:
    """What is no good token is refused before anything is loaded, and told apart as RFC 6750 has it."""
    authorizations = ATTACKS[attack](door)
    with locked(shared_database):
        response = door.ask(*authorizations)

    assert response.status_code == 401
    challenge = response.headers["www-authenticate"]
    brought = len(authorizations) == 1 and re.fullmatch("bearer .+", authorizations[0], re.IGNORECASE)
    if brought or attack == "two headers":
        assert re.fullmatch(r'Bearer error="invalid_token", error_description="[ !#-\[\]-~]+"', challenge)
    else:
        assert challenge == "Bearer"
    assert response.json().keys() == {"errors"}
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    assert door.lets_in()


@pytest.mark.parametrize("content", [b"{", b"", b"null", b'{"query": "{ nope }"}', b"{" * 2_000_000])
def test_who_calls_is_asked_first(keyed: Door, content: bytes) -> None:
    """Without a token nobody learns what is wrong with a request, nor has its body read."""
    response = keyed.service.http.post(
        "/graphql", content=content, headers={"content-type": "application/json"}
    )
    assert response.status_code == 401
    assert keyed.lets_in()


def test_a_token_counts_nowhere_but_in_its_header(keyed: Door) -> None:
    """A token in the address, the body, a form or a cookie, which logs and other sites have, is no token."""
    http, written = keyed.service.http, keyed.token()
    by_post = {"query": QUERY, "access_token": written, "extensions": {"authorization": f"Bearer {written}"}}
    answers = [
        http.get("/graphql", params={"query": QUERY, "access_token": written}),
        http.post("/graphql", params={"access_token": written}, json={"query": QUERY}),
        http.post("/graphql", json=by_post),
        http.post("/graphql", data={"query": QUERY, "access_token": written}),
        http.post("/graphql", json={"query": QUERY}, headers={"cookie": f"access_token={written}"}),
        http.post("/graphql", json={"query": QUERY}, headers={"x-authorization": f"Bearer {written}"}),
    ]
    assert [answer.status_code for answer in answers] == [401] * len(answers)
    assert keyed.lets_in()


@pytest.mark.parametrize(
    "value", [b"Bearer \xff\xfe", b"Bearer \xc3\xa9.a.a", "Bearer …".encode(), b"Bearer\ta.b.c"]
)
def test_headers_that_are_no_text(keyed: Door, value: bytes) -> None:
    """Bytes beyond ASCII in the header are refused like any other token that is none."""
    connection = HTTPConnection(keyed.service.address.removeprefix("http://"), timeout=SECONDS)
    headers: dict[str, str | bytes] = {"content-type": "application/json", "authorization": value}
    connection.request("POST", "/graphql", json.dumps({"query": QUERY}), headers)
    response = connection.getresponse()
    connection.close()
    assert response.status == 401
    assert keyed.lets_in()


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/graphiql/explorer.js", "/graphiql/explorer.css"])
def test_what_needs_no_token(keyed: Door, path: str) -> None:
    """Whoever watches over the service needs no token, and neither do the explorer's files."""
    assert keyed.service.http.get(path).status_code == 200


def test_the_explorers_page_needs_no_token_but_the_schema_does(keyed: Door) -> None:
    """A browser gets the page by which a token can be given; the schema is for those who have one."""
    page = keyed.service.http.get("/graphql", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "<html" in page.text
    assert keyed.ask(query=SCHEMA).status_code == 401
    asked = keyed.service.http.get("/graphql", params={"query": SCHEMA}, headers={"accept": "text/html"})
    assert asked.status_code == 401
    answer = keyed.ask(f"Bearer {keyed.token(scope=None)}", query=SCHEMA)
    assert answer.json()["data"] == {"__schema": {"queryType": {"name": "Query"}}}


def test_known_keys_outlast_their_issuer(late: Late, trusting: Door) -> None:
    """While the issuer is down, honest tokens are let in and forged ones are not."""
    late.issuer.stop()
    try:
        assert trusting.lets_in(sub="grace")
        forged = token(MAKE_KEY["ES256"](), "ES256", body(trusting), **trusting.header)
        assert trusting.ask(f"Bearer {forged}").status_code == 401
    finally:
        late.issuer.start()
    assert trusting.lets_in(sub="joan")


@pytest.mark.parametrize(
    ("options", "status"), [([], 200), (["--scope=customers:read"], 200), (["--scope=customers:write"], 403)]
)
def test_the_command_makes_tokens(keyed: Door, options: list[str], status: int) -> None:
    """`customers token` prints a token that the service takes, with the scopes asked for."""
    made = CliRunner().invoke(app, ["token", *options], env=KEYED)
    assert made.exit_code == 0, made.stderr
    assert keyed.ask(f"Bearer {made.stdout.strip()}").status_code == status
