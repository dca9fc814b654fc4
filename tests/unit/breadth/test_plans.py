"""Plans are made once, and never mistaken for one another."""

from __future__ import annotations

import weakref
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    execute,
    parse,
)
from graphql.execution import Executor

from breadth import BreadthExecutor, request
from tests.unit.breadth.asking import ask, failures

SCHEMA = build_schema("type Query { a: Int b: Int pet: Pet } type Pet { name: String age: Int }")
ROOT = {"a": 1, "b": 2, "pet": {"name": "Tom", "age": 3}}


def run(schema: GraphQLSchema, document: Any, root: Any = ROOT, **options: Any) -> ExecutionResult:
    result = execute(schema, document, root, executor_class=BreadthExecutor, **options)
    assert isinstance(result, ExecutionResult)
    return result


def test_a_document_with_other_variables() -> None:
    """Variables that decide what is skipped decide it in each request anew, at any depth."""
    document = parse(
        """query ($a: Boolean! $name: Boolean = false) {
            a @include(if: $a) b pet { age @include(if: $a) name @skip(if: $name) }
        }"""
    )
    expected = {
        (True, False): {"a": 1, "b": 2, "pet": {"age": 3, "name": "Tom"}},
        (False, False): {"b": 2, "pet": {"name": "Tom"}},
        (True, True): {"a": 1, "b": 2, "pet": {"age": 3}},
        (False, True): {"b": 2, "pet": {}},
    }

    for _ in range(2):
        for (a, name), data in expected.items():
            assert run(SCHEMA, document, variable_values={"a": a, "name": name}).data == data


def test_more_variables_than_plans_are_kept() -> None:
    """An operation with more combinations than are kept answers them all."""
    names = [f"v{number}" for number in range(6)]
    declared = " ".join(f"${name}: Boolean!" for name in names)
    document = parse(f"query ({declared}) {{ {' '.join(f'{n}: a @include(if: ${n})' for n in names)} }}")

    for bits in range(2 ** len(names)):
        given = {name: bool(bits >> number & 1) for number, name in enumerate(names)}
        data = run(SCHEMA, document, variable_values=given).data
        assert data == {name: 1 for name in names if given[name]}


@pytest.mark.parametrize(
    ("arguments", "variables", "given"),
    [
        ("one: 1", {}, [(1, 2, [0])] * 3),
        ("one: $one, two: null", {"one": 3}, [(3, None, [0])] * 3),
        ("one: 1, all: [4]", {}, [(1, 2, [4])] * 3),
        ("one: 1, all: $all", {"all": [5]}, [(1, 2, [5])] * 3),
    ],
)
def test_arguments_are_the_same_each_time(
    arguments: str, variables: dict[str, Any], given: list[tuple[object, ...]]
) -> None:
    """A document that is executed again has the same arguments, whatever resolvers did with those before."""
    schema = build_schema("type Query { add(one: Int, two: Int = 2, all: [Int!]): String }")
    document = parse(f"query ($one: Int, $all: [Int!]) {{ add({arguments}) }}")
    asked = []

    def add(_info: Any, **arguments: Any) -> None:
        asked.append((arguments["one"], arguments["two"], [*arguments.get("all", [0])]))
        arguments.get("all", []).append(6)
        arguments.clear()

    for _ in given:
        run(schema, document, {"add": add}, variable_values=variables)

    assert asked == given


def test_other_variables_are_other_arguments() -> None:
    """Only what stands in the document is the same for all executions of it."""
    schema = build_schema("type Query { add(one: Int, two: Int = 2): String }")
    document = parse("query ($one: Int) { add(one: $one, two: 3) }")
    asked: list[dict[str, int]] = []
    root = {"add": lambda _info, **arguments: asked.append(arguments)}

    for variables in {"one": 1}, {"one": 2}, {}:
        run(schema, document, root, variable_values=variables)

    assert asked == [{"one": 1, "two": 3}, {"one": 2, "two": 3}, {"two": 3}]


def test_an_argument_of_a_scalar_of_ones_own_is_read_each_time() -> None:
    """What a scalar makes of a literal is for it to say, and may be another thing each time."""
    numbers = count()
    schema = build_schema("scalar Next type Query { add(one: Next): Int }")
    scalar = schema.type_map["Next"]
    assert isinstance(scalar, GraphQLScalarType)
    scalar.coerce_input_literal = lambda _node: next(numbers)
    document = parse("{ add(one: 0) }")
    root = {"add": lambda _info, one: one}

    assert [run(schema, document, root).data for _ in range(3)] == [{"add": 0}, {"add": 1}, {"add": 2}]


def test_a_document_with_another_schema() -> None:
    """The same document means something else where the types are others."""
    other = build_schema("type Query { a: String b: [Int] pet: Pet } type Pet { name: String age: String }")
    document = parse("{ a pet { age } }")

    for _ in range(2):
        assert run(SCHEMA, document).data == {"a": 1, "pet": {"age": 3}}
        assert run(other, document).data == {"a": "1", "pet": {"age": "3"}}


def test_the_same_operation_among_other_fragments() -> None:
    """An operation's plan is not used when the fragments around it have changed."""
    operation, fragment = parse("{ pet { ...F } } fragment F on Pet { name }").definitions
    _, other = parse("{ a } fragment F on Pet { age }").definitions

    for given, data in ((fragment, {"name": "Tom"}), (other, {"age": 3})):
        assert run(SCHEMA, DocumentNode(definitions=(operation, given))).data == {"pet": data}


def test_two_operations_of_one_document() -> None:
    """Each operation of a document has its own plan."""
    document = parse("query One { a } query Two { b }")

    for _ in range(2):
        assert run(SCHEMA, document, operation_name="One").data == {"a": 1}
        assert run(SCHEMA, document, operation_name="Two").data == {"b": 2}


def test_plans_go_with_their_documents() -> None:
    """Nothing is kept of a document that nobody has any more, and its number may be another one's."""
    for _ in range(50):
        for field, data in ROOT.items():
            document = parse(f"{{ {field} }}" if field != "pet" else "{ pet { name age } }")
            assert run(SCHEMA, document).data == {field: data}
            gone = weakref.ref(document.definitions[0])
            del document
            assert gone() is None


def test_as_many_plans_as_the_bound_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans do not pile up for documents that are kept: the oldest goes, and is made again."""
    monkeypatch.setattr(request, "MOST_REQUESTS", 3)
    documents = [parse("{ b }") for _ in range(9)]

    for document in (*documents, *documents):
        assert run(SCHEMA, document).data == {"b": 2}

    known = [request.known_request(SCHEMA, document, None) for document in documents]
    assert [*map(bool, known)] == [False] * 6 + [True] * 3


def test_a_resolver_that_changes_the_variables() -> None:
    """What a resolver does to the variables of one request is not in the plan of others."""
    document = parse("query ($show: Boolean!) { a pet { age @include(if: $show) name } }")

    def hide(info: Any) -> dict[str, Any]:
        info.variable_values.coerced["show"] = False
        return {"name": "Tom", "age": 3}

    for root in (ROOT | {"pet": hide}, ROOT, ROOT):
        data = run(SCHEMA, document, root, variable_values={"show": True}).data

    assert data == {"a": 1, "pet": {"age": 3, "name": "Tom"}}


@pytest.mark.parametrize("value", [[True], "yes", 1, None])
def test_variables_that_decide_and_are_not_boolean(value: Any) -> None:
    """What validation would have refused has graphql-core's answer."""
    document = parse("query ($show: Any) { a b @include(if: $show) }")
    schema = build_schema("scalar Any type Query { a: Int b: Int }")
    known = run(schema, document, variable_values={"show": True})
    expected = execute(schema, document, ROOT, variable_values={"show": value}, executor_class=Executor)
    assert isinstance(expected, ExecutionResult)

    result = run(schema, document, variable_values={"show": value})

    assert known.data == {"a": 1, "b": 2}
    assert (result.data, failures(result)) == (expected.data, failures(expected))


ENDLESS = build_schema("type Query { q: Query n: Int }")


def endless() -> dict[str, Any]:
    root: dict[str, Any] = {"n": 1}
    return root | {"q": lambda _info: endless()}


def test_fifty_levels_are_nothing_special() -> None:
    """Answers are as deep as documents, although the data has no end."""
    data: Any = ask(ENDLESS, "{ q " * 50 + "{ n }" + " }" * 50, endless()).data

    for _ in range(50):
        data = data["q"]
    assert data == {"n": 1}


@pytest.mark.parametrize("depth", [200, 5_000])
def test_documents_deeper_than_the_stack_are_refused(depth: int) -> None:
    """Selections nested deeper than Python can follow are an error, not a crash."""
    [operation] = parse("{ q { n } }").definitions
    assert isinstance(operation, OperationDefinitionNode)
    [field] = operation.selection_set.selections
    assert isinstance(field, FieldNode)
    for _ in range(depth):
        field = replace(field, selection_set=SelectionSetNode(selections=(field,)))
    operation = replace(operation, selection_set=SelectionSetNode(selections=(field,)))

    result = run(ENDLESS, DocumentNode(definitions=(operation,)), root=endless())

    assert [*map(str, result.errors or ())] != []


def test_fragments_may_be_deep() -> None:
    """Fragments in fragments are followed."""
    fragments = " ".join(f"fragment F{n} on Pet {{ ...F{n + 1} }}" for n in range(50))

    result = ask(SCHEMA, f"{{ pet {{ ...F0 }} }} {fragments} fragment F50 on Pet {{ name }}", ROOT)

    assert result.data == {"pet": {"name": "Tom"}}
    assert failures(result) == []
