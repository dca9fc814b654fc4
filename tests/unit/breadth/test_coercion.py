"""Scalars that write a column of values at once."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
import strawberry
from graphql import (
    ExecutionResult,
    GraphQLArgument,
    GraphQLField,
    GraphQLList,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    execute,
    parse,
)
from strawberry.schema.config import StrawberryConfig

from breadth import BreadthExecutor, StrawberryBreadthExecutor, coerced_together
from tests.unit.breadth.strawberries import EXECUTORS, outcome, schema

on_both = pytest.mark.parametrize("executor", EXECUTORS)

together: list[list[Decimal]] = []


def _all(values: Sequence[Decimal]) -> list[str]:
    together.append(list(values))
    return [_one(value) for value in values]


@coerced_together(_all)
def _one(value: Decimal) -> str:
    if value < 0:
        raise ValueError("a debt")
    return f"{value} €"


PRICE = strawberry.scalar(name="Price", serialize=_one)


@strawberry.type
class Article:
    """Something that may have a price."""

    price: Decimal | None


def asked(prices: list[Decimal | None], executor: Any) -> Any:
    def articles() -> Any:
        return [Article(price=price) for price in prices]

    fields = {"articles": strawberry.field(articles, graphql_type=list[Article])}
    query = strawberry.type(type("Query", (), fields))
    config = StrawberryConfig(scalar_map={Decimal: PRICE})
    together.clear()
    return outcome(schema(query, executor, config=config).execute_sync("{ articles { price } }"))


@on_both
def test_a_column_is_written_at_once(executor: Any) -> None:
    """Values of one field are handed over together, and each object gets its own answer."""
    assert asked([Decimal(1), Decimal(2)], executor) == (
        {"articles": [{"price": "1 €"}, {"price": "2 €"}]},
        [],
    )
    assert together == ([[Decimal(1), Decimal(2)]] if executor is StrawberryBreadthExecutor else [])


@on_both
def test_null_among_values(executor: Any) -> None:
    """Null stays null; a scalar never sees it."""
    assert asked([Decimal(1), None], executor) == ({"articles": [{"price": "1 €"}, {"price": None}]}, [])


@on_both
def test_a_value_that_cannot_be_written(executor: Any) -> None:
    """What cannot be written is an error of its own object alone."""
    assert asked([Decimal(1), Decimal(-1)], executor) == (
        {"articles": [{"price": "1 €"}, {"price": None}]},
        [("a debt", ["articles", 1, "price"])],
    )


class Unhashable:
    """A callable that has no hash."""

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, value: Any) -> Any:
        return value


class Array:
    """A value whose comparison has no truth value, as those of NumPy."""

    def __eq__(self, other: object) -> Any:
        return self

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise ValueError("ambiguous")


@pytest.mark.parametrize("value", [1, Array()])
def test_scalars_may_be_made_of_anything(value: Any) -> None:
    """Neither what a scalar is read and written with needs a hash, nor what is written a truth value."""
    scalar = GraphQLScalarType("Any", serialize=Unhashable(), parse_value=Unhashable())
    field = GraphQLField(GraphQLList(scalar), {"given": GraphQLArgument(scalar)})
    thing = GraphQLObjectType("Thing", {"value": GraphQLField(scalar)})
    query = GraphQLObjectType("Query", {"any": field, "things": GraphQLField(GraphQLList(thing))})
    document = parse("query ($given: Any) { any(given: $given) things { value } }")
    root = {"any": lambda _info, given: [given, None], "things": [{"value": value}, {"value": None}]}

    for _ in range(2):
        result = execute(
            GraphQLSchema(query), document, root, variable_values={"given": 5}, executor_class=BreadthExecutor
        )
        assert isinstance(result, ExecutionResult)
        assert result.errors is None
        assert result.data is not None
        assert result.data["any"] == [5, None]
        assert result.data["things"][0]["value"] is value
