"""What the classes of values tell about the values: there are few of them, however many values there are."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from graphql.pyutils import Undefined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOTHING = type(None)
_UNDEFINED = type(Undefined)


def examples(values: Sequence[Any]) -> dict[type, Any]:
    """Return one value of each class."""
    kinds = set(map(type, values))
    if len(kinds) == 1:
        return dict.fromkeys(kinds, values[0])
    return {type(value): value for value in values}


def any_absent(kinds: Iterable[type]) -> bool:
    """Return whether values of these classes may be null or an error."""
    return any(map(_is_absent, kinds))


def any_extraordinary(kinds: Iterable[type]) -> bool:
    """Return whether values of these classes may be missing, an error or awaitable."""
    return any(map(_is_extraordinary, kinds))


@lru_cache(maxsize=1_000)
def _is_absent(kind: type) -> bool:
    return issubclass(kind, (NOTHING, _UNDEFINED, Exception))


@lru_cache(maxsize=1_000)
def _is_extraordinary(kind: type) -> bool:
    return issubclass(kind, (_UNDEFINED, Exception)) or hasattr(kind, "__await__")
