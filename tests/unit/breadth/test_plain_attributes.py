"""Plain attributes, read and written a column at a time, are answered as graphql-core answers them."""

from typing import Any
from uuid import UUID

import strawberry
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.breadth.strawberries import EXECUTORS, outcome, schema


class Key(UUID):
    """A UUID that is written in a way of its own."""

    def __str__(self) -> str:
        return f"key {self.int}"


@strawberry.type
class Thing:
    """Has attributes of the types whose values are mostly their own answers."""

    id: strawberry.ID
    maybe_id: strawberry.ID | None
    text: str
    maybe_text: str | None
    yes: bool
    maybe_yes: bool | None


@strawberry.type
class Query:
    """What is asked."""

    things: list[Thing | None]


OURS, THEIRS = [schema(Query, executor) for executor in EXECUTORS]
DOCUMENT = "{ things { id maybeId text maybeText yes maybeYes } }"

ids = st.sampled_from([UUID(int=1), Key(int=2)])
texts = st.sampled_from(["text", ""])
odd: st.SearchStrategy[Any] = st.sampled_from([None, "7", 7, 1.5, True, {}, UUID(int=3), ValueError("gone")])


def mostly(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy that gives what is usual, and sometimes something else."""
    return st.integers(0, 9).flatmap(lambda number: usual if number else odd)


things = st.builds(
    Thing,
    id=mostly(ids),
    maybe_id=mostly(ids | st.none()),
    text=mostly(texts),
    maybe_text=mostly(texts | st.none()),
    yes=mostly(st.booleans()),
    maybe_yes=mostly(st.booleans() | st.none()),
)


@given(st.lists(things, min_size=1, max_size=4))
def test_any_value(found: list[Thing]) -> None:
    """Usual or odd, null where it is allowed or not: data and errors are the same."""
    ours, theirs = [
        asked.execute_sync(DOCUMENT, root_value=Query(things=[*found])) for asked in (OURS, THEIRS)
    ]

    assert outcome(ours) == outcome(theirs)
