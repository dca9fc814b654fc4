"""Starting, stopping, and what happens when the database does not keep up."""

from __future__ import annotations

import signal
import socket
import subprocess
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from db.embedded import EmbeddedServer
from db.settings import DatabaseSettings
from tests.e2e.api import Api
from tests.service import CUSTOMERS, Service, environment, free_port

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def fresh(folder: Path) -> DatabaseSettings:
    """The settings of a machine on which nothing is set up: the embedded server, in a new folder."""
    return DatabaseSettings.load(data_dir=folder / uuid4().hex)


def client(service: Service) -> Api:
    return Api(service.http)


def test_what_was_stored_is_there_after_a_restart(fresh: DatabaseSettings, tmp_path: Path) -> None:
    """On a fresh machine the service makes its database, and a restart finds everything again."""
    with Service(fresh, tmp_path / "log") as service:
        created = client(service).create(emails=[{"email": "ada@example.com"}])
        assert service.stop() == 0

    with Service(fresh, tmp_path / "log") as service:
        assert client(service).customer(created["id"]) == created
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_demo_has_a_hundred_customers_once(fresh: DatabaseSettings, tmp_path: Path) -> None:
    """`--demo` fills an empty embedded database, and leaves one that has customers as it is."""
    for _ in range(2):
        with Service(fresh, tmp_path / "log", "--demo") as service:
            assert client(service).data("{ customers { totalCount } }") == {"customers": {"totalCount": 100}}


def test_several_processes_serve_one_database(fresh: DatabaseSettings, tmp_path: Path) -> None:
    """With `--workers` all processes share the embedded server, and it stops with the last of them."""
    with Service(fresh, tmp_path / "log", "--workers=2") as service:
        created = [client(service).create()["id"] for _ in range(8)]
        assert all(client(service).customer(id_) for id_ in created)
        assert service.stop() == 0
    assert not (fresh.data_dir / "cluster" / "postmaster.pid").exists()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_the_service_ends_in_order(fresh: DatabaseSettings, tmp_path: Path, sent: signal.Signals) -> None:
    """SIGINT and SIGTERM end the service with exit code 0, and its embedded server with it."""
    with Service(fresh, tmp_path / "log") as service:
        service.process.send_signal(sent)
        assert service.process.wait(30) == 0
    assert not (fresh.data_dir / "cluster" / "postmaster.pid").exists()
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_the_embedded_server_is_brought_back(fresh: DatabaseSettings, tmp_path: Path) -> None:
    """When PostgreSQL is killed, clients hear UNAVAILABLE at worst, and soon the service answers again."""
    with Service(fresh, tmp_path / "log") as service:
        api = client(service)
        created = api.create()
        postmaster = (fresh.data_dir / "cluster" / "postmaster.pid").read_text().split()[0]
        subprocess.run(["kill", "-9", postmaster], check=True)

        answer = api.answer("{ customers { totalCount } }")
        assert "data" in answer or answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        service.wait_until_ready()
        assert api.customer(created["id"]) == created


def test_a_database_that_goes_away_is_unavailable(folder: Path, tmp_path: Path) -> None:
    """With its database gone the service stays up, is not ready, and says UNAVAILABLE without details."""
    with EmbeddedServer(folder / uuid4().hex, durable=False) as postgresql:
        settings = DatabaseSettings.load(url=postgresql.start())
        with Service(settings, tmp_path / "log") as service:
            api = client(service)
            api.create()
            postgresql.stop()

            error = api.error("{ customers { totalCount } }")
            assert error["extensions"]["code"] == "UNAVAILABLE"
            assert error["extensions"]["requestId"]
            assert str(folder) not in str(error)
            assert not service.ready()
            assert api.http.get("/healthz").is_success

            postgresql.start()
            service.wait_until_ready()
            assert api.data("{ customers { totalCount } }") == {"customers": {"totalCount": 1}}


@pytest.mark.parametrize(
    ("variables", "hint"),
    [
        ({"DATABASE_URL": "mysql://localhost/x"}, "DATABASE_URL"),
        ({"DATABASE_POOL_MAX": "many"}, "DATABASE_POOL_MAX"),
        ({"DATABASE_SCHEMA": "No; such"}, "DATABASE_SCHEMA"),
    ],
)
def test_a_wrong_setting_is_named(variables: dict[str, str], hint: str, fresh: DatabaseSettings) -> None:
    """A command with a wrong setting ends with 1 and one message that names the variable."""
    done = subprocess.run(
        [CUSTOMERS, "migrations"],
        env=environment(fresh) | variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert hint in done.stderr
    assert "Traceback" not in done.stderr


def test_an_external_server_is_never_replaced(fresh: DatabaseSettings) -> None:
    """With DATABASE_URL set and nobody there, the command fails instead of using the embedded server."""
    password = "not-to-be-shown"
    url = f"postgresql://customers:{password}@127.0.0.1:{free_port()}/customers"

    done = subprocess.run(
        [CUSTOMERS, "migrate"],
        env=environment(fresh) | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
    assert password not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert not fresh.data_dir.exists()


def test_a_port_that_is_taken_is_named(fresh: DatabaseSettings) -> None:
    """Where nobody can listen, nothing is started, and one message says what to give."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [CUSTOMERS, "serve", f"--port={port}"],
            env=environment(fresh),
            capture_output=True,
            text=True,
            check=False,
        )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: --port: nothing can listen at port {port} of 127.0.0.1")
    assert not fresh.data_dir.exists()


@pytest.mark.parametrize("explorer", [True, False])
def test_where_to_go_is_said(fresh: DatabaseSettings, tmp_path: Path, explorer: bool) -> None:
    """The service says where the explorer is, or where operations are answered if there is none."""
    with Service(fresh, tmp_path / "log", EXPLORER=str(explorer).lower()) as service:
        place = f"{service.http.base_url}".rstrip("/") + "/graphql"
        assert service.stop() == 0

    first, *_ = (tmp_path / "log").read_text().splitlines()
    assert first == f"{'The explorer is' if explorer else 'Operations are answered'} at {place}"
