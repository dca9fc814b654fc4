"""Variables have graphql-core's values, or its errors, however often a document is executed."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, Final

import pytest
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    MiddlewareManager,
    OperationDefinitionNode,
    Undefined,
    build_schema,
    execute,
    get_nullable_type,
    is_input_type,
    parse,
    type_from_ast,
)
from graphql.execution import Executor
from graphql.language.parser import MAX_NESTING_DEPTH
from hypothesis import given
from hypothesis import strategies as st

from breadth import BreadthExecutor

SCHEMA: Final = build_schema(
    """
    scalar Even
    scalar Any
    enum Color { RED GREEN }
    input Inner { name: String! tags: [String!] = ["none"] inner: Inner inners: [Inner] color: Color = RED }
    input One @oneOf { number: Int text: String }
    input All {
        id: ID! int: Int! = 7 float: Float yes: Boolean! even: Even evens: [Even] many: [[Int!]]
        inner: Inner!
    }
    type Query {
        ask(all: All list: [All!] inner: Inner one: One even: Even texts: [String] anys: [Any!]): String
    }
    """
)


def even(value: Any) -> Any:
    """Return half of an even number, Undefined for an odd one, and raise what else there is."""
    return value // 2 if value % 2 == 0 else Undefined


SCHEMA.type_map["Even"].coerce_input_value = even  # type: ignore[attr-defined]
SCHEMA.type_map["Inner"].out_type = lambda value: ("Inner", value)  # type: ignore[attr-defined]
SCHEMA.type_map["All"].fields["yes"].out_name = "agreed"  # type: ignore[attr-defined]

DOCUMENT: Final = parse(
    """query (
        $all: All $list: [All!] $inner: Inner = {name: "default"} $must: Inner! $one: One $even: Even
        $texts: [String] = ["default"] $anys: [Any!] $unused: Int
    ) {
        ask(all: $all list: $list inner: $inner one: $one even: $even texts: $texts anys: $anys)
        must: ask(inner: $must)
    }"""
)
[OPERATION] = [node for node in DOCUMENT.definitions if isinstance(node, OperationDefinitionNode)]

LEAVES: Final = {
    "String": st.sampled_from(["text", ""]),
    "ID": st.sampled_from(["id", 5, "5"]),
    "Int": st.sampled_from([0, 5, -(2**31), 2.0]),
    "Float": st.sampled_from([0, 1.5]),
    "Boolean": st.booleans(),
    "Even": st.sampled_from([0, 4]),
    "Any": st.sampled_from([0, "text", [None], {"deep": {"deeper": []}}]),
    "Color": st.sampled_from(["RED", "GREEN"]),
}
LEFT_OUT: Final = [
    {"one"},
    {"one", "all"},
    {"one", "list", "even"},
    {"one", "inner", "texts"},
    {"must"},
    set[str](),
]
"""Variables without a value."""

ODD: Final = st.sampled_from(
    [
        None,
        True,
        3,
        2**31,
        0.5,
        "RED",
        "red",
        "text",
        [],
        [3],
        [None],
        {},
        {"name": "x"},
        {"other": 1},
        Undefined,
    ]
)
"""What fits here and there, and mostly does not."""


def fitting(type_: GraphQLInputType, depth: int = 0) -> st.SearchStrategy[Any]:
    """Return values that fit a type, if nothing odd is among them."""
    nullable: Any = get_nullable_type(type_)
    if isinstance(nullable, GraphQLList):
        values: st.SearchStrategy[Any] = st.lists(mixed(nullable.of_type, depth + 1), max_size=2)
    elif isinstance(nullable, GraphQLInputObjectType):
        required = {
            name: mixed(field.type, depth + 1)
            for name, field in nullable.fields.items()
            if isinstance(field.type, GraphQLNonNull) and field.default is None
        }
        optional = {
            name: mixed(field.type, depth + 1)
            for name, field in nullable.fields.items()
            if name not in required and depth < 3
        }
        values = st.fixed_dictionaries(required, optional=optional)
    else:
        assert isinstance(nullable, GraphQLScalarType | GraphQLEnumType)
        values = LEAVES[nullable.name]
    return values if isinstance(type_, GraphQLNonNull) else st.one_of(values, values, st.none())


def mixed(type_: GraphQLInputType, depth: int) -> st.SearchStrategy[Any]:
    """Return values of which one in a hundred is odd."""
    return st.integers(0, 99).flatmap(lambda number: fitting(type_, depth) if number else ODD)


@st.composite
def values(draw: st.DrawFn) -> dict[str, Any]:
    """Make values for the variables; some are left out, and some are for none."""
    made: dict[str, Any] = {}
    left_out = draw(st.sampled_from(LEFT_OUT))
    for definition in OPERATION.variable_definitions or ():
        type_ = type_from_ast(SCHEMA, definition.type)
        assert is_input_type(type_)
        name = definition.variable.name.value
        if name not in left_out:
            made[name] = draw(mixed(type_, 0))
    return made | draw(st.sampled_from([{}, {}, {"other": 1}]))


def asked(executor_class: type[Executor[Any]], variables: dict[str, Any], **options: Any) -> list[Any]:
    """Return what the resolvers are told, and the errors."""
    told: list[Any] = []

    def tell(info: Any, **arguments: Any) -> None:
        coerced, sources = info.variable_values.coerced, info.variable_values.sources
        given = [(name, source.signature.type, source.value) for name, source in sources.items()]
        told.append((arguments, coerced, repr(given)))

    result = execute(
        SCHEMA, DOCUMENT, {"ask": tell}, variable_values=variables, executor_class=executor_class, **options
    )
    assert isinstance(result, ExecutionResult)
    return [
        *told,
        result.data,
        [(error.message, error.locations, error.path) for error in result.errors or ()],
    ]


@given(values())
def test_variables_are_those_of_graphql_core(variables: dict[str, Any]) -> None:
    """Values that fit are coerced alike, others refused alike."""
    expected = asked(Executor, variables)

    assert asked(BreadthExecutor, variables) == expected
    assert asked(BreadthExecutor, variables) == expected


@pytest.mark.parametrize(
    "odd",
    [
        {"must": {"name": "x", "other": 1}},
        {"must": {"other": 1}},
        {"must": {"name": None}},
        {"must": {"name": "x", "color": "BLUE"}},
        {"must": {"name": "x", "tags": "one"}},
        {"must": {"name": "x", "tags": [None]}},
        {"must": {"name": "x", "inners": [{}, None]}},
        {"must": None},
        {"even": 3},
        {"even": "text"},
        {"even": [2]},
        {"list": {"id": 1, "yes": True, "inner": {"name": "x"}}},
        {"texts": {"name": "x"}},
        {"one": {"number": 1, "text": "x"}},
        {"unused": True},
        {"anys": [None]},
        {"anys": [Undefined]},
        {"anys": [{"deep": []}, [[None]]]},
    ],
)
def test_what_is_odd_is_for_graphql_core(odd: dict[str, Any]) -> None:
    """One value that does not fit, or not as it stands, has graphql-core's answer beside others that fit."""
    fits: dict[str, Any] = {"must": {"name": "x"}, "inner": None, "texts": ["x"]}

    for variables in (fits, fits | odd, fits):
        assert asked(BreadthExecutor, variables) == asked(Executor, variables)


@pytest.mark.parametrize("field", ["inner", "inners"])
@pytest.mark.parametrize(
    "depth", [MAX_NESTING_DEPTH // size + more for size in (1, 2) for more in range(-3, 4)]
)
def test_input_may_be_nested_as_deep(field: str, depth: int) -> None:
    """Input is refused that graphql-core refuses because of its depth, and no other."""
    must: dict[str, Any] = {"name": "x"}
    for _ in range(depth):
        must = {"name": "x", field: [must] if field == "inners" else must}
    variables: dict[str, Any] = {"must": must, "inner": None, "texts": []}

    assert asked(BreadthExecutor, variables) == asked(Executor, variables)


@pytest.mark.parametrize(
    "options",
    [
        {"middleware": [lambda resolve, *args, **given: resolve(*args, **given)]},
        {
            "middleware": MiddlewareManager(
                lambda resolve, *args, **given: (resolve(*args, **given), "seen")[1]
            )
        },
        {"middleware": MiddlewareManager()},
        {"field_resolver": lambda _source, info, **_given: info.field_name},
        {"max_coercion_errors": 1},
        {"hide_suggestions": True},
    ],
)
def test_options_hold_for_a_document_that_is_known(options: dict[str, Any]) -> None:
    """What executions are told beside the document is heeded each time."""
    fits: dict[str, Any] = {"must": {"name": "x"}, "inner": None, "texts": []}
    refused = {"must": {"nam": "x"}, "one": {}, "all": {"yes": 1}}

    for variables in (fits, refused, fits, refused):
        assert asked(BreadthExecutor, variables, **options) == asked(Executor, variables, **options)


def told_together(schema: GraphQLSchema, document: DocumentNode, barrier: Barrier) -> list[Any]:
    """Return what resolvers are told in three executions, begun when the others are ready."""
    told: list[Any] = []
    barrier.wait(10)
    for _ in range(3):
        execute(
            schema,
            document,
            {"ask": lambda _info, i: told.append(i)},
            variable_values={"i": {"f0": 5}},
            executor_class=BreadthExecutor,
        )
    return told


def test_threads_may_share_a_schema() -> None:
    """Whoever reads an input while another thread does so for the first time has all of its fields."""
    fields = [f"f{number}" for number in range(12)]
    defined = " ".join(f"{name}: Int = 1" for name in fields)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(20):
            schema = build_schema(f"input I {{ {defined} }} type Query {{ ask(i: I): String }}")
            document = parse("query ($i: I) { ask(i: $i) }")
            barrier = Barrier(4)

            with ThreadPoolExecutor(4) as threads:
                asking = [threads.submit(told_together, schema, document, barrier) for _ in range(4)]
                told = [future.result() for future in asking]

            assert told == [[dict.fromkeys(fields, 1) | {"f0": 5}] * 3] * 4
    finally:
        sys.setswitchinterval(interval)
