"""The explorer's page, its files and its example operations."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha384
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from graphql import OperationDefinitionNode, build_schema, parse, validate
from graphql.execution.values import get_variable_values
from starlette.applications import Starlette

from api import graphiql

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
NAMES = [
    "Customers",
    "FindCustomers",
    "Customer",
    "CreateCustomer",
    "CreateCustomers",
    "UpdateCustomer",
    "AddCustomerEmail",
    "CustomerPages",
    "DeleteCustomer",
]
needs_installed_files = pytest.mark.skipif(
    not graphiql.installed(), reason="GraphiQL's files are not installed; `make setup` does it where npm is"
)


class Elements(HTMLParser):
    """The page's elements that load something, and its data blocks."""

    def __init__(self, page: bytes | memoryview) -> None:
        super().__init__()
        self.loaded: dict[str, dict[str, str | None]] = {}
        self.inline: list[dict[str, str | None]] = []
        self.data = ""
        self.feed(bytes(page).decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if address := attributes.get("src") or attributes.get("href"):
            self.loaded[address] = attributes
        elif tag in {"script", "style"}:
            self.inline.append(attributes)

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script" and data.strip():
            self.data += data


@pytest.fixture
def without_npm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The files are as on a machine without npm: not there."""
    monkeypatch.setattr(graphiql, "installed", lambda: False)
    graphiql._html.cache_clear()
    yield
    graphiql._html.cache_clear()


async def get(path: str, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(Starlette(routes=graphiql.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path, headers=headers)


def policy() -> dict[str, list[str]]:
    directives = graphiql.page().headers["content-security-policy"].split("; ")
    return {name: values for name, *values in map(str.split, directives)}


def test_the_page_runs_scripts_of_its_own_origin_only() -> None:
    """No script or style may be inline, none may be evaluated, and nobody may put the page into a frame."""
    elements = Elements(graphiql.page().body)

    assert [attributes["type"] for attributes in elements.inline] == ["application/json"]
    assert policy()["default-src"] == ["'none'"]
    assert "unsafe" not in graphiql.page().headers["content-security-policy"]
    assert policy()["frame-ancestors"] == ["'none'"]


def test_the_page_has_its_security_headers() -> None:
    """The page tells the browser neither to guess its type nor to name it elsewhere, and to ask again."""
    headers = graphiql.page().headers

    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-cache"
    assert headers["vary"] == "Accept"


@needs_installed_files
async def test_installed_files_come_from_the_server_itself() -> None:
    """Every file that the page names is served with its type, and nothing names another host."""
    elements = Elements(graphiql.page().body)

    for address in elements.loaded.keys() - {"data:,"}:
        response = await get(f"/{address}")
        assert response.status_code == 200, address
        expected = "text/css" if address.endswith(".css") else "text/javascript"
        assert response.headers["content-type"].partition(";")[0] == expected
        assert response.headers["x-content-type-options"] == "nosniff"
    assert policy()["script-src"] == ["'self'"]
    assert b"://" not in graphiql.page().body


@needs_installed_files
@pytest.mark.parametrize("file", graphiql.PACKAGE_FILES, ids=lambda file: file.name)
async def test_a_hash_is_that_of_the_installed_file(file: graphiql.PackageFile) -> None:
    """What npm installed is what the page lets a browser run, and may be kept for a year."""
    response = await get(f"/graphiql/{file.name}")

    assert b64encode(sha384(response.content).digest()).decode() == file.digest
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_a_file_that_the_browser_has_is_not_sent_again() -> None:
    """A request with the file's ETag is answered 304 without the file."""
    first = await get("/graphiql/explorer.js")
    second = await get("/graphiql/explorer.js", **{"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert (second.status_code, second.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "package.json",
        "__init__.py",
        "graphiql@4.1.2/package.json",
        "graphiql@4.1.1/graphiql.min.js",
        "node_modules/graphiql/graphiql.min.js",
        "..%2fapp.py",
        "%2e%2e/app.py",
        "explorer.js%00",
        "",
    ],
)
async def test_nothing_else_is_served(path: str) -> None:
    """A file that the page does not name does not exist."""
    assert (await get(f"/graphiql/{path}")).status_code == 404


@pytest.mark.usefixtures("without_npm")
async def test_without_npm_the_page_names_a_cdn() -> None:
    """Every package's file then comes from the CDN with its hash, and from no other address there."""
    elements = Elements(graphiql.page().body)
    allowed = policy()

    for file in graphiql.PACKAGE_FILES:
        address = f"https://cdn.jsdelivr.net/npm/{file.name}"
        assert elements.loaded[address]["integrity"] == f"sha384-{file.digest}"
        assert elements.loaded[address]["crossorigin"] == "anonymous"
        assert address in allowed["script-src"]
        assert (await get(f"/graphiql/{file.name}")).status_code == 404
    assert allowed["connect-src"] == ["'self'"]


def test_versions_are_those_of_the_lock() -> None:
    """The page, package.json and package-lock.json agree, and the lock names no host."""
    lock = (graphiql.FOLDER / "package-lock.json").read_text()
    packages = json.loads(lock)["packages"]
    versions = {file.package: file.version for file in graphiql.PACKAGE_FILES}

    assert packages[""]["dependencies"] == versions
    assert json.loads((graphiql.FOLDER / "package.json").read_text())["dependencies"] == versions
    assert {name: packages[f"node_modules/{name}"]["version"] for name in versions} == versions
    assert not re.search(r"://|resolved", lock)


def test_the_page_carries_the_examples() -> None:
    """The tabs are in the page as data, each an operation with its variables, in the file's order."""
    tabs = json.loads(Elements(graphiql.page().body).data)

    assert tabs == graphiql.examples()
    assert [operation(tab).name.value for tab in tabs] == NAMES  # type: ignore[union-attr]


@pytest.mark.parametrize("tab", graphiql.examples(), ids=NAMES)
def test_an_example_fits_the_schema(tab: dict[str, str]) -> None:
    """Each example is valid, and its variables are what its operation declares."""
    schema = build_schema((ROOT / "schema.graphql").read_text())
    declared = operation(tab).variable_definitions or ()
    variables = json.loads(tab["variables"])

    assert validate(schema, parse(tab["query"])) == []
    assert not isinstance(get_variable_values(schema, declared, variables), list)
    assert {definition.variable.name.value for definition in declared} == variables.keys()


def operation(tab: dict[str, str]) -> OperationDefinitionNode:
    (node,) = parse(tab["query"]).definitions
    assert isinstance(node, OperationDefinitionNode)
    return node
