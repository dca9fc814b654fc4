"""Where the service listens: without authentication, where only its own machine reaches it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from typer.testing import CliRunner

from api.cli import app
from tests.service import CUSTOMERS, environment, free_port
from tests.tokens import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.settings import DatabaseSettings

SECONDS = 60
# Whatever else holds, a service without a database does not come to listen.
NOWHERE = {"DATABASE_URL": "postgresql://127.0.0.1:1/nowhere"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "customers.example"])  # noqa: S104
def test_without_authentication_others_are_not_served(host: str) -> None:
    """The service does not start where others reach it, and names the setting by which it would."""
    served = CliRunner().invoke(app, ["serve", f"--host={host}"], env=NOWHERE)
    assert served.exit_code == 1
    assert served.stderr.startswith("error: AUTH_MODE: must be key or oidc")
    assert "docs/authentication.md" in served.stderr
    assert served.stdout == ""


def test_with_authentication_others_may_be_served() -> None:
    """With authentication the service listens where it is told, which is no address of this machine here."""
    served = subprocess.run(
        [CUSTOMERS, "serve", "--host=192.0.2.1"],
        env=os.environ | NOWHERE | {"AUTH_MODE": "key", "AUTH_KEY": SECRET},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert served.returncode == 1
    assert "AUTH_MODE" not in served.stderr
    assert "nothing can listen at port 8000 of 192.0.2.1" in served.stderr


@contextmanager
def serving(settings: DatabaseSettings, host: str, address: str) -> Iterator[None]:
    """Serve without authentication; check in the end that it answers at its address, which it prints."""
    port = free_port()
    with subprocess.Popen(
        [CUSTOMERS, "serve", f"--host={host}", f"--port={port}"],
        env=environment(settings),
        stdout=subprocess.PIPE,
        text=True,
    ) as served:
        try:
            yield
            assert served.stdout
            assert served.stdout.readline() == f"The explorer is at http://{address}:{port}/graphql\n"
            deadline = time.monotonic() + SECONDS
            while not _answers(f"http://{address}:{port}/graphql"):
                assert served.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            served.terminate()


def _answers(address: str) -> bool:
    try:
        return httpx.post(address, json={"query": "{ __typename }"}, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_without_authentication_this_machine_is_served(shared_database: DatabaseSettings) -> None:
    """Loopback is served by each of its names."""
    with ExitStack() as stack:
        stack.enter_context(serving(shared_database, "localhost", "localhost"))
        if _has_ipv6():
            stack.enter_context(serving(shared_database, "::1", "[::1]"))
