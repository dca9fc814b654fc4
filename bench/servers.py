"""The contestants, each as one process on a port of loopback, with uvicorn in front."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from bench.workloads import TRIVIAL

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Sequence

    from bench.database import Database
    from bench.workloads import Workload

_START_SECONDS: Final = 60
_STOP_SECONDS: Final = 15
_ROOT: Final = Path(__file__).resolve().parent.parent
# As `customers serve` has it, but for `api.protocol`, which belongs to the service.
_UVICORN: Final = (
    *(sys.executable, "-m", "uvicorn", "--loop=uvloop", "--http=httptools"),
    *("--no-access-log", "--log-level=warning", "--no-server-header"),
)


class ContestantFailed(Exception):
    """A contestant does not start, or does not answer; the message has what it said."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A program that serves the workloads: at one path, or at `/W1`, `/W2i` and so on."""

    name: str
    command: tuple[str | Path, ...]
    path: str = "/graphql"


OURS: Final = Contestant("ours", (Path(sys.executable).with_name("customers"), "serve"))
FLOOR: Final = Contestant("floor", (*_UVICORN, "bench.floor:app"), "/{workload}")
CONTESTANTS: Final = (
    OURS,
    Contestant("ours on graphql-core", (sys.executable, "-m", "bench.graphql_core", "serve")),
    Contestant("textbook", (*_UVICORN, "bench.textbook.app:app")),
    FLOOR,
)


class Server:
    """A contestant that runs."""

    def __init__(
        self, contestant: Contestant, process: Process, address: str, log: Path, http: httpx.AsyncClient
    ) -> None:
        self.name = contestant.name
        self.process = process
        self._url = address + contestant.path
        self._log = log
        self._http = http

    def url(self, workload: Workload) -> str:
        """Return the address that a workload's requests go to."""
        return self._url.format(workload=workload.name)

    async def ask(self, workload: Workload, value: object = None) -> Any:
        """Return the data of the answer to one request.

        Raises:
            ContestantFailed: there is no answer, or one with errors.
        """
        try:
            response = await self._http.post(
                self.url(workload),
                content=workload.body(value),
                headers={"content-type": "application/json", "accept": "application/json"},
            )
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise self._failed(workload, repr(error)) from error
        if not response.is_success or "errors" in answer:
            raise self._failed(workload, response.text[:500])
        return answer["data"]

    def _failed(self, workload: Workload, what: str) -> ContestantFailed:
        said = self._log.read_text(errors="replace")[-3_000:]
        return ContestantFailed(f"{self.name}, {workload.name}: {what}\n{said}")


@asynccontextmanager
async def running(
    contestants: Sequence[Contestant], database: Database, logs: Path
) -> AsyncIterator[list[Server]]:
    """Start contestants, and stop them in the end; what each says goes to a file in the folder `logs`.

    Raises:
        ContestantFailed: one ends, or does not answer in time.
    """
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=30))
        started = []
        for contestant in contestants:
            port, log = _free_port(), logs / f"{contestant.name}.log"
            process = await _started(contestant, port, database.environment(), log)
            stack.push_async_callback(_stop, process)
            started.append(Server(contestant, process, f"http://127.0.0.1:{port}", log, http))
        for server in started:
            await _ready(server)
        yield started


async def _started(contestant: Contestant, port: int, environment: dict[str, str], log: Path) -> Process:
    with log.open("wb") as output:
        return await asyncio.create_subprocess_exec(
            *contestant.command, f"--port={port}", cwd=_ROOT, env=environment, stdout=output, stderr=output
        )


async def _ready(server: Server) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            await server.ask(TRIVIAL)
        except ContestantFailed:
            if server.process.returncode is not None or time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)
        else:
            return


async def _stop(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
