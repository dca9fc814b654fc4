"""What a contestant costs: processor time and resident memory, its child processes included."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psutil

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from bench.load import Load
    from bench.servers import Server
    from bench.workloads import Workload

MB: Final = 2**20
_INTERVAL: Final = 0.1


@dataclass(frozen=True, slots=True)
class Measurement:
    """One contestant under one workload in one round."""

    contestant: str
    workload: str
    round: int
    requests: int
    requests_per_second: float
    p50: float
    """Milliseconds, as the two that follow."""
    p99: float
    cpu: float
    """Of the contestant's processes, per request."""
    memory: float
    """The peak, in MB."""


class Meter:
    """The processes of a contestant."""

    def __init__(self, pid: int) -> None:
        process = psutil.Process(pid)
        self._processes = [process, *process.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """Return the processor time that they have taken so far, and their children that have ended."""
        return sum(sum(process.cpu_times()[:4]) for process in self._processes)

    def memory(self) -> float:
        """Return the memory that is resident now, in MB."""
        return sum(process.memory_info().rss for process in self._processes) / MB

    @asynccontextmanager
    async def peaks(self) -> AsyncIterator[list[float]]:
        """Yield a list that holds the peak of the memory, and is kept up to date meanwhile."""
        peaks = [self.memory()]

        async def watch() -> None:
            while True:
                await asyncio.sleep(_INTERVAL)
                peaks[0] = max(peaks[0], self.memory())

        watching = asyncio.create_task(watch())
        try:
            yield peaks
        finally:
            watching.cancel()
            await asyncio.wait([watching])


async def measured(server: Server, workload: Workload, number: int, load: Awaitable[Load]) -> Measurement:
    """Await a load on a contestant in round `number`, and return what it took."""
    meter = Meter(server.process.pid)
    async with meter.peaks() as peaks:
        before = meter.cpu_seconds()
        seen = await load
        cpu = meter.cpu_seconds() - before
    return Measurement(
        server.name,
        workload.name,
        number,
        seen.requests,
        seen.requests_per_second,
        seen.p50,
        seen.p99,
        cpu / seen.requests * 1000,
        peaks[0],
    )
