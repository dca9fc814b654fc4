"""Documents named by their hash, over HTTP: as Apollo's clients do, and as the specification says."""

from __future__ import annotations

import json
import subprocess
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from tests.service import CUSTOMERS, Service, environment, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from db.settings import DatabaseSettings

QUERY = "query Count { customers(first: 0) { totalCount } }"
OTHER = "query Other { __typename }"
MUTATION = 'mutation Delete { deleteCustomer(input: {id: "0"}) { __typename } }'
WRONG = "query Wrong($id: ID) { nodes(ids: $id) { __typename } }"
GRAPHQL_JSON = "application/graphql-response+json"


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def apollo(text: str) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest(text)}}}


def by_id(text: str) -> dict[str, Any]:
    return {"documentId": f"sha256:{digest(text)}"}


def send(service: Service, method: str, accept: str = GRAPHQL_JSON, **parameters: Any) -> httpx.Response:
    if method == "POST":
        return service.http.post("/graphql", json=parameters, headers={"accept": accept})
    query = {key: value if isinstance(value, str) else json.dumps(value) for key, value in parameters.items()}
    return service.http.get("/graphql", params=query, headers={"accept": accept})


def error(response: httpx.Response) -> tuple[int, str, str]:
    """The status, code and message of an answer that is nothing but one error."""
    content = response.json()
    assert content.keys() == {"errors"}
    [error] = content["errors"]
    return response.status_code, error["extensions"]["code"], error["message"]


def count(response: httpx.Response) -> int:
    """The answer to QUERY."""
    assert response.status_code == 200, response.text
    total: int = response.json()["data"]["customers"]["totalCount"]
    return total


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("naming", [apollo, by_id])
def test_automatic(service: Service, method: str, naming: Any) -> None:
    """A client asks by hash, is told that it is not known, sends the text along, and asks by hash again."""
    text = f"{QUERY} # {method} {naming.__name__}"
    refused = error(send(service, method, **naming(text)))
    assert refused == (400, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
    assert count(send(service, method, query=text, **naming(text))) == 0
    for way in "GET", "POST":
        for name in apollo, by_id:
            assert count(send(service, way, **name(text))) == 0


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_in_the_older_media_type(service: Service, method: str) -> None:
    """Under application/json an unknown hash has the status 200, as Apollo's servers have it."""
    response = send(service, method, "application/json", **apollo(OTHER))
    assert error(response) == (200, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")


def test_browsers_get_an_answer_to_a_hash(service: Service) -> None:
    """A browser that opens an address with a hash gets JSON, and the explorer only without one."""
    for naming in apollo, by_id:
        response = send(service, "GET", "text/html,*/*", **naming(OTHER))
        assert error(response)[1] == "PERSISTED_QUERY_NOT_FOUND"
    assert "<html" in send(service, "GET", "text/html,*/*").text


@pytest.mark.parametrize("text", ["{ nothingOfThatName }", "{", "{" + "a:__typename " * 100 + "}"])
def test_what_is_not_remembered(service: Service, text: str) -> None:
    """A document that is refused is refused with its hash as well, and not known after that."""
    assert send(service, "POST", query=text, **apollo(text)).status_code == 400
    assert error(send(service, "POST", **apollo(text)))[1] == "PERSISTED_QUERY_NOT_FOUND"


def test_mutations(service: Service) -> None:
    """A mutation is named by its hash with POST, and with GET it is refused as its text is."""
    assert send(service, "POST", query=MUTATION, **apollo(MUTATION)).status_code == 200
    assert send(service, "POST", **apollo(MUTATION)).status_code == 200
    for naming in apollo, by_id:
        assert send(service, "GET", **naming(MUTATION)).status_code == 405


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "parameters",
    [
        {"query": QUERY, **apollo(OTHER)},
        {"query": QUERY, **by_id(OTHER)},
        {**apollo(QUERY), **by_id(OTHER)},
        {"extensions": {"persistedQuery": "x"}},
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": digest(QUERY)}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": [digest(QUERY)]}}},
        {"documentId": "sha256:nothing"},
        {"documentId": "../../manifest"},
        {"query": QUERY, "extensions": {"persistedQuery": []}},
        {"variables": {}},
    ],
)
@pytest.mark.parametrize("accept", ["application/json", GRAPHQL_JSON])
def test_requests_that_are_wrong(
    service: Service, method: str, accept: str, parameters: dict[str, Any]
) -> None:
    """Hashes that are none, or that contradict each other or the text, are refused in any media type."""
    status, code, message = error(send(service, method, accept, **parameters))
    assert (status, code) == (400, "BAD_USER_INPUT")
    assert "ive " in message


@pytest.fixture(scope="module")
def trusting(
    shared_database: DatabaseSettings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A service that executes two documents only."""
    folder = tmp_path_factory.mktemp("trusting")
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({digest(text): text for text in (QUERY, MUTATION)}))
    with Service(shared_database, folder / "log", PERSISTED_DOCUMENTS=str(manifest)) as service:
        yield service
        assert "Traceback" not in service.log.read_text()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_documents_of_the_manifest(trusting: Service, method: str) -> None:
    """With a manifest its documents are executed, by hash at once, and by their text."""
    for parameters in apollo(QUERY), by_id(QUERY), {"query": QUERY}, {"query": QUERY, **apollo(QUERY)}:
        assert count(send(trusting, method, **parameters)) == 0
    assert send(trusting, "POST", **by_id(MUTATION)).status_code == 200
    assert send(trusting, "GET", **by_id(MUTATION)).status_code == 405


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("text", [OTHER, QUERY + " ", "{ __schema { types { name } } }", "{", "{ " * 5_000])
def test_other_documents(trusting: Service, method: str, text: str) -> None:
    """With a manifest no other document is so much as parsed, with its hash or without."""
    for parameters in {}, apollo(text), by_id(text):
        status, code, message = error(send(trusting, method, query=text, **parameters))
        assert (status, code) == (403, "FORBIDDEN")
        assert "Only persisted documents" in message
    assert error(send(trusting, method, **apollo(text)))[1] == "PERSISTED_QUERY_NOT_FOUND"
    assert count(send(trusting, method, **apollo(QUERY))) == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        (
            {digest(WRONG): WRONG},
            f"document 1 ({digest(WRONG)}) is refused: Variable '$id' of type 'ID' used ",
        ),
    ],
)
def test_a_manifest_that_is_wrong(
    shared_database: DatabaseSettings, tmp_path: Path, content: dict[str, str] | None, said: str
) -> None:
    """The service does not start with a manifest that is wrong, and says in one line what is."""
    manifest = tmp_path / "[red]manifest.json"
    if content is not None:
        manifest.write_text(json.dumps(content))
    env = environment(shared_database) | {"PERSISTED_DOCUMENTS": str(manifest)}
    done = subprocess.run(
        [CUSTOMERS, "serve", f"--port={free_port()}"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: PERSISTED_DOCUMENTS: {manifest}")
    assert said in done.stderr
    if content is not None:
        assert "'[ID!]!'" in done.stderr
    assert done.stderr.count("\n") == 1
