"""The application in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import httpx

if TYPE_CHECKING:
    from db.settings import DatabaseSettings

CUSTOMERS = Path(sys.executable).with_name("customers")
START_SECONDS = 60


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
    """`customers serve` on a free port, ready to answer inside `with`; its output is in the file `log`."""

    def __init__(self, settings: DatabaseSettings, log: Path, *options: str) -> None:
        self.log = log
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self._command: list[str | Path] = [CUSTOMERS, "serve", f"--port={port}", *options]
        self._environment = environment(settings)
        self.http = httpx.Client(base_url=self.address, timeout=30)

    def __enter__(self) -> Self:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self._command, env=self._environment, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.http.close()

    def stop(self) -> int:
        """Ask the service to end, as an orchestrator does, and return its exit code."""
        self.process.terminate()
        return self.process.wait(30)

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
