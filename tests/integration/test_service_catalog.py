"""The example of docs/adding-an-entity.md, and that the document shows it as it is."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest

from db.migrate import downgrade, history, migrate
from db.tortoise import connect, disconnect
from examples.service_catalog import CATALOG
from examples.service_catalog.app import create_app
from examples.service_catalog.draft import ServiceDraft
from examples.service_catalog.repository import ServiceRepository
from examples.service_catalog.schema import Context, schema
from examples.service_catalog.seed import SERVICES, seed
from examples.service_catalog.service import Catalog
from models.errors import InvalidInput
from tests.database import connected
from tests.integration.statements import watched

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.settings import DatabaseSettings

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "adding-an-entity.md").read_text()
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(.*)\n([^`]*)^```$", DOCUMENT, re.MULTILINE)

CREATE = """
mutation ($input: CreateServiceInput!) {
  createService(input: $input) {
    __typename
    ... on Service { name description deployments { version } }
    ... on InvalidInput { issues { path code } }
  }
}
"""
DEPLOY = """
mutation ($input: DeployInput!) {
  deploy(input: $input) {
    __typename
    ... on Service { name deployments { version } }
    ... on InvalidInput { issues { path code } }
    ... on NotFound { id }
  }
}
"""


@pytest.fixture
async def catalog(blank: DatabaseSettings) -> AsyncIterator[Catalog]:
    """An empty catalogue, on a pool of one connection so that a test can watch it."""
    settings = blank.model_copy(update={"schema_name": CATALOG.label, "pool_min": 1, "pool_max": 1})
    await migrate(settings, CATALOG)
    await connect(settings, CATALOG)
    yield Catalog()
    await disconnect()


async def answer(query: str, **variables: Any) -> dict[str, Any]:
    result = await schema.execute(query, variables, Context())
    assert not result.errors, result.errors
    assert result.data is not None
    return result.data


async def tables(settings: DatabaseSettings) -> set[tuple[str, str]]:
    """The tables of a database, each with its schema."""
    async with connected(settings) as connection:
        rows = await connection.fetch(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
    return {(schema_name, table) for schema_name, table in rows}


async def test_migration(database: DatabaseSettings) -> None:
    """The catalogue goes up and down in a schema of its own; the customers beside it stay as they are."""
    settings = database.model_copy(update={"schema_name": CATALOG.label})
    customers, applied = await tables(database), await history(database)

    assert await migrate(settings, CATALOG) == ["0_20251121100000_service"]
    assert await migrate(settings, CATALOG) == []
    record = {("service_catalog", "aerich")}
    own = {("service_catalog", "services"), ("service_catalog", "deployments")}
    assert await tables(database) == customers | record | own

    assert await downgrade(settings, app=CATALOG) == ["0_20251121100000_service"]
    assert await tables(database) == customers | record
    assert await history(database) == applied


async def test_models_and_migration_agree(tmp_path: Path) -> None:
    """Aerich's own command line, which needs no database for it, finds nothing left to migrate."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-m", "aerich.cli", "-c", "examples/service_catalog/aerich.toml"),
        *("migrate", "--offline", "--no-input"),
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert output.decode() == "No changes detected\n"


@pytest.mark.usefixtures("catalog")
async def test_find_by_name() -> None:
    """A service is found by its name, exactly as it is written."""
    await seed()
    services = ServiceRepository()
    found = await services.find_by_name("checkout")
    assert found is not None
    assert (found.name, found.description) == ("checkout", "Takes orders.")
    assert await services.find_by_name("Checkout") is None


@pytest.mark.usefixtures("catalog")
async def test_find_with_deployments() -> None:
    """A service comes with its deployments, none or several, oldest first, by one statement."""
    await seed()
    services = ServiceRepository()
    for draft, service in zip(SERVICES, await services.find_all(), strict=True):
        async with watched() as statements:
            found = await services.find_with_deployments(service.id)
        assert found is not None
        assert found.name == draft.name
        assert [deployment.version for deployment in found.deployments] == list(draft.versions)
        assert len(statements) == 1, statements
    assert await services.find_with_deployments(uuid4()) is None


async def test_all_or_none(catalog: Catalog) -> None:
    """When one of several services cannot be created, none is, and no deployment of theirs stays."""
    await catalog.create([ServiceDraft(name=SERVICES[-1].name, description="Was here first.")])

    with pytest.raises(InvalidInput):
        await seed()

    assert [service.description for service in await catalog.find_all()] == ["Was here first."]


@pytest.mark.usefixtures("catalog")
async def test_create() -> None:
    """A service is created as its input says, cleaned; a name that is taken is an issue of `name`."""
    given = {"name": " mail ", "description": "Sends.", "versions": ["1.0", "1.1"]}
    kept = {"name": "mail", "description": "Sends.", "deployments": [{"version": "1.0"}, {"version": "1.1"}]}
    assert await answer(CREATE, input=given) == {"createService": {"__typename": "Service"} | kept}

    issues = [{"path": ["name"], "code": "DUPLICATE"}]
    refused = {"__typename": "InvalidInput", "issues": issues}
    assert await answer(CREATE, input={"name": "mail", "description": "Again."}) == {"createService": refused}


@pytest.mark.usefixtures("catalog")
async def test_bad_input() -> None:
    """Every value at fault is an issue with its path, and nothing is stored."""
    given = {"name": "a" * 101, "description": "\0", "versions": ["1.0", " "]}
    issues = [
        {"path": ["name"], "code": "TOO_LONG"},
        {"path": ["description"], "code": "INVALID_CHARACTER"},
        {"path": ["versions", "1"], "code": "BLANK"},
    ]
    refused = {"__typename": "InvalidInput", "issues": issues}
    assert await answer(CREATE, input=given) == {"createService": refused}
    assert await answer("{ services { name } }") == {"services": []}

    refused = {"__typename": "InvalidInput", "issues": [{"path": ["serviceId"], "code": "INVALID_VALUE"}]}
    assert await answer(DEPLOY, input={"serviceId": "7", "version": "1.0"}) == {"deploy": refused}


async def test_deploy(catalog: Catalog) -> None:
    """A deployment is recorded, and the answer shows all there are; an unknown service is NotFound."""
    [service] = await catalog.create([ServiceDraft(name="mail", description="Sends.", versions=("1.0",))])
    deployed = {
        "__typename": "Service",
        "name": "mail",
        "deployments": [{"version": "1.0"}, {"version": "1.1"}],
    }
    assert await answer(DEPLOY, input={"serviceId": str(service.id), "version": "1.1"}) == {
        "deploy": deployed
    }

    unknown = str(uuid4())
    not_found = {"deploy": {"__typename": "NotFound", "id": unknown}}
    assert await answer(DEPLOY, input={"serviceId": unknown, "version": "1.1"}) == not_found


@pytest.mark.parametrize("count", [1, 50])
async def test_two_statements(catalog: Catalog, count: int) -> None:
    """Services with their deployments take two statements, however many there are."""
    versions = ("1.0", "1.1")
    await catalog.create(
        [
            ServiceDraft(name=f"{number:02}", description="One of many.", versions=versions)
            for number in range(count)
        ]
    )
    async with watched() as statements:
        services = (await answer("{ services { name deployments { version } } }"))["services"]
    deployments = [{"version": version} for version in versions]
    assert services == [{"name": f"{number:02}", "deployments": deployments} for number in range(count)]
    assert len(statements) == 2, statements


async def test_application(blank: DatabaseSettings) -> None:
    """The application migrates, fills a new catalogue once, and answers as the document shows."""
    [query] = [text for kind, text in BLOCKS if kind == "graphql"]
    [expected] = [json.loads(text) for kind, text in BLOCKS if kind == "json"]
    for _start in range(2):
        app = create_app(blank)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://catalog") as client,
        ):
            response = await client.post("/graphql", json={"query": query})
        assert response.json() == expected


@pytest.mark.parametrize(
    ("path", "text"),
    [(kind.removeprefix("python "), text) for kind, text in BLOCKS if kind.startswith("python ")],
)
def test_document(path: str, text: str) -> None:
    """Each block that names a file stands in that file as it is."""
    assert f"\n{text}" in (ROOT / path).read_text()


def test_document_names_every_file() -> None:
    """The document has a block of each step's file, so none of the steps can go unnoticed."""
    shown = {Path(kind.removeprefix("python ")).name for kind, _ in BLOCKS if kind.startswith("python ")}
    assert shown >= {"models.py", "draft.py", "repository.py", "service.py", "schema.py", Path(__file__).name}
