"""Errors in graphql-core's order, without those that it would not have come to."""

from __future__ import annotations

from itertools import accumulate, zip_longest
from operator import attrgetter, or_
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from graphql import located_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graphql import GraphQLError

    from breadth.column import Column

Order: TypeAlias = tuple[int, ...]
"""A path in numbers, of fields in their selections and of items in their lists: it sorts depth first."""


class FieldError(NamedTuple):
    """An error, and what decides its place among the others.

    `nulled` is the position that becomes null by it. `tick` is when it gets there, in turns of the event
    loop, as if everything awaited were there at once: the order does not depend on who is quicker. `late`
    tells of each number in `order` whether something was awaited there or below: siblings of which nothing
    is awaited come first.
    """

    error: GraphQLError
    tick: int
    late: Sequence[bool]
    order: Order
    nulled: Order

    @property
    def place(self) -> tuple[object, ...]:
        """What sorts errors."""
        return self.tick, list(zip_longest(self.late, self.order, fillvalue=False))


def field_error(column: Column, row: int, error: Exception, *after: int) -> FieldError:
    """Return the error of a value; one that came to light behind items of a list stands `after` as many."""
    steps = column.steps(row)
    path = [step.key for step in reversed(steps)]
    order = tuple([step.number for step in reversed(steps)])
    # Where null is not allowed, an error goes up to the first place where it is.
    above = next((i for i, step in enumerate(steps) if step.column.failure is None), len(steps))
    # A task takes one turn to start, and two until whoever waits for it knows how it ended.
    tasks = [step.task for step in steps]
    tick = sum(tasks) + 2 * sum(tasks[:above])
    late = list(accumulate([step.awaited for step in steps], or_))[::-1]
    located = located_error(error, column.field.nodes, path)
    return FieldError(located, tick, late, (*order, *after), order[: len(order) - above])


def reported(errors: Iterable[FieldError], nulled: set[Order]) -> list[GraphQLError]:
    """Return the errors in order, without those in a place where an earlier one has left null already.

    `nulled` has the positions where that is so, and gets those where it is so from now on.
    """
    found = []
    for error in sorted(errors, key=attrgetter("place")):
        if not any(error.order[:depth] in nulled for depth in range(len(error.order) + 1)):
            nulled.add(error.nulled)
            found.append(error.error)
    return found
