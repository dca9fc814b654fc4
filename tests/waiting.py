"""Waiting until something holds, and failing when it does not in time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def wait_until(holds: Callable[[], object], seconds: float = 10) -> None:
    """Return when a condition holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


async def until(holds: Callable[[], Awaitable[object]], seconds: float = 10) -> None:
    """Return when a condition holds that is awaited itself."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.01)
