"""Who is let in without authentication, and with which headers everybody leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.security import HEADERS

if TYPE_CHECKING:
    from tests.service import Service


@pytest.mark.parametrize(
    ("method", "path", "accept", "status"),
    [
        ("POST", "/graphql", "application/json", 415),
        ("GET", "/graphql?query={__typename}", "application/json", 200),
        ("GET", "/graphql", "text/html", 200),
        ("DELETE", "/graphql", "*/*", 405),
        ("GET", "/healthz", "*/*", 200),
        ("GET", "/readyz", "*/*", 200),
        ("GET", "/graphiql/explorer.js", "*/*", 200),
        ("GET", "/graphiql/absent.js", "*/*", 404),
        ("GET", "/absent", "*/*", 404),
        ("GET", "/%00", "*/*", 404),
        ("GET", "/graphiql/..%2f..%2fpyproject.toml", "*/*", 404),
    ],
)
def test_every_answer_has_the_security_headers(
    service: Service, method: str, path: str, accept: str, status: int
) -> None:
    """Every answer has each security header once: its own, or the one that suits all."""
    answer = service.http.request(method, path, headers={"Accept": accept})
    assert answer.status_code == status
    for name, _ in HEADERS:
        assert len(answer.headers.get_list(name.decode())) == 1, name


@pytest.mark.parametrize("name", ["evil.example", "localhost.evil.example", "203.0.113.9"])
def test_only_own_names_are_answered(service: Service, name: str) -> None:
    """Without authentication, a page whose name was made to point to this machine cannot read from it."""
    answer = service.http.post("/graphql", json={"query": "{ __typename }"}, headers={"Host": name})
    assert answer.status_code == 403
    assert "data" not in answer.json()
