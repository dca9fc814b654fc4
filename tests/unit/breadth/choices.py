"""Choices, drawn by hypothesis all at once: a hundred draws of its own for each case would take too long."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


class Choices:
    """Picks by one byte after the other; when there are none left, the first of the options, the simplest."""

    def __init__(self, source: bytes) -> None:
        self._source = iter(source)

    def pick(self, options: Sequence[T]) -> T:
        return options[next(self._source, 0) % len(options)]


def choices(least: int) -> st.SearchStrategy[Choices]:
    """Return a strategy for choices, `least` of them or more that are not just the first."""
    return st.binary(min_size=least, max_size=3 * least).map(Choices)
