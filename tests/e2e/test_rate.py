"""How often a client may call: whoever asks too much is sent away, and nobody else with them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.service import Service
from tests.tokens import SECRET, by_hand, claims

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.settings import DatabaseSettings

# By the day, no window ends while the tests run, or almost never.
RATE, DAY = 5, 86_400
QUERY = {"query": "{ customers { totalCount } }"}


@pytest.fixture(scope="module")
def service(shared_database: DatabaseSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that takes five requests a day of each client."""
    log = tmp_path_factory.mktemp("service") / "log"
    with Service(
        shared_database, log, AUTH_MODE="key", AUTH_KEY=SECRET, LIMIT_REQUESTS=f"{RATE}/day"
    ) as service:
        yield service


def bearer(subject: str, secret: str = SECRET) -> dict[str, str]:
    written = by_hand({"alg": "HS256"}, claims(sub=subject), secret.encode())
    return {"authorization": f"Bearer {written}"}


def ask(service: Service, subject: str) -> int:
    """Return the status of the answer to somebody with a good token, each time another one."""
    return service.http.post("/graphql", json=QUERY, headers=bearer(subject)).status_code


def check_sent_away(response: httpx.Response) -> None:
    """Check that an answer says which limit is reached and when to come back."""
    assert response.status_code == 429
    assert 0 < int(response.headers["retry-after"]) <= DAY
    assert response.json().keys() == {"errors"}
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED", "limit": "requests"}
    assert response.headers["retry-after"] in error["message"]


def test_whoever_asks_too_often_is_sent_away(service: Service) -> None:
    """After as many requests as the rate allows come refusals, for that client alone, whatever its token."""
    assert [ask(service, "ada") for _ in range(RATE)] == [200] * RATE
    check_sent_away(service.http.post("/graphql", json=QUERY, headers=bearer("ada")))
    other = claims(sub="ada", scope="customers:write", jti="another")
    again = {"authorization": f"Bearer {by_hand({'alg': 'HS256'}, other)}"}
    check_sent_away(service.http.get("/graphql", params=QUERY, headers=again))
    assert ask(service, "grace") == 200
    assert service.http.get("/readyz").status_code == 200


def test_every_request_counts(service: Service) -> None:
    """Requests that are refused for what they ask count as well."""
    contents: list[Any] = [{"query": "{"}, {"query": "{ nope }"}, [], {}, {"query": "mutation { nope }"}]
    answers = [service.http.post("/graphql", json=content, headers=bearer("joan")) for content in contents]
    assert len(answers) == RATE
    assert not {answer.status_code for answer in answers} & {200, 429}
    check_sent_away(service.http.post("/graphql", json=QUERY, headers=bearer("joan")))


def test_bad_tokens_count_for_their_address(service: Service) -> None:
    """Who guesses tokens is soon told to wait, and those whose names or address are used are still served."""
    forged = [bearer("mary", f"{number:064}") for number in range(1, RATE + 4)]
    for number, headers in enumerate([{}, *forged]):
        response = service.http.post("/graphql", json=QUERY, headers=headers)
        if number < RATE:
            assert response.status_code == 401
        else:
            check_sent_away(response)
    assert [ask(service, "mary") for _ in range(RATE)] == [200] * RATE
    assert ask(service, "mary") == 429


@pytest.mark.skipif(
    sys.platform != "linux", reason="127.0.0.3 is an address of every machine with Linux alone"
)
def test_addresses_are_counted_apart(service: Service) -> None:
    """What one address uses up is not taken from another."""
    statuses = {}
    for address in ("127.0.0.3", "127.0.0.4"):
        with httpx.Client(transport=httpx.HTTPTransport(local_address=address)) as http:
            url = f"{service.address}/graphql"
            statuses[address] = [http.post(url, json=QUERY).status_code for _ in range(RATE + 1)]
    assert list(statuses.values()) == [[401] * RATE + [429]] * 2


def test_without_authentication_nothing_is_counted(
    shared_database: DatabaseSettings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """On a machine that serves itself alone nobody has to wait."""
    log = tmp_path_factory.mktemp("alone") / "log"
    with Service(shared_database, log, AUTH_MODE="none", LIMIT_REQUESTS="1/day") as service:
        answers = [service.http.post("/graphql", json=QUERY) for _ in range(RATE)]
    assert [answer.status_code for answer in answers] == [200] * RATE
