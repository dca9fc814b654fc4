"""Attacks: what is sent, and what must come back. After each of them an honest client is answered.

tests/e2e/bad_input has bodies, documents and values that are just not valid, tests/e2e/test_http what is not
even HTTP, slow, large or compressed, tests/e2e/test_injections texts that would be SQL, and
tests/e2e/test_authentication tokens.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from schema.limits import Limits
from tests.e2e.api import Api
from tests.e2e.attacks import CODES, CREATE, DOCUMENTS, LEAK, LONG, Attack, numbered
from tests.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from db.settings import DatabaseSettings

SECONDS = 10
"""How long a client waits for an answer: a hang fails, a busy machine does not."""

LARGEST_REFUSAL = 150_000
JSON = {"content-type": "application/json"}
QUERY = '{"query": "{ __typename }"}'
MUTATION = json.dumps({"query": f"mutation {CREATE}"})
EVIL = "https://evil.example"


@pytest.fixture(scope="module")
def closed(shared_database: DatabaseSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A client of a service that tells nothing about itself."""
    log = tmp_path_factory.mktemp("closed") / "log"
    with Service(shared_database, log, INTROSPECTION="false", EXPLORER="false") as service:
        yield Api(service.http)
        assert not [line for line in service.logged() if "exception" in line]


@pytest.fixture(scope="module")
def honest(api: Api) -> dict[str, Any]:
    """The only customer that there is."""
    return api.create(emails=[{"email": "ada@example.com"}])


@pytest.fixture(autouse=True)
def honest_client(api: Api, honest: dict[str, Any]) -> Iterator[None]:
    """Fail an attack after which an honest client is not answered, or anything was changed."""
    yield
    assert api.data("{ customers { totalCount } }") == {"customers": {"totalCount": 1}}
    assert api.customer(honest["id"]) == honest


def outcome(response: httpx.Response) -> tuple[int, set[str]]:
    """Return the status and the codes of an answer, which has the documented shape and no more."""
    assert not LEAK.search(response.text), response.text
    answer = response.json()
    assert answer.keys() <= {"data", "errors", "extensions"}
    errors = answer.get("errors", [])
    assert all(error["message"] for error in errors)
    found = {error["extensions"]["code"] for error in errors}
    assert found <= CODES
    return response.status_code, found


@pytest.mark.parametrize("attack", DOCUMENTS.values(), ids=DOCUMENTS)
def test_documents(service: Service, attack: Attack) -> None:
    """A document that asks for too much is refused in a few words, which name the limit."""
    request = {"query": attack.query, "variables": attack.variables}
    response = service.http.post("/graphql", json=request, timeout=SECONDS)
    assert outcome(response) == ((400, {attack.code}) if attack.code else (200, set()))
    assert len(response.content) < LARGEST_REFUSAL
    if attack.limit:
        [error] = response.json()["errors"]
        assert error["extensions"]["limit"] == attack.limit
    if attack.limit == "cost":
        assert response.json()["extensions"]["cost"] > Limits().cost


@pytest.mark.parametrize("fields", [1, 10])
@pytest.mark.parametrize(("parts", "status"), [(90_000, 200), (LONG // 4, 400)])
def test_a_filter_without_end(service: Service, fields: int, parts: int, status: int) -> None:
    """A filter with too many parts is refused, however many fields are given it, or before it is read."""
    query = f"query ($w: CustomerWhere) {{ {numbered('a#: customers(where: $w) { totalCount }', fields)} }}"
    request = {"query": query, "variables": {"w": {"and": [{}] * parts}}}
    response = service.http.post("/graphql", json=request, timeout=SECONDS)

    assert outcome(response) == (status, {"LIMIT_EXCEEDED"})
    assert response.json().get("data") is None


@pytest.mark.parametrize("times", [2, 1_000])
def test_batches(service: Service, times: int) -> None:
    """Several requests in one are refused as a whole."""
    body = f"[{', '.join([QUERY] * times)}]"
    response = service.http.post("/graphql", content=body, headers=JSON, timeout=SECONDS)

    assert outcome(response) == (400, {"BAD_USER_INPUT"})


BROKEN = {
    "invalid UTF-8": (b"\xff", "%FF"),
    "an overlong sequence": (b"\xc0\xaf", "%C0%AF"),
    "a lone surrogate": (b"\xed\xa0\x80", "%ED%A0%80"),
    "an escaped surrogate": (b"\\ud800", "%5Cud800"),
    "a NUL": (b"\0", "%00"),
}
PLACES = {
    "query": '{"query": "{ customer(id: \\"?\\") { id } }"}',
    "a variable": '{"query": "query ($s: String) { __typename }", "variables": {"s": "?"}}',
    "a variable's name": '{"query": "{ __typename }", "variables": {"?": 1}}',
    "operationName": '{"query": "query a { __typename }", "operationName": "?"}',
    "extensions": '{"query": "{ __typename }", "extensions": {"persistedQuery": {"sha256Hash": "?"}}}',
    "documentId": '{"documentId": "?"}',
    "an unknown parameter": '{"query": "{ __typename }", "?": "?"}',
}


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("place", PLACES)
def test_broken_text(service: Service, place: str, broken: str) -> None:
    """Bytes that are no text make a bad body, wherever they stand; in an address, they are replaced."""
    raw, escaped = BROKEN[broken]
    body = PLACES[place].encode().replace(b"?", raw)
    response = service.http.post("/graphql", content=body, headers=JSON, timeout=SECONDS)
    assert outcome(response) == (400, {"BAD_USER_INPUT"})

    parameters = json.loads(PLACES[place])
    query = "&".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in parameters.items()
    )
    response = service.http.get(f"/graphql?{query.replace('?', escaped)}", timeout=SECONDS)
    assert outcome(response)[0] in (200, 400)


@pytest.mark.parametrize(
    "header", ["accept", "authorization", "cookie", "origin", "user-agent", "x-request-id"]
)
@pytest.mark.parametrize(
    "value", [b"\xff\xed\xa0\x80", b"' OR 1=1 --", b"a," * 10_000], ids=["bytes", "SQL", "long"]
)
def test_headers(service: Service, header: str, value: bytes) -> None:
    """Whatever a header says that means nothing here, its request is answered, and it is not repeated."""
    headers = [(b"content-type", b"application/json"), (header.encode(), value)]
    response = service.http.post("/graphql", content=QUERY, headers=headers, timeout=SECONDS)

    assert outcome(response) == (200, set())
    assert value not in [given.strip() for _, given in response.headers.raw]


GET = "/graphql?query={__typename}"
GET_MUTATION = f"/graphql?query=mutation {CREATE}"
FORM = {"content-type": "application/x-www-form-urlencoded", "origin": EVIL}
PARTS = {"content-type": "multipart/form-data; boundary=x", "origin": EVIL}
TEXT = {"content-type": "text/plain", "origin": EVIL}
OVERRIDE = dict.fromkeys(["x-http-method-override", "x-http-method", "x-method-override"], "POST")
UPGRADE = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
PREFLIGHT = {
    "origin": EVIL,
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type",
}
ONE_PART = f'--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n{MUTATION}\r\n--x--\r\n'
HOSTS = [
    *("evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.nip.io", "203.0.113.9"),
    *("localhost@evil.example", "evil.example#localhost", "localhost, evil.example", "localhost."),
]
REQUESTS: dict[str, tuple[str, str, dict[str, str], str, int]] = {
    "a mutation by GET that says it is POST": ("GET", GET_MUTATION, OVERRIDE, "", 405),
    "a mutation by GET that ends as POST": ("GET", f"{GET_MUTATION}&_method=POST", {}, "", 405),
    "a mutation by GET behind a query": ("GET", f"{GET}&query=mutation {CREATE}", {}, "", 405),
    "a mutation in the body of a GET": ("GET", GET, JSON, MUTATION, 200),
    "a mutation by HEAD": ("HEAD", GET_MUTATION, {}, "", 405),
    "a mutation in the address of a POST": ("POST", GET_MUTATION, JSON, "{}", 400),
    "a mutation in the address of a query": ("POST", GET_MUTATION, JSON, QUERY, 200),
    "a mutation in the address of a form": ("POST", GET_MUTATION, FORM, "", 415),
    "a mutation without a type": ("POST", "/graphql", {}, MUTATION, 415),
    "a mutation as text": ("POST", "/graphql", TEXT, MUTATION, 415),
    "a mutation as a form": ("POST", "/graphql", FORM, f"query=mutation {CREATE}", 415),
    "a mutation as a form of parts": ("POST", "/graphql", PARTS, ONE_PART, 415),
    "two types": ("POST", "/graphql", {"content-type": "text/plain, application/json"}, MUTATION, 415),
    "OPTIONS": ("OPTIONS", "/graphql", {}, "", 405),
    "a preflight": ("OPTIONS", "/graphql", PREFLIGHT, "", 405),
    "a query from elsewhere": ("POST", "/graphql", JSON | {"origin": EVIL}, QUERY, 200),
    "a query from nowhere": ("POST", "/graphql", JSON | {"origin": "null"}, QUERY, 200),
    "a WebSocket": ("GET", "/graphql", UPGRADE, "", 400),
    "a file": ("GET", "/graphiql/%2e%2e/%2e%2e/pyproject.toml", {}, "", 404),
    "a file of the system": ("GET", "/graphiql//etc/passwd", {}, "", 404),
    "a NUL in the path": ("POST", "/graphql%00", JSON, MUTATION, 404),
    "another spelling of the path": ("POST", "/GRAPHQL", JSON, MUTATION, 404),
    **{f"to {host}": ("POST", "/graphql", JSON | {"host": host}, MUTATION, 403) for host in HOSTS},
    "the explorer at another host": ("GET", "/graphql", {"host": HOSTS[0], "accept": "text/html"}, "", 403),
    "the state at another host": ("GET", "/readyz", {"host": HOSTS[0]}, "", 403),
    "for another machine": ("POST", "/graphql", JSON | {"x-forwarded-for": "203.0.113.9"}, MUTATION, 403),
}
"""The method, address, headers and body of each, and the status of the answer."""


@pytest.mark.parametrize("attack", REQUESTS)
def test_requests(service: Service, attack: str) -> None:
    """What other sites' pages can have a browser send changes nothing, and they cannot read the answer."""
    method, path, headers, content, status = REQUESTS[attack]
    response = service.http.request(method, path, headers=headers, content=content, timeout=SECONDS)

    assert response.status_code == status
    assert not LEAK.search(response.text)
    assert not [name for name in response.headers if name.startswith("access-control-")]


INTROSPECTION = [
    "{ __schema { queryType { name } } }",
    '{ __type(name: "Customer") { name } }',
    '{ a: __type(name: "Customer") { name } __typename }',
    "{ ... { ... on Query { __schema { types { name } } } } }",
    "{ ...f } fragment f on Query { a: __schema { types { name } } }",
    "query ($if: Boolean = true) { __schema @include(if: $if) { types { name } } }",
    "query a { __typename } query b { __schema { types { name } } }",
]


@pytest.mark.parametrize("query", INTROSPECTION)
def test_introspection_can_be_off(api: Api, closed: Api, query: str) -> None:
    """Where introspection is off, no way of asking about the schema is answered."""
    request = {"query": query, "operationName": "b" if " b " in query else None}
    assert outcome(api.http.post("/graphql", json=request)) == (200, set())

    assert outcome(closed.http.post("/graphql", json=request)) == (400, {"GRAPHQL_VALIDATION_FAILED"})


def test_without_introspection_types_are_named(closed: Api) -> None:
    """Clients may ask which type an object has, as they do for unions, though introspection is off."""
    assert closed.data("{ __typename customers { __typename } }") == {
        "__typename": "Query",
        "customers": {"__typename": "CustomerConnection"},
    }


CREATION = "mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { __typename } }"
MISSPELT: dict[str, tuple[str, dict[str, Any]]] = {
    "customers": ("{ customrs { totalCount } }", {}),
    "firstName": ("{ customers { nodes { firstNam } } }", {}),
    "search": ('{ customers(serch: "x") { totalCount } }', {}),
    "middleName": ('{ customers(where: {middelName: {eq: "x"}}) { totalCount } }', {}),
    "startsWith": ('{ customers(where: {firstName: {startWith: "x"}}) { totalCount } }', {}),
    "LAST_NAME": ("{ customers(orderBy: {field: LAST_NAM}) { totalCount } }", {}),
    "CustomerOrder": ("query ($o: CustomerOrdr) { customers(orderBy: $o) { totalCount } }", {}),
    "CustomerEmail": ("{ ... on CustomerEmal { id } }", {}),
    "phoneNumbers": (CREATION, {"input": {"firstName": "M", "lastName": "M", "phoneNumbrs": []}}),
    "UPDATED_AT": (
        "query ($o: CustomerOrder) { customers(orderBy: $o) { totalCount } }",
        {"o": {"field": "UPDATED_T"}},
    ),
}
"""For names in the schema, requests with a name that is nearly that."""


@pytest.mark.parametrize("name", MISSPELT)
def test_without_introspection_nothing_is_suggested(api: Api, closed: Api, name: str) -> None:
    """Where introspection is off, errors do not tell the names that it would have told."""
    query, variables = MISSPELT[name]
    suggested = api.post(query, **variables)
    assert outcome(suggested) == (400, {"GRAPHQL_VALIDATION_FAILED"})
    assert f"'{name}'" in suggested.text

    refused = closed.post(query, **variables)
    assert outcome(refused) == (400, {"GRAPHQL_VALIDATION_FAILED"})
    assert f"'{name}'" not in refused.text
    assert "Did you mean" not in refused.text


def test_the_explorer_can_be_off(closed: Api) -> None:
    """Where the explorer is off, browsers get neither its page nor its files."""
    page = closed.http.get("/graphql", headers={"accept": "text/html"})
    assert outcome(page) == (400, {"BAD_USER_INPUT"})
    assert closed.http.get("/graphiql/explorer.js").status_code == 404


NUMBERS = ["-1", "101", "2147483647", "-2147483649", "9007199254740993", "9" * 400, "1.5", "1e300", "1e-300"]
REFUSED_NUMBERS = [(200, {"BAD_USER_INPUT"}), (400, {"BAD_USER_INPUT"}), (400, {"GRAPHQL_VALIDATION_FAILED"})]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("argument", ["first", "last"])
def test_numbers(service: Service, argument: str, number: str) -> None:
    """A number that is no page's size is refused, written into the document or in a variable."""
    query = f"query ($n: Int) {{ customers({argument}: $n) {{ totalCount }} }}"
    for body in (
        json.dumps({"query": query.replace("$n)", f"{number})").replace("($n: Int) ", "")}),
        f'{{"query": {json.dumps(query)}, "variables": {{"n": {number}}}}}',
    ):
        response = service.http.post("/graphql", content=body, headers=JSON, timeout=SECONDS)
        assert outcome(response) in REFUSED_NUMBERS
        assert not response.json().get("data")
