"""Directives, variables and arguments."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.breadth.asking import ask, failures

SCHEMA = """
    type Query { pet: Pet pets: [Pet] add(one: Int! two: Int = 2 all: [Int!] how: How): String }
    type Pet { name: String age(in: Int! = 1): Int owner: Pet }
    input How { times: Int! = 1 twice: Boolean }
"""
PET = {"name": "Tom", "age": lambda _info, **given: given["in"], "owner": {"name": "Ann"}}


@pytest.mark.parametrize(
    ("document", "names"),
    [
        ("{ pet { name @skip(if: true) age } }", ["age"]),
        ("{ pet { name @include(if: false) age } }", ["age"]),
        ("{ pet { name @skip(if: false) @include(if: true) } }", ["name"]),
        ("{ pet { name @skip(if: true) @include(if: true) age } }", ["age"]),
        ("{ pet { ... @skip(if: true) { name } age } }", ["age"]),
        ("{ pet { ...F @include(if: false) age } } fragment F on Pet { name }", ["age"]),
        ("{ pet { name @skip(if: true) ...F } } fragment F on Pet { name }", ["name"]),
        ("{ pet { age ... on Pet { name age } name } }", ["age", "name"]),
    ],
)
def test_what_is_skipped_is_not_there(document: str, names: list[str]) -> None:
    """What `@skip` and `@include` say is left out; the rest is in the order of the document."""
    assert list((ask(SCHEMA, document, {"pet": PET}).data or {})["pet"]) == names


@pytest.mark.parametrize("given", [True, False])
def test_variables_decide_what_is_skipped(given: bool) -> None:
    """Variables decide below a fragment, too."""
    document = """
        query ($yes: Boolean!) { pet { owner { ...F } } }
        fragment F on Pet { __typename name @include(if: $yes) }
    """

    result = ask(SCHEMA, document, {"pet": PET}, variable_values={"yes": given})

    assert result.data == {"pet": {"owner": {"__typename": "Pet", **({"name": "Ann"} if given else {})}}}


def test_merged_fields_ask_for_all_that_any_asked() -> None:
    """A field that is there more than once is resolved once, with the selections of all."""
    calls = []

    def pet(info: Any) -> Any:
        calls.append(len(info.field_nodes))
        return PET

    document = "{ pet { name } ... on Query { pet { owner { __typename } } } pet { owner { name } } }"

    result = ask(SCHEMA, document, {"pet": pet})

    assert result.data == {"pet": {"name": "Tom", "owner": {"__typename": "Pet", "name": "Ann"}}}
    assert calls == [3]


def test_an_alias_is_a_field_of_its_own() -> None:
    """The same field under two names is resolved with the arguments of each."""
    result = ask(SCHEMA, "{ pet { age one: age(in: 1) two: age(in: 2) } }", {"pet": PET})

    assert result.data == {"pet": {"age": 1, "one": 1, "two": 2}}


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ("one: 1", {"one": 1, "two": 2}),
        ("one: $one, two: $none, all: 3", {"one": 5, "two": 2, "all": [3]}),
        ("one: 1, two: null, all: [1, $one]", {"one": 1, "two": None, "all": [1, 5]}),
        ("one: 1, how: {twice: $none}", {"one": 1, "two": 2, "how": {"times": 1}}),
    ],
)
def test_arguments_are_coerced(arguments: str, given: dict[str, Any]) -> None:
    """Defaults stand in for what is left out, null for what is null, and one item for a list of it."""
    asked: dict[str, Any] = {}
    document = f"query ($one: Int! = 5, $none: Int, $no: Boolean) {{ add({arguments}) }}".replace(
        "twice: $none", "twice: $no"
    )

    ask(SCHEMA, document, {"add": lambda _info, **arguments: asked.update(arguments)})

    assert asked == given


def test_an_argument_that_does_not_fit_is_an_error_of_each_object() -> None:
    """A variable's explicit null, where an argument cannot be null, fails for every object that is asked."""
    document = "query ($in: Int = 1) { pets { name age(in: $in) } }"

    result = ask(SCHEMA, document, {"pets": [PET, {"name": "Rex"}]}, variable_values={"in": None})

    assert result.data == {"pets": [{"name": "Tom", "age": None}, {"name": "Rex", "age": None}]}
    assert [path for _, path in failures(result)] == [["pets", 0, "age"], ["pets", 1, "age"]]
    assert all("null" in message for message, _ in failures(result))


def test_variables_that_do_not_fit_are_refused() -> None:
    """Nothing is executed when a variable has no fitting value."""
    result = ask(
        SCHEMA, "query ($in: Int!) { pet { age(in: $in) } }", {"pet": PET}, variable_values={"in": "x"}
    )

    assert result.data is None
    assert "$in" in failures(result)[0][0]


def test_the_named_operation_is_executed() -> None:
    """Of several operations the named one runs, and none without a name."""
    document = "query One { pet { name } } query Two { pet { __typename } }"

    assert ask(SCHEMA, document, {"pet": PET}, operation_name="Two").data == {"pet": {"__typename": "Pet"}}
    assert ask(SCHEMA, document, {"pet": PET}, operation_name="One").data == {"pet": {"name": "Tom"}}
    assert failures(ask(SCHEMA, document, {"pet": PET})) == [
        ("Must provide operation name if query contains multiple operations.", [])
    ]


@pytest.mark.parametrize("number", [1, 31, 32, 33, 63, 64, 65, 127, 128, 129, 300])
def test_an_object_has_as_many_fields_as_were_asked_for(number: int) -> None:
    """Objects may be wide; fields stay in the order of the document."""
    names = [f"n{index}" for index in range(number)]

    result = ask(
        SCHEMA, "{ pets { " + " ".join(f"{name}: name" for name in names) + " } }", {"pets": [PET, PET]}
    )

    assert [list(pet) for pet in (result.data or {})["pets"]] == [names] * 2
