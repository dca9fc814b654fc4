"""What becomes of a resolver's value: leaves, lists, null, and errors on their way up."""

from __future__ import annotations

from types import coroutine
from typing import TYPE_CHECKING, Any

import pytest
from graphql import GraphQLError

from tests.unit.breadth.asking import ask, ask_later, failures

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

PETS = "type Query { pets: [Pet] } type Pet { name: String! age: Int tags: [String!] friends: [Pet!] }"


def test_mappings_and_attributes_are_read_alike() -> None:
    """Without a resolver a field is a mapping's value or an object's attribute, whichever the parent has."""

    class Cat:
        name = "Tom"

    result = ask(PETS, "{ pets { name age } }", {"pets": [Cat(), {"name": "Rex", "age": 3}]})

    assert result.data == {"pets": [{"name": "Tom", "age": None}, {"name": "Rex", "age": 3}]}
    assert result.errors is None


def test_methods_are_called_with_arguments() -> None:
    """A callable value is called with what the resolver would get."""
    schema = "type Query { add(one: Int! two: Int = 2): Int }"

    result = ask(schema, "{ add(one: 1) }", {"add": lambda _info, one, two: one + two})

    assert result.data == {"add": 3}


@pytest.mark.parametrize(
    "pets",
    [
        [{"name": "a"}, {"name": "b"}],
        ({"name": "a"}, {"name": "b"}),
        {"a": {"name": "a"}, "b": {"name": "b"}}.values(),
        ({"name": name} for name in "ab"),
    ],
)
def test_any_iterable_is_a_list(pets: Any) -> None:
    """Whatever Python can iterate over is a list, except text and mappings."""
    assert ask(PETS, "{ pets { name } }", {"pets": pets}).data == {"pets": [{"name": "a"}, {"name": "b"}]}


@pytest.mark.parametrize("value", ["text", b"bytes", {"a": 1}, 5, object()])
def test_what_is_no_list_is_an_error(value: Any) -> None:
    """Text, bytes, mappings and single values are no lists."""
    result = ask(PETS, "{ pets { name } }", {"pets": value})

    assert result.data == {"pets": None}
    assert failures(result) == [("Expected Iterable, but did not find one for field 'Query.pets'.", ["pets"])]


def test_an_empty_list_asks_nothing_of_its_items() -> None:
    """Lists may be empty, all of them or some."""
    assert ask(PETS, "{ pets { name } }", {"pets": []}).data == {"pets": []}

    pets = [{"friends": []}, {"friends": [{"name": "a"}]}, {"friends": None}, {"friends": ()}]
    assert ask(PETS, "{ pets { friends { name } } }", {"pets": pets}).data == {
        "pets": [{"friends": []}, {"friends": [{"name": "a"}]}, {"friends": None}, {"friends": []}]
    }


def test_a_generator_that_raises_midway_is_an_error_of_the_list() -> None:
    """A list that breaks off is null; the errors of the items before it come first."""

    def pets() -> Iterator[Any]:
        yield {"name": None}
        raise OSError("gone")

    result = ask(PETS, "{ pets { name } }", {"pets": pets()})

    assert result.data == {"pets": None}
    assert failures(result) == [
        ("Cannot return null for non-nullable field Pet.name.", ["pets", 0, "name"]),
        ("gone", ["pets"]),
    ]


def test_an_error_stays_with_its_object() -> None:
    """An object without a value it must have is null, and the others are there."""
    result = ask(PETS, "{ pets { name } }", {"pets": [{"name": "a"}, {}, {"name": "c"}]})

    assert result.data == {"pets": [{"name": "a"}, None, {"name": "c"}]}
    assert failures(result) == [("Cannot return null for non-nullable field Pet.name.", ["pets", 1, "name"])]


def test_an_error_goes_up_to_what_may_be_null() -> None:
    """Where null is not allowed, an error takes the list, the object, or all the data with it."""
    schema = "type Query { box: Box! } type Box { boxes: [Box!]! note: String! }"
    box = {"boxes": [{"note": "a"}, {"note": None}]}

    result = ask(schema, "{ box { boxes { note } } }", {"box": box})

    assert result.data is None
    assert failures(result) == [
        ("Cannot return null for non-nullable field Box.note.", ["box", "boxes", 1, "note"])
    ]


def test_an_item_that_fails_takes_its_list_only() -> None:
    """Of several lists, those with a failed item that must not be null are null."""
    pets = [{"tags": ["a"]}, {"tags": ["b", None]}, {"tags": []}, {"tags": [{}, "c"]}]

    result = ask(PETS, "{ pets { tags } }", {"pets": pets})

    assert result.data == {"pets": [{"tags": ["a"]}, {"tags": None}, {"tags": []}, {"tags": None}]}
    assert [error.path for error in result.errors or ()] == [["pets", 1, "tags", 1], ["pets", 3, "tags", 0]]


def test_of_several_errors_in_one_place_the_first_is_told() -> None:
    """What has become null already has no further errors to tell."""
    pets: list[Any] = [{"friends": [{}, {}]}]

    result = ask(PETS, "{ pets { friends { name } age } }", {"pets": pets})

    assert [error.path for error in result.errors or ()] == [["pets", 0, "friends", 0, "name"]]


def test_an_exception_returned_is_an_error_too() -> None:
    """An exception that is returned, or stands in a list, is as good as raised."""
    pets = [{"age": ValueError("old")}, ValueError("lost")]

    result = ask(PETS, "{ pets { age } }", {"pets": pets})

    assert result.data == {"pets": [{"age": None}, None]}
    assert failures(result) == [("old", ["pets", 0, "age"]), ("lost", ["pets", 1])]
    assert [type(error.original_error) for error in result.errors or ()] == [ValueError, ValueError]


def test_a_property_that_raises_is_an_error() -> None:
    """An attribute that cannot be read is an error of its object."""

    class Cat:
        @property
        def age(self) -> int:
            raise LookupError("no age")

    result = ask(PETS, "{ pets { age } }", {"pets": [Cat(), {"age": 1}]})

    assert result.data == {"pets": [{"age": None}, {"age": 1}]}
    assert failures(result) == [("no age", ["pets", 0, "age"])]


def test_an_error_keeps_its_extensions() -> None:
    """What a GraphQLError carries reaches the answer, with place and path added."""

    def pets(_info: Any) -> Any:
        raise GraphQLError("no", extensions={"code": "NO"})

    [error] = ask(PETS, "{\n  cats: pets { age } }", {"pets": pets}).errors or []

    assert error.formatted == {
        "message": "no",
        "locations": [{"line": 2, "column": 3}],
        "path": ["cats"],
        "extensions": {"code": "NO"},
    }


def test_merged_fields_tell_all_their_places() -> None:
    """An error of a field that was asked for twice has both locations."""
    document = "{ pets { age } ...Again } fragment Again on Query { pets { name } }"

    [error] = ask(PETS, document, {"pets": 5}).errors or []

    assert [place.column for place in error.locations or ()] == [3, document.rindex("pets") + 1]


def test_leaves_are_serialised_by_their_types() -> None:
    """A value goes through its scalar or enum; one that does not fit is an error of its own."""
    schema = "type Query { all: [Int] ids: [ID] colors: [Color] } enum Color { RED }"
    root = {"all": [1, "2", True, 2.0, "x", 2**31], "ids": [1, "a"], "colors": ["RED", "BLUE"]}

    result = ask(schema, "{ all ids colors }", root)

    assert result.data == {"all": [1, 2, 1, 2, None, None], "ids": ["1", "a"], "colors": ["RED", None]}
    assert [error.path for error in result.errors or ()] == [["all", 4], ["all", 5], ["colors", 1]]


async def test_a_generator_based_coroutine_is_awaited() -> None:
    """Among generators that are lists, one that is a coroutine of old is awaited."""

    @coroutine
    def later() -> Generator[Any, Any, list[str]]:
        yield
        return ["a"]

    pets = [{"tags": later()}, {"tags": (tag for tag in "b")}]

    result = await ask_later(PETS, "{ pets { tags } }", {"pets": pets})

    assert result.data == {"pets": [{"tags": ["a"]}, {"tags": ["b"]}]}
