"""Ids of new customers: UUIDs of version 7, which ascend with time.

New customers stand at the end of each index then, and not on any page of it: neighbours are written and read
together, however many customers there are.
"""

from __future__ import annotations

from os import urandom
from time import time_ns
from uuid import UUID


def new_ids(count: int) -> list[UUID]:
    """Return as many new ids, ascending, and behind all that were made at an earlier time.

    Of their 128 bits, 48 are milliseconds since 1970, 12 are 4,096ths of one, and 62 are random (RFC 9562,
    sections 5.7 and 6.2, method 3).
    """
    milliseconds, rest = divmod(time_ns(), 1_000_000)
    now = milliseconds << 80 | 7 << 76 | (rest << 12) // 1_000_000 << 64 | 0b10 << 62
    return sorted([UUID(int=now | int.from_bytes(urandom(8)) >> 2) for _ in range(count)])
