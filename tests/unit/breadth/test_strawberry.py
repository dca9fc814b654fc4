"""Strawberry's own features, on the breadth-first executor as on Strawberry's."""

import gc
from asyncio import sleep
from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLSchema, execute, parse

from breadth import BreadthExecutor, StrawberryBreadthExecutor
from tests.unit.breadth.pets import ANN, REX, TOM, asked
from tests.unit.breadth.strawberries import EXECUTORS, outcome

on_both = pytest.mark.parametrize("executor", EXECUTORS)


@on_both
def test_attributes(executor: Any) -> None:
    """Attributes, defaults included, are what fields without a resolver give."""
    result = asked(executor).execute_sync("{ pets { name longName } }")

    assert outcome(result) == (
        {
            "pets": [
                {"name": "Tom", "longName": None},
                {"name": "Rex", "longName": "Tyrannosaurus"},
                {"name": "Ann", "longName": None},
            ]
        },
        [],
    )


@on_both
def test_attributes_that_raise(executor: Any) -> None:
    """An attribute that cannot be read is an error of its own object and field."""
    result = asked(executor).execute_sync("{ wrecks { fine wreck } }")

    assert outcome(result) == (
        {"wrecks": [{"fine": "fine", "wreck": None}] * 2},
        [("wrecked", ["wrecks", row, "wreck"]) for row in range(2)],
    )


@on_both
def test_permissions(executor: Any) -> None:
    """A permission is asked for each object; what it refuses is an error of that object."""
    result = asked(executor).execute_sync("{ pets { secret } }", context_value={"secret": ["Rex"]})

    assert outcome(result) == (
        {"pets": [{"secret": "Tom"}, None, {"secret": "Ann"}]},
        [("secret", ["pets", 1, "secret"])],
    )


@on_both
@pytest.mark.parametrize("field", ["secretLater", "laterSecret"])
async def test_permissions_with_a_wait(executor: Any, field: str) -> None:
    """Either the permission or the resolver may be asynchronous."""
    result = await asked(executor).execute(
        f"{{ pets {{ {field} }} }}", context_value={"secret": ["Rex", "Ann"]}
    )

    assert outcome(result) == (
        {"pets": [{field: "Tom"}, {field: None}, {field: None}]},
        [("secret", ["pets", row, field]) for row in (1, 2)],
    )


@on_both
@pytest.mark.parametrize("field", ["loud", "loudLater", "laterLoud"])
async def test_field_extensions(executor: Any, field: str) -> None:
    """Extensions wrap the resolvers, whichever of the two is asynchronous."""
    result = await asked(executor).execute(f"{{ pets {{ {field} }} }}")

    assert outcome(result) == ({"pets": [{field: "TOM"}, {field: "REX"}, {field: "ANN"}]}, [])


@on_both
@pytest.mark.parametrize("field", ["found", "foundLater"])
async def test_exception_handlers(executor: Any, field: str) -> None:
    """What a handler makes of an exception is the answer; what it declines is the field's error."""
    result = await asked(executor).execute(
        f"{{ pets {{ found: {field} {{ ... on Missing {{ what }} ... on Pet {{ name }} }} }} }}"
    )
    name = "found" if field == "found" else "found_later"

    assert outcome(result) == (
        {"pets": [{"found": {"what": f"Tom of {name}"}}, {"found": {"name": "Rex"}}, {"found": None}]},
        [("unknown", ["pets", 2, "found"])],
    )


@on_both
def test_info(executor: Any) -> None:
    """A resolver is told its own path, selection, variables and context."""
    result = asked(executor).execute_sync(
        "query ($times: Int! = 3) { pets { a: told(times: $times) } }", context_value={"secret": []}
    )

    said = "['a'] told told <class 'str'> ['told'] {'times': 3} 3 []"
    assert outcome(result) == (
        {
            "pets": [
                {
                    "a": f"{pet.name} ['pets', {row}{said.replace('[', ', ', 1)}".replace(
                        "'told'] {", "'told'] {"
                    )
                }
                for row, pet in enumerate((TOM, REX, ANN))
            ]
        },
        [],
    )


@on_both
def test_parents_and_enums(executor: Any) -> None:
    """`strawberry.Parent` is the object; enums are given by their names."""
    result = asked(executor).execute_sync("{ pets { size } }")

    assert outcome(result) == ({"pets": [{"size": "SMALL"}, {"size": "LARGE"}, {"size": "SMALL"}]}, [])


@on_both
def test_scalars(executor: Any) -> None:
    """A scalar of one's own serialises, or is the field's error."""
    result = asked(executor).execute_sync("{ pets { odd } }")

    assert outcome(result) == (
        {"pets": [{"odd": 1}, {"odd": 1}, None]},
        [("2 is even", ["pets", 2, "odd"])],
    )


@on_both
def test_interfaces_and_generics(executor: Any) -> None:
    """Objects of an interface are of their own types, generic types of the types they are made with."""
    result = asked(executor).execute_sync(
        """{
            named { __typename name ... on Pet { size } }
            box { __typename inside { name } }
            numbers { inside }
        }"""
    )

    assert outcome(result) == (
        {
            "named": [
                {"__typename": "Pet", "name": "Rex", "size": "LARGE"},
                {"__typename": "Pet", "name": "Tom", "size": "SMALL"},
            ],
            "box": {"__typename": "PetBox", "inside": [{"name": "Tom"}]},
            "numbers": {"inside": [1]},
        },
        [],
    )


@on_both
def test_objects_of_another_class(executor: Any) -> None:
    """What is not of a Strawberry type that can tell is an error."""
    result = asked(executor).execute_sync("{ impostor { longName } }")

    assert result.data == {"impostor": None}
    assert [error.path for error in result.errors or ()] == [["impostor"]]


@on_both
async def test_subscriptions(executor: Any) -> None:
    """Events are answered one by one, resolvers and permissions included."""
    events = await asked(executor).subscribe(
        "subscription { counting(to: 2) { name secret loud } }", context_value={"secret": ["1"]}
    )

    assert not hasattr(events, "errors")
    answers = [(event.data, event.errors) async for event in events]
    assert answers[0] == ({"counting": {"name": "0", "secret": "0", "loud": "0"}}, None)
    assert answers[1][0] is None
    assert [error.path for error in answers[1][1] or ()] == [["counting", "secret"]]


async def test_asynchronous_resolvers_are_refused() -> None:
    """`execute_sync` says that it cannot wait, and leaves no coroutine behind that was never awaited."""
    result = asked(StrawberryBreadthExecutor).execute_sync("{ pets { laterLoud name } }")

    assert result.data is None
    [error] = result.errors or []
    assert "failed to complete synchronously" in error.message
    await sleep(0)
    gc.collect()


def test_strawberrys_types_in_a_schema_by_hand() -> None:
    """A schema that was not made by Strawberry may have types that were."""
    types = asked(StrawberryBreadthExecutor)._schema
    result = execute(
        GraphQLSchema(types.query_type), parse("{ pets { name } }"), executor_class=BreadthExecutor
    )

    assert isinstance(result, ExecutionResult)
    assert result.data == {"pets": [{"name": "Tom"}, {"name": "Rex"}, {"name": "Ann"}]}
