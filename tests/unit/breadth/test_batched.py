"""Fields that are resolved for all objects at once."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breadth import StrawberryBreadthExecutor
from tests.unit.breadth.nodes import Context, asked
from tests.unit.breadth.strawberries import EXECUTORS, outcome

on_both = pytest.mark.parametrize("executor", EXECUTORS)


@on_both
def test_values_go_to_their_objects(executor: Any) -> None:
    """Each object gets its own value; arguments are those of the field, defaults included."""
    result = asked(executor).execute_sync(
        "{ nodes { added(one: 1) more: added(one: 2, twoThree: 0) } }", context_value=Context()
    )

    assert outcome(result) == (
        {"nodes": [{"added": f"{n + 24} added", "more": f"{n + 2} more"} for n in (1, 2, 3)]},
        [],
    )


def test_all_objects_at_once() -> None:
    """A batched resolver is called once for all objects, and once for each alias."""
    context = Context()

    asked().execute_sync("{ nodes { added(one: 1) more: added(one: 2) } }", context_value=context)

    assert context.called == [("added 1", [1, 2, 3]), ("added 2", [1, 2, 3])]


def test_nobody_to_ask() -> None:
    """Where there are no objects, the resolver is not called."""
    context = Context()

    result = asked().execute_sync("{ nodes(to: 1) { added(one: 1) } }", context_value=context)

    assert outcome(result) == ({"nodes": []}, [])
    assert context.called == []


async def test_batches_with_errors_are_asked_once() -> None:
    """A batched resolver is not called again to find the order of errors."""
    context = Context()

    result = await asked().execute("{ nodes { odd squared } }", context_value=context)

    assert outcome(result) == (
        {"nodes": [{"odd": n if n == 2 else None, "squared": n * n} for n in (1, 2, 3)]},
        [("1", ["nodes", 0, "odd"]), ("3", ["nodes", 2, "odd"])],
    )
    assert context.called == [("squared", [1, 2, 3])]


@on_both
async def test_asynchronous_batches(executor: Any) -> None:
    """A batched resolver may be asynchronous."""
    context = Context()

    result = await asked(executor).execute("{ nodes { squared } }", context_value=context)

    assert outcome(result) == ({"nodes": [{"squared": n * n} for n in (1, 2, 3)]}, [])
    if executor is StrawberryBreadthExecutor:
        assert context.called == [("squared", [1, 2, 3])]


@on_both
async def test_one_load_for_all_objects(executor: Any) -> None:
    """A data loader loads once for all objects, and once for their children."""
    context = Context()

    result = await asked(executor).execute("{ nodes { loaded children { loaded } } }", context_value=context)

    assert outcome(result) == (
        {
            "nodes": [
                {"loaded": -n, "children": [{"loaded": -2 * n}, {"loaded": -2 * n - 1}]} for n in (1, 2, 3)
            ]
        },
        [],
    )
    keys = [key for load in context.loads for key in load]
    assert len(keys) == len({*keys})
    assert len(context.loads) <= 2


@on_both
def test_an_exception_among_the_values(executor: Any) -> None:
    """An exception among the values is the error of its object; the others have theirs."""
    result = asked(executor).execute_sync("{ nodes { odd } }")

    assert outcome(result) == (
        {"nodes": [{"odd": None}, {"odd": 2}, {"odd": None}]},
        [("1", ["nodes", 0, "odd"]), ("3", ["nodes", 2, "odd"])],
    )


@on_both
async def test_a_resolver_that_raises(executor: Any) -> None:
    """What a batched resolver raises is the error of each object."""
    result = await asked(executor).execute("{ nodes { raising } }")

    assert outcome(result) == (
        {"nodes": [{"raising": None}] * 3},
        [("True", ["nodes", row, "raising"]) for row in range(3)],
    )


@pytest.mark.parametrize(("field", "says"), [("tooFew", "2 values for 3 objects"), ("noList", "NoneType")])
def test_a_wrong_number_of_values(field: str, says: str) -> None:
    """Values that cannot be told apart are an error of each object."""
    result = asked().execute_sync(f"{{ nodes {{ {field} }} }}")

    assert result.data == {"nodes": [{field: None}] * 3}
    assert [error.path for error in result.errors or ()] == [["nodes", row, field] for row in range(3)]
    assert all(says in error.message for error in result.errors or ())


@on_both
def test_with_permissions(executor: Any) -> None:
    """A permission is asked for each object, and the resolver for those that are allowed, one at a time."""
    context = Context()

    result = asked(executor).execute_sync("{ nodes { secret } }", context_value=context)

    assert outcome(result) == (
        {"nodes": [{"secret": 1}, {"secret": None}, {"secret": 3}]},
        [("secret", ["nodes", 1, "secret"])],
    )
    assert context.called == [("secret", [1]), ("secret", [3])]


@on_both
def test_with_extensions(executor: Any) -> None:
    """An extension wraps the resolver for each object."""
    context = Context()

    result = asked(executor).execute_sync("{ nodes { doubled } }", context_value=context)

    assert outcome(result) == ({"nodes": [{"doubled": 2 * n} for n in (1, 2, 3)]}, [])
    assert context.called == [("doubled", [n]) for n in (1, 2, 3)]


@on_both
def test_with_exception_handlers(executor: Any) -> None:
    """A handler answers for the object whose resolver raised."""
    context = Context()

    result = asked(executor).execute_sync("{ nodes { handled { __typename } } }", context_value=context)

    assert outcome(result) == (
        {"nodes": [{"handled": {"__typename": name}} for name in ("Oddity", "Node", "Oddity")]},
        [],
    )
    assert context.called == [("handled", [n]) for n in (1, 2, 3)]


def documents(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for selections of nodes, as names of what is asked, and what is asked of children."""
    leaves = st.dictionaries(st.sampled_from(["number", "a: added(one: 1)", "b: added(one: 2)"]), st.none())
    if not depth:
        return leaves.filter(bool)
    children = st.dictionaries(st.sampled_from(["children", "other: children"]), documents(depth - 1))
    return st.builds(dict.__or__, leaves, children).filter(bool)


def written(selection: dict[str, Any]) -> str:
    return "{ " + " ".join(key + (written(below) if below else "") for key, below in selection.items()) + " }"


def calls(selection: dict[str, Any], numbers: list[int]) -> list[tuple[str, list[int]]]:
    """Return the calls to expect: one for each field of the selection, with all objects at its depth."""
    expected = []
    for key, below in selection.items():
        if "added" in key:
            expected.append((f"added {key[-2]}", numbers))
        if below:
            expected.append(("children", numbers))
            expected += calls(below, [child for n in numbers if n < 16 for child in (2 * n, 2 * n + 1)])
    return expected


@settings(max_examples=100, deadline=None)
@given(selection=documents(3))
def test_one_call_for_each_field(selection: dict[str, Any]) -> None:
    """Whatever is asked, each field of the document calls its resolver once, with all objects in order."""
    context, theirs = Context(), Context()
    document = f"{{ nodes {written(selection)} }}"

    result = asked_once.execute_sync(document, context_value=context)

    assert sorted(context.called) == sorted(calls(selection, [1, 2, 3]))
    assert result.data == asked_of_core.execute_sync(document, context_value=theirs).data


asked_once, asked_of_core = map(asked, EXECUTORS)
