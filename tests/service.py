"""The application in a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx

from tests.sent import Sent

if TYPE_CHECKING:
    from db.settings import DatabaseSettings

CUSTOMERS = Path(sys.executable).with_name("customers")
START_SECONDS = 60
ANNOUNCED = ("The explorer is at http://127.0.0.1:", "Operations are answered at http://127.0.0.1:")


def environment(settings: DatabaseSettings) -> dict[str, str]:
    """Return the environment in which the `customers` command uses a database."""
    place = (
        {"DATABASE_URL": settings.url.get_secret_value()}
        if settings.url
        else {"DATABASE_DATA_DIR": str(settings.data_dir)}
    )
    return os.environ | place | {"DATABASE_SCHEMA": settings.schema_name}


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


class Service:
    """`customers serve` on a free port, ready to answer inside `with`; its output is in the file `log`.

    `options` are of the command line, `variables` of the environment. When the service ends, the log must be
    one of JSON and hold nothing that was sent by `http`; what was sent in another way belongs in `sent`, too.
    """

    def __init__(self, settings: DatabaseSettings, log: Path, *options: str, **variables: str) -> None:
        self.log = log
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self._command: list[str | Path] = [CUSTOMERS, "serve", f"--port={port}", *options]
        self._environment = environment(settings) | {"LOG_LEVEL": "info"} | variables
        self.sent = Sent()
        self.http = httpx.Client(
            base_url=self.address,
            headers={"accept": "application/graphql-response+json"},
            timeout=30,
            event_hooks={"request": [self.sent]},
        )

    def __enter__(self) -> Self:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self._command, env=self._environment, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            self.wait_until_ready()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        self.stop()
        self.http.close()
        if not failed:
            self.logged()
            found = self.sent.found_in(self.log.read_text(errors="replace"))
            assert not found, found

    def stop(self) -> int:
        """Ask the service to end, as an orchestrator does, and return its exit code."""
        self.process.terminate()
        return self.process.wait(30)

    def logged(self) -> list[dict[str, Any]]:
        """Return the lines of the log, each of which is a JSON object, save where to go."""
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if not line.startswith(ANNOUNCED)]

    def ready(self) -> bool:
        """Say whether the service says that it can serve."""
        try:
            return self.http.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def wait_until_ready(self) -> None:
        """Return when the service is ready; fail when it ends before, or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
