"""What a token allows: no field without its scope, however it is written, and nothing loaded to find out."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from itertools import product
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.e2e.locks import locked
from tests.e2e.selections import CUSTOMER_FIELDS, ID, ROOT_FIELDS, ways_to_customers
from tests.service import Service
from tests.tokens import SECRET, by_hand, claims

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from db.settings import DatabaseSettings

READ, WRITE = "customers:read", "customers:write"
SCOPES = {"query": READ, "mutation": WRITE}
LOOKALIKES = f"customers {READ}s {READ.upper()} x{WRITE} {WRITE}:all customers:* * {READ},{WRITE} openid"


@pytest.fixture(scope="module")
def service(shared_database: DatabaseSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    log = tmp_path_factory.mktemp("service") / "log"
    with Service(shared_database, log, AUTH_MODE="key", AUTH_KEY=SECRET) as service:
        yield service
        assert not [line for line in service.logged() if "exception" in line]


def bearer(*scopes: str) -> dict[str, str]:
    return {"authorization": f"Bearer {by_hand({'alg': 'HS256'}, claims(scope=' '.join(scopes)))}"}


def send(service: Service, method: str, parameters: dict[str, Any], *scopes: str) -> httpx.Response:
    """Send a request with a token that has some scopes."""
    if method == "POST":
        return service.http.post("/graphql", json=parameters, headers=bearer(*scopes))
    query = {key: value if isinstance(value, str) else json.dumps(value) for key, value in parameters.items()}
    return service.http.get("/graphql", params=query, headers=bearer(*scopes))


def data(response: httpx.Response) -> Any:
    """Return the data of an answer without errors."""
    assert response.status_code == 200, response.text
    answer = response.json()
    assert "errors" not in answer, answer
    return answer["data"]


def check_refused(response: httpx.Response, *missing: str) -> None:
    """Check that an answer is nothing but a refusal that names the missing scopes, as RFC 6750 has it."""
    assert response.status_code == 403, response.text
    challenge = re.fullmatch(
        'Bearer error="insufficient_scope", scope="([^"]+)"', response.headers["www-authenticate"]
    )
    assert challenge
    assert set(missing) <= set(challenge[1].split())
    assert response.json().keys() == {"errors"}
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "FORBIDDEN"}
    assert all(scope in error["message"] for scope in missing)


@pytest.mark.parametrize("name", ROOT_FIELDS)
def test_every_field_at_the_root_needs_its_scope(
    service: Service, shared_database: DatabaseSettings, name: str
) -> None:
    """Without its scope a field is refused before any table is read or written, and with it carried out."""
    kind, query = ROOT_FIELDS[name]
    [other] = {READ, WRITE} - {SCOPES[kind]}
    with locked(shared_database):
        for scopes in ([], [other], [other, LOOKALIKES]):
            check_refused(send(service, "POST", {"query": query}, *scopes), SCOPES[kind])

    assert data(send(service, "POST", {"query": query}, SCOPES[kind])).keys() == {name}


@pytest.mark.parametrize("field", sorted(CUSTOMER_FIELDS.keys() - {"id"}))
def test_to_write_is_not_to_read(service: Service, shared_database: DatabaseSettings, field: str) -> None:
    """Who may only write gets nothing of a customer but its id, whichever mutation answers with one."""
    mutations = [f"mutation {{ {way % CUSTOMER_FIELDS[field]} }}" for way in ways_to_customers()]
    assert len(mutations) > sum(kind == "mutation" for kind, _ in ROOT_FIELDS.values())
    with locked(shared_database):
        for mutation in mutations:
            check_refused(send(service, "POST", {"query": mutation}, WRITE), READ)
            check_refused(send(service, "POST", {"query": mutation}, READ), WRITE)
            check_refused(send(service, "POST", {"query": mutation}), READ, WRITE)

    for mutation in mutations:
        assert data(send(service, "POST", {"query": mutation}, READ, WRITE))


FREE_PARTS = """
  ... on Node { __typename id }
  ... on Customer { __typename id }
  ... on Problem { __typename message }
  ... on InvalidInput { issues { path code message } }
"""
FREE_OF_CHANGES = (
    f"{FREE_PARTS} ... on NotFound {{ id }} ... on StaleCustomer {{ current {{ __typename id }} }}"
)


def test_who_may_only_write_learns_what_came_of_it(service: Service) -> None:
    """With the scope to write alone, ids and problems are told, so that there is something to go on with."""

    def mutate(call: str, parts: str) -> Any:
        return data(send(service, "POST", {"query": f"mutation {{ result: {call} {{ {parts} }} }}"}, WRITE))[
            "result"
        ]

    ada = mutate('createCustomer(input: {firstName: "Ada", lastName: "Byron"})', FREE_PARTS)
    assert ada.keys() == {"__typename", "id"}
    refused = mutate('createCustomer(input: {firstName: "", lastName: "Byron"})', FREE_PARTS)
    assert [issue["code"] for issue in refused["issues"]] == ["BLANK"]
    several = mutate(
        'createCustomers(input: {customers: [{firstName: "Grace", lastName: "Hopper"}]})',
        f"createdCount results {{ {FREE_PARTS} }}",
    )
    assert several["createdCount"] == 1
    stale = mutate(
        f'updateCustomer(input: {{id: "{ada["id"]}", expectedUpdatedAt: "2000-01-01T00:00:00Z"}})',
        FREE_OF_CHANGES,
    )
    assert stale["current"] == ada
    missing = mutate(f'updateCustomer(input: {{id: "{uuid4()}"}})', FREE_OF_CHANGES)
    assert missing["__typename"] == "NotFound"
    gone = mutate(f'deleteCustomer(input: {{id: "{ada["id"]}"}})', "... on DeletedCustomer { id }")
    assert gone == {"id": ada["id"]}


@pytest.mark.parametrize(
    "query", ["{ __typename }", "{ __schema { types { name } } }", '{ __type(name: "Customer") { name } }']
)
def test_who_may_do_nothing_may_see_the_schema(service: Service, query: str) -> None:
    """A token without scopes is enough for what is no customer's."""
    assert data(send(service, "POST", {"query": query}))


LIST = "customers { totalCount }"
CREATED = 'createCustomer(input: {firstName: "Eve", lastName: "Mallory"})'
CHANGED = f'updateCustomer(input: {{id: {ID}, firstName: "Eve"}})'
STALE = "on StaleCustomer { current { lastName } }"
ASKED = f"fragment f on Query {{ {LIST} }}"
READING = {
    "an alias": f"{{ a: {LIST} }}",
    "an alias that is free": f"{{ __typename: {LIST} }}",
    "beside what is free": f"{{ __typename __schema {{ types {{ name }} }} {LIST} }}",
    "inline fragments": f"{{ ... {{ ... on Query {{ ... {{ {LIST} }} }} }} }}",
    "a fragment": f"{{ ...f }} {ASKED}",
    "fragments in fragments": f"{{ ...g }} {ASKED} fragment g on Query {{ ... {{ ...f }} }}",
    "a fragment used before": f"query A {{ ...f }} query B {{ ...f }} {ASKED}",
    "@include": f"query B($yes: Boolean = false) {{ {LIST.replace('{', '@include(if: $yes) {')} }}",
    "@skip": f"query B($no: Boolean = true) {{ ...f @skip(if: $no) }} {ASKED}",
    "behind another operation": f"query A {{ __typename }} query B {{ {LIST} }}",
    "before another operation": f"query B {{ {LIST} }} query A {{ __typename }}",
}
WRITING = {
    "an alias": f"{{ {CREATED} {{ ... on Customer {{ id: firstName }} }} }}",
    "an alias that is free": f"{{ {CREATED} {{ ... on Customer {{ __typename: lastName }} }} }}",
    "a fragment": f"{{ {CREATED} {{ ...f }} }} fragment f on Customer {{ id ... {{ createdAt }} }}",
    "by an interface": f"{{ {CREATED} {{ ... on Node {{ id ... on Customer {{ firstName }} }} }} }}",
    "by a problem": f"{{ {CHANGED} {{ ... on Problem {{ ... {STALE} }} }} }}",
    "@include": f"($yes: Boolean!) {{ {CREATED} {{ ... on Customer @include(if: $yes) {{ firstName }} }} }}",
    "the second of two": f"{{ {CREATED} {{ __typename }} {CHANGED} {{ ... on Customer {{ lastName }} }} }}",
    "behind another": f"{{ {CREATED} {{ ... on Customer {{ lastName }} }} }} mutation A {{ __typename }}",
}


def request(query: str) -> dict[str, Any]:
    """Return a request for the operation B, or the only one, with all that its conditions hide shown."""
    name = {"operationName": "B"} if " B" in query else {}
    return {"query": query, "variables": {"yes": True, "no": False}, **name}


@pytest.mark.parametrize("hidden", READING)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_way_of_writing_a_query_hides_a_field(
    service: Service, shared_database: DatabaseSettings, method: str, hidden: str
) -> None:
    """Who may not read is refused however the field is written, also when another has asked for the same."""
    asked = request(READING[hidden])
    with locked(shared_database):
        for scopes in ([], [WRITE]):
            check_refused(send(service, method, asked, *scopes), READ)
    data(send(service, method, asked, READ))
    with locked(shared_database):
        check_refused(send(service, method, asked, WRITE), READ)


@pytest.mark.parametrize("hidden", WRITING)
def test_no_way_of_writing_a_mutation_hides_a_field(
    service: Service, shared_database: DatabaseSettings, hidden: str
) -> None:
    """A mutation whose answer holds what may not be read is not carried out at all."""
    asked = request(f"mutation B {WRITING[hidden]}")
    with locked(shared_database):
        check_refused(send(service, "POST", asked, WRITE), READ)
        check_refused(send(service, "POST", asked, READ), WRITE)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("naming", ["documentId", "extensions"])
def test_a_hash_hides_no_field(
    service: Service, shared_database: DatabaseSettings, method: str, naming: str
) -> None:
    """A document that another has made known by its hash is refused to those who may not ask for it."""
    query = f"{{ {LIST} }} # {method} {naming}"
    digest = sha256(query.encode()).hexdigest()
    named: dict[str, dict[str, Any]] = {
        "documentId": {"documentId": f"sha256:{digest}"},
        "extensions": {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}},
    }
    data(send(service, "POST", {"query": query, **named[naming]}, READ))
    with locked(shared_database):
        check_refused(send(service, method, named[naming], WRITE), READ)
        check_refused(send(service, method, {"query": query, **named[naming]}, WRITE), READ)
    data(send(service, method, named[naming], READ))


def test_only_the_operation_that_runs_counts(service: Service) -> None:
    """A document may have operations that its sender may not run, as long as it is another that runs."""
    query = f"query A {{ __typename }} query B {{ {LIST} }} mutation C {{ {CREATED} {{ __typename }} }}"
    needed = {"A": set[str](), "B": {READ}, "C": {WRITE}}
    for name, scopes in product(needed, [(), (READ,), (WRITE,)]):
        response = send(service, "POST", {"query": query, "operationName": name}, *scopes)
        if missing := needed[name] - {*scopes}:
            check_refused(response, *missing)
        else:
            data(response)
