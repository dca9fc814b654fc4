"""An exception that must not be asked what it says."""

from __future__ import annotations

SECRET = "ada@example.com"


class Unspeakable(Exception):
    """Neither its text nor its truth can be had."""

    def __str__(self) -> str:
        raise RuntimeError(SECRET)

    __repr__ = __str__

    def __bool__(self) -> bool:
        raise RuntimeError(SECRET)
