"""Exceptions as logs show them: bounded, and without a word of what they say."""

from __future__ import annotations

import asyncpg

from api.exceptions import FRAMES, MOST, outline
from tests.unit.unspeakable import SECRET, Unspeakable


def types(error: BaseException) -> list[str]:
    return [described["type"].removeprefix(f"{Unspeakable.__module__}.") for described in outline(error)]


def test_causes_and_contexts_are_described() -> None:
    """An exception is described with its cause, or else its context unless that is suppressed."""
    cause = ValueError()
    with_context, suppressed, with_cause = TypeError(), KeyError(), OSError()
    with_context.__context__ = suppressed.__context__ = with_cause.__context__ = LookupError()
    suppressed.__suppress_context__ = True
    with_cause.__cause__ = cause

    assert types(with_context) == ["TypeError", "LookupError"]
    assert types(suppressed) == ["KeyError"]
    assert types(with_cause) == ["OSError", "ValueError"]


def test_loops_and_chains_end() -> None:
    """A chain that comes back to itself is described once; a long one, or a large group, up to a number."""
    one, other = ValueError(), TypeError()
    one.__context__, other.__context__ = other, one
    assert types(one) == ["ValueError", "TypeError"]

    chain: BaseException = ValueError()
    for _ in range(100):
        longer = ValueError()
        longer.__cause__ = chain
        chain = longer
    assert len(types(chain)) == MOST
    assert len(types(ExceptionGroup("", [ValueError() for _ in range(100)]))) == MOST


def test_members_of_groups_are_described() -> None:
    """A group is followed by its members in order, each with what is behind it, then by its own cause."""
    member = ValueError()
    member.__cause__ = KeyError()
    group = ExceptionGroup(SECRET, [member, ExceptionGroup(SECRET, [TypeError()])])
    group.__cause__ = OSError()
    assert types(group) == [
        "ExceptionGroup",
        "ValueError",
        "KeyError",
        "ExceptionGroup",
        "TypeError",
        "OSError",
    ]


def test_exceptions_that_cannot_be_spoken_of() -> None:
    """An exception whose text and truth raise is described as any other, also as a cause."""
    error = ValueError()
    error.__cause__ = Unspeakable(SECRET)
    error.__notes__ = [SECRET]
    assert types(error) == ["ValueError", "Unspeakable"]
    assert SECRET not in str(outline(error))


def test_frames_are_the_nearest_ones() -> None:
    """Of a deep stack the frames nearest to the exception are kept, and no path of this machine."""

    def dive(levels: int) -> None:
        if levels == 0:
            raise ValueError(SECRET)
        dive(levels - 1)

    try:
        dive(200)
    except ValueError as error:
        [described] = outline(error)
    assert len(described["frames"]) == FRAMES
    assert all(".dive:" in frame and "/" not in frame for frame in described["frames"])


def test_facts_of_the_database_and_the_system() -> None:
    """PostgreSQL's errors are described by SQLSTATE, constraint and table; the system's by their names."""
    fields = {"C": "23505", "n": "one_primary", "t": "customer_emails", "M": SECRET, "D": f"Key ({SECRET})"}
    error = asyncpg.PostgresError.new(fields)
    assert outline(error) == [
        {
            "type": "asyncpg.exceptions.UniqueViolationError",
            "sqlstate": "23505",
            "constraint": "one_primary",
            "table": "customer_emails",
            "frames": [],
        }
    ]
    assert outline(OSError(SECRET, SECRET)) == [{"type": "OSError", "frames": []}]
