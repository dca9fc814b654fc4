"""Load, by wrk: so many connections that each send a request when the one before it is answered."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

_SCRIPT: Final = Path(__file__).with_name("load.lua")
_MARK: Final = "RESULT "


class LoadFailed(Exception):
    """wrk is not there or failed, or requests did; the message says which, and what to do next."""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw; latencies are in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float

    @property
    def requests_per_second(self) -> float:
        """How many requests were answered a second."""
        return self.requests / self.seconds


class Wrk:
    """wrk with so many connections.

    Raises:
        LoadFailed: it is not installed.
    """

    def __init__(self, connections: int) -> None:
        found = shutil.which("wrk")
        if not found:
            raise LoadFailed(
                "wrk is not installed, and the load comes from it: apt-get install wrk, or brew install wrk"
            )
        self.connections = connections
        self._command = found, "-t1", f"-c{connections}", "--timeout", "20s", "-s", _SCRIPT

    async def load(
        self, url: str, bodies: Path, *, seconds: int, seed: int = 0, checking: bool = False
    ) -> Load:
        """Post the bodies of a file, one a line, in random order for so long, and return what came of it.

        Each `#` in a body becomes a random digit. With `checking`, answers are searched for errors too.

        Raises:
            LoadFailed: wrk failed, or a request was not answered as it should be.
        """
        process = await asyncio.create_subprocess_exec(
            *self._command,
            f"-d{seconds}s",
            url,
            "--",
            bodies,
            str(seed),
            *(["checking"] if checking else []),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return parsed(output.decode(errors="replace"))


def parsed(output: str) -> Load:
    """Return what the script wrote at the end of wrk's output.

    Raises:
        LoadFailed: it wrote nothing, or requests failed.
    """
    result = next((line for line in output.splitlines() if line.startswith(_MARK)), None)
    if result is None:
        raise LoadFailed(f"wrk failed: {output.strip()}")
    seen = orjson.loads(result.removeprefix(_MARK))
    if seen["failed"] or seen["wrong"]:
        raise LoadFailed(
            f"of {seen['requests']} requests {seen['failed']} failed and {seen['wrong']} had a wrong answer, "
            f"such as: {seen['example']}"
        )
    if not seen["requests"]:
        raise LoadFailed("no request was answered; give it more --seconds")
    return Load(seen["requests"], seen["microseconds"] / 1e6, seen["p50"] / 1000, seen["p99"] / 1000)
