"""The query builder: pieces combine into one text, and values stay values."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, LiteralString, TypeAlias

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.sql import Select, Sql, join, sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from db.settings import DatabaseSettings

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

Condition: TypeAlias = tuple[Sql, bool]
"""A condition, and whether it holds."""


def equal(left: int | None, right: int | None) -> Condition:
    """Two values are equal; NULL is equal to nothing."""
    return sql("({}::int = {}::int)", left, right), left is not None and left == right


def either(left: int | None, right: int | None) -> Condition:
    """One of two values is 1, written without brackets of its own."""
    return sql("{0}::int = 1 OR {1}::int = 1", left, right), 1 in {left, right}


def joined(operator: LiteralString, conditions: Iterable[Condition]) -> Sql:
    """Combine conditions as filters do."""
    return sql("({})", join(operator, [sql("({})", piece) for piece, _ in conditions]))


def combined(conditions: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    pairs = st.tuples(conditions, conditions)
    return (
        pairs.map(lambda pair: (joined(" AND ", pair), pair[0][1] and pair[1][1]))
        | pairs.map(lambda pair: (joined(" OR ", pair), pair[0][1] or pair[1][1]))
        | conditions.map(lambda condition: (~condition[0], not condition[1]))
    )


VALUES = st.none() | st.integers(0, 2)
LEAVES = st.builds(equal, VALUES, VALUES) | st.builds(either, VALUES, VALUES)
CONDITIONS = st.recursive(LEAVES, combined, max_leaves=12)


@pytest.fixture(scope="module")
def holds(server: DatabaseSettings) -> Iterator[Callable[[Sql], bool]]:
    """What PostgreSQL says to a condition."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(**server.connect_args()))

        def ask(condition: Sql) -> bool:
            text, values = Select("1", "(VALUES (1)) AS one").where(condition).exists().compile()
            answer: bool = runner.run(connection.fetchval(f"SELECT {text}", *values))
            return answer

        yield ask
        runner.run(connection.close())


@unhurried
@given(CONDITIONS)
def test_conditions_mean_what_they_say(holds: Callable[[Sql], bool], condition: Condition) -> None:
    """Any combination of and, or and not is as true for PostgreSQL as it is for Python, NULLs included."""
    piece, truth = condition

    assert holds(piece) is truth


@unhurried
@given(CONDITIONS)
def test_places_are_numbered_in_order(condition: Condition) -> None:
    """The text has $1 to $n, each once and in order, and as many values."""
    text, values = condition[0].compile()

    assert re.findall(r"\$\d+", text) == [f"${number}" for number in range(1, len(values) + 1)]


@unhurried
@given(CONDITIONS, VALUES)
def test_values_are_never_in_the_text(condition: Condition, value: int | None) -> None:
    """One shape of query is one text, whatever its values are."""

    def changed(piece: object) -> object:
        return Sql(piece.text, tuple(map(changed, piece.values))) if isinstance(piece, Sql) else value

    other = changed(condition[0])

    assert isinstance(other, Sql)
    assert other.compile()[0] == condition[0].compile()[0]
    assert set(other.compile()[1]) == {value}


@unhurried
@given(CONDITIONS)
def test_a_flat_piece_means_the_same(condition: Condition) -> None:
    """What is put together beforehand compiles to what it would have been."""
    flat = sql("{0} OR {1} OR {0}", condition[0], 5).flat()

    assert flat.compile() == sql("{0} OR {1} OR {0}", condition[0], 5).compile()
    assert not any(isinstance(value, Sql) for value in flat.values)


@pytest.mark.parametrize("value", ["'; DROP TABLE customers --", "{}", "{0}", "$1", "%s", "\\"])
def test_a_value_is_not_read_as_sql(value: str) -> None:
    """Whatever a value looks like, it is handed over beside the text."""
    assert sql("{} AND b = {}", sql("a = {}", value), 1).compile()[1] == [value, 1]
    assert value not in sql("a = {}", value).compile()[0].removesuffix("$1")


def test_a_value_named_twice_is_sent_once() -> None:
    """{0} and {1} stand for the same values wherever they are, also when these are pieces."""
    text, values = sql("{0} {1} {0} {1}", "a", sql("f({}, {0})", "b")).compile()

    assert (text, values) == ("$1 f($2, $2) $1 f($2, $2)", ["a", "b"])


def test_values_and_places_must_match() -> None:
    """A value that has no place, and a place that has no value, are mistakes that do not go unnoticed."""
    with pytest.raises(ValueError, match="2 values for 1 places"):
        sql("a = {}", 1, 2).compile()
    with pytest.raises((ValueError, IndexError)):
        sql("a = {} AND b = {}", 1).compile()


def test_pieces_are_joined() -> None:
    """Joined pieces keep their order, and their values too."""
    assert join(", ", [sql("a = {}", 1), sql("now()"), sql("b = {}", 2)]).compile() == (
        "a = $1, now(), b = $2",
        [1, 2],
    )


def test_a_query_is_built_in_steps() -> None:
    """Each step adds its part, whatever the order of steps, and the values follow the text."""
    query = Select("c.id", "customers c").where(sql("c.a = {}", 1)).order_by("c.id")
    query = query.add("a.city").join("JOIN addresses a USING (id)").where(sql("c.b = {}", 2), sql("c.c"))

    text, values = query.sql().compile()

    assert re.sub(r"[()]", "", text) == (
        "SELECT c.id, a.city FROM customers c JOIN addresses a USING id "
        "WHERE c.a = $1 AND c.b = $2 AND c.c ORDER BY c.id"
    )
    assert values == [1, 2]


def test_a_base_query_can_be_shared() -> None:
    """A step returns a new query and leaves the one that it started from as it was."""
    base = Select("c.id", "customers c")
    before = base.sql().compile()

    base.where(sql("FALSE")).order_by("c.id").join("JOIN x").add("c.a")

    assert base.sql().compile() == before == ("SELECT c.id FROM customers c", [])
