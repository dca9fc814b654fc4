"""The data behind a schema: objects that refer to each other, and what goes wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLNonNull, GraphQLString, is_abstract_type, is_leaf_type, is_list_type
from graphql.pyutils import Undefined

from tests.unit.breadth.schemas import LEAVES
from tests.unit.breadth.values import Failure, Items, Later, Pace, Plain, Row, Thing, Told, Value

if TYPE_CHECKING:
    from graphql import GraphQLSchema

    from tests.unit.breadth.choices import Choices

WHOLE = ["list", "list", "tuple", "generator"]
FAULTS = ["null", "null", "raised", "raised", "returned", "wrong", "wrong", "wrong", "undefined"]


class _Making:
    """Makes values; `sound` is how many values are fine for one that is not."""

    def __init__(self, choices: Choices, schema: GraphQLSchema, pace: Pace) -> None:
        self.pick = choices.pick
        self.schema = schema
        self.pace = pace
        self.kinds = [*["sound"] * self.pick([40, 12, 6]), *FAULTS]
        self.objects: dict[str, list[Thing]] = {}
        for name in ("A", "B", "C", "Query", "Mutation"):
            if name in schema.type_map:
                self.objects[name] = [self.thing(name) for _ in range(1 if len(name) > 1 else 2)]
        for name, things in self.objects.items():
            fields = schema.type_map[name].fields  # type: ignore[attr-defined]
            for thing in things:
                thing.values.update((field, self.value(fields[field].type)) for field in fields)

    def thing(self, name: str) -> Thing:
        claims = [*[name] * 40, None, "A", "Nothing", "Color", 5, "raise"]
        return self.pick([Thing, Row])(name, name if len(name) > 1 else self.pick(claims))

    def value(self, type_: Any) -> Value:
        """Return what a resolver, or an item of a list, is."""
        later = "now"
        if self.pace is not Pace.NOW:
            later = self.pick(["now", "now", "now", "coroutine", "coroutine", "awaitable", "future"])
        turns = 0
        if later in {"coroutine", "awaitable"} and self.pace is Pace.WAITING:
            turns = self.pick([0, 1, 2, 3])
        value = self.faulty(type_)
        return value if later == "now" else Later(later, turns, value)

    def faulty(self, type_: Any) -> Value:
        kind = self.pick(self.kinds)
        if kind == "null":
            return Plain(None)
        if kind == "undefined":
            return Plain(Undefined)
        if kind in {"raised", "returned"}:
            message = self.pick(["one", "two", "graphql", "located"])
            return Failure(message, kind == "raised")
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        if is_list_type(type_):
            return self.items(type_.of_type, kind == "wrong")
        if is_leaf_type(type_):
            return self.leaf(type_, kind == "wrong")
        names = ["A", "B", "C"] if kind == "wrong" else [type_.name]
        if kind != "wrong" and is_abstract_type(type_):
            names = [possible.name for possible in self.schema.get_possible_types(type_)]
        return Plain(self.pick([t for name in names for t in self.objects.get(name, [])]))

    def items(self, type_: Any, wrong: bool) -> Value:
        kinds = WHOLE if self.pace is Pace.NOW else [*WHOLE, "async generator"]
        if wrong:
            kind = self.pick(["text", "number", "mapping", *kinds])
            wrongs: dict[str, Any] = {"text": "text", "number": 5, "mapping": {}}
            if kind in wrongs:
                return Plain(wrongs[kind])
        else:
            kind = self.pick(kinds)
        sizes = [1, 2, 3, 2, 0]
        items = [self.value(type_) for _ in range(self.pick(sizes))]
        waits = kind == "async generator" and self.pace is Pace.WAITING
        return Items(kind, items, breaks=wrong, turns=self.pick([0, 0, 1, 2]) if waits else 0)

    def leaf(self, type_: Any, wrong: bool) -> Value:
        if type_ is GraphQLString and self.pick([False, True]):
            return Told()
        values = LEAVES[type_]
        return Plain(self.pick(values if wrong else values[:2]))


def made_root(choices: Choices, schema: GraphQLSchema, pace: Pace, operation: str) -> Thing:
    """Make the root value of a query or a mutation, and all that is to be found from there."""
    return _Making(choices, schema, pace).objects[operation.title()][0]
