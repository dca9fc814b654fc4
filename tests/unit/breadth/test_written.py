"""Answers that come in place of objects and lists, as they are."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import execute, parse

from breadth import BreadthExecutor
from tests.unit.breadth.asking import built, failures

SCHEMA = """
    type Query { pet: Animal! cat: Cat cats: [Cat] all: [Cat!] }
    interface Animal { name: String! }
    type Cat implements Animal { name: String! kittens: [Cat!]! }
"""
ASKED = "{ pet { name } cat { name } cats { name } all { name kittens { name } } }"
# With it, graphql-core's executor has the operation.
INTROSPECTING = "{ __schema { queryType { name } } "


class Written(str):
    """An answer in text."""

    __slots__ = ()


class Executor(BreadthExecutor):
    """An executor that takes such answers."""

    written = Written


async def arriving(value: Any) -> Any:
    """Return a value that has to be awaited."""
    return value


def asked(root: Any, document: str = ASKED, executor_class: type[BreadthExecutor] = Executor) -> Any:
    return execute(built(SCHEMA), parse(document), root, executor_class=executor_class)


@pytest.mark.parametrize("before", ["{", INTROSPECTING])
def test_what_is_written_is_the_answer(before: str) -> None:
    """A written value is the answer in place of an object, an abstract one, a list or one of its items."""
    result = asked(
        {
            "pet": Written("pet"),
            "cat": Written("cat"),
            "cats": Written("cats"),
            "all": [Written("one"), {"name": "Tom", "kittens": Written("kittens")}],
        },
        before + ASKED[1:],
    )

    assert result.errors is None
    assert {name: result.data[name] for name in ("pet", "cat", "cats", "all")} == {
        "pet": "pet",
        "cat": "cat",
        "cats": "cats",
        "all": ["one", {"name": "Tom", "kittens": "kittens"}],
    }
    assert type(result.data["cat"]) is Written


@pytest.mark.parametrize("before", ["{", INTROSPECTING])
async def test_some_of_it_arrives_later(before: str) -> None:
    """What is awaited may be written as well."""
    root = {
        "cat": arriving(Written("cat")),
        "cats": [arriving(Written("a")), None, {"name": arriving("Tom")}],
        "all": arriving([Written("one"), Written("two")]),
    }

    result = await asked(root, before + " cat { name } cats { name } all { name } }")

    assert result.errors is None
    assert {name: result.data[name] for name in ("cat", "cats", "all")} == {
        "cat": "cat",
        "cats": ["a", None, {"name": "Tom"}],
        "all": ["one", "two"],
    }


@pytest.mark.parametrize("before", ["{", INTROSPECTING])
def test_errors_beside_it(before: str) -> None:
    """What fails beside written values fails as ever."""
    broken = ValueError("no cat")
    root = {"cats": [Written("a"), broken, {"name": None}], "all": [Written("b"), broken]}

    result = asked(root, before + " cats { name } all { name } }")

    assert result.data["cats"] == ["a", None, None]
    assert result.data["all"] is None
    assert failures(result) == [
        ("no cat", ["cats", 1]),
        ("Cannot return null for non-nullable field Cat.name.", ["cats", 2, "name"]),
        ("no cat", ["all", 1]),
    ]


def test_other_executors_know_nothing_of_it() -> None:
    """Unless an executor names the class, its values are objects like any other."""
    result = asked({"cat": Written("cat")}, "{ cat { name } }", BreadthExecutor)

    assert failures(result) == [("Cannot return null for non-nullable field Cat.name.", ["cat", "name"])]
