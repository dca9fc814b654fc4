"""What the running service logs, and that it keeps to itself whose data it is about."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest

from api.logs import FIELDS
from db.embedded import EmbeddedServer
from db.settings import DatabaseSettings
from tests.conftest import execute
from tests.e2e.api import Api
from tests.service import Service, environment, free_port

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "not-to-be-shown"
ALWAYS = {"event", "timestamp", "level", "logger"}


def with_password(settings: DatabaseSettings) -> DatabaseSettings:
    """Return the same settings with a password, which a server that asks for none passes over."""
    assert settings.url
    parts = urlsplit(settings.url.get_secret_value())
    user, _, host = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0] or 'postgres'}:{SECRET}@{host}"
    return DatabaseSettings.load(url=urlunsplit(parts._replace(netloc=netloc)))


def test_every_line_is_an_object_with_documented_fields(
    shared_database: DatabaseSettings, tmp_path: Path
) -> None:
    """After the explorer's address each line is one JSON object, of fields that are documented."""
    with Service(shared_database, tmp_path / "log") as service:
        api = Api(service.http)
        api.create()
        assert api.error("{ nope }")["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"

    explorer, *lines = (tmp_path / "log").read_text().splitlines()
    assert explorer == f"The explorer is at {service.address}/graphql"
    logged: list[dict[str, Any]] = [json.loads(line) for line in lines]
    for line in logged:
        assert line.keys() >= ALWAYS
        assert line.keys() <= ALWAYS | {"exception"} | set(FIELDS), line
    created, refused = (line for line in logged if line["event"] == "request")
    assert (created["operation"], created["fields"], created["status"]) == (
        "mutation",
        ["createCustomer"],
        200,
    )
    assert refused["codes"] == ["GRAPHQL_VALIDATION_FAILED"]
    assert "fields" not in refused


def test_a_violation_that_quotes_a_row_is_masked(shared_database: DatabaseSettings, tmp_path: Path) -> None:
    """Where PostgreSQL's message quotes a row, the client gets a request id, and so does the log."""
    table = f"{shared_database.schema_name}.customers"
    rule = f"ALTER TABLE {table} ADD CONSTRAINT nobody_knows CHECK (last_name <> 'Quatermain')"
    asyncio.run(execute(shared_database, rule))
    try:
        with Service(shared_database, tmp_path / "log") as service:
            mutation = """mutation ($input: CreateCustomerInput!) {
              createCustomer(input: $input) { __typename }
            }"""
            person = {
                "firstName": "Allan",
                "lastName": "Quatermain",
                "emails": [{"email": "allan@example.com"}],
            }
            response = service.http.post("/graphql", json={"query": mutation, "variables": {"input": person}})
    finally:
        asyncio.run(execute(shared_database, f"ALTER TABLE {table} DROP CONSTRAINT nobody_knows"))

    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    request_id = error["extensions"]["requestId"]
    assert request_id == response.headers["x-request-id"]
    assert not {"Allan", "Quatermain", "nobody_knows"} & set(re.findall(r"\w+", response.text))

    failed, request = (line for line in service.logged() if line.get("request_id") == request_id)
    assert (failed["level"], failed["code"]) == ("error", "INTERNAL")
    assert any(
        cause["type"] == "asyncpg.exceptions.CheckViolationError"
        and (cause["sqlstate"], cause["constraint"], cause["table"]) == ("23514", "nobody_knows", "customers")
        for cause in failed["exception"]
    )
    assert any("models." in frame for cause in failed["exception"] for frame in cause["frames"])
    assert request["codes"] == ["INTERNAL"]
    log = service.log.read_text()
    assert not {"Allan", "Quatermain", "allan"} & set(re.findall(r"\w+", log))


def test_a_database_that_goes_away_is_logged_without_its_address(folder: Path, tmp_path: Path) -> None:
    """With its database gone the service logs what failed, without password, address or folder."""
    with EmbeddedServer(folder / uuid4().hex, durable=False) as postgresql:
        settings = with_password(DatabaseSettings.load(url=postgresql.start()))
        with Service(settings, tmp_path / "log") as service:
            postgresql.stop()
            error = Api(service.http).error("{ customers { totalCount } }")

    assert error["extensions"]["code"] == "UNAVAILABLE"
    [failed] = (line for line in service.logged() if line.get("code") == "UNAVAILABLE")
    assert failed["request_id"] == error["extensions"]["requestId"]
    assert any(cause["type"] == "db.errors.DatabaseUnavailable" for cause in failed["exception"])
    log = service.log.read_text()
    for secret in (SECRET, "postgresql://", str(folder)):
        assert secret not in log


@pytest.mark.parametrize("options", ["log_config=None", "log_level='info'"])
def test_a_start_that_fails_is_a_line(options: str, shared_database: DatabaseSettings) -> None:
    """An application that cannot start says why in one line, without the database's address."""
    port = free_port()
    variables = {"DATABASE_URL": f"postgresql://somebody:{SECRET}@127.0.0.1:{port}/somewhere"}
    program = f"import uvicorn; uvicorn.run('api.app:create_app', factory=True, port={port}, {options})"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(shared_database) | variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    reason, end = (json.loads(line) for line in done.stderr.splitlines() if '"error"' in line)
    assert [cause["type"] for cause in reason["exception"]][:2] == [
        "db.errors.DatabaseUnavailable",
        "ConnectionRefusedError",
    ]
    assert "customers migrate" in reason["event"]
    assert end["event"] == "Application startup failed. Exiting."
    for secret in (SECRET, f":{port}", "somebody", "somewhere", "Traceback"):
        assert secret not in done.stderr + done.stdout
