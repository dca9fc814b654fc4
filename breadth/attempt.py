"""Calls whose exceptions are values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def attempt(call: Callable[..., Any], *arguments: Any) -> Any:
    """Return the result of a call, or the exception it raises: it is a field's error then, whatever it is."""
    try:
        return call(*arguments)
    except Exception as error:  # noqa: BLE001 - see above
        return error


async def attempt_later(awaitable: Awaitable[Any]) -> Any:
    """Return what arrives, or the exception that does."""
    try:
        return await awaitable
    except Exception as error:  # noqa: BLE001 - as above
        return error
