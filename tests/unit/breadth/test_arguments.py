# ruff: noqa: A002, D101, N805 - what Strawberry is to be given
"""Arguments of Strawberry's resolvers, on the breadth-first executor as on Strawberry's."""

from enum import Enum
from typing import Annotated, Any

import pytest
import strawberry
from strawberry.relay import GlobalID
from strawberry.scalars import JSON

from tests.unit.breadth.strawberries import EXECUTORS, outcome, schema


@strawberry.enum
class Size(Enum):
    SMALL = "s"
    LARGE = "l"


@strawberry.input
class Span:
    first: int
    last: int = 9


def shown(*values: object) -> str:
    return " ".join(map(repr, values))


@strawberry.type
class Query:
    number: int = 7

    @strawberry.field
    def leaves(self, some_text: str, size: Size, anything: JSON | None = None) -> str:
        return shown(self.number, some_text, size, anything)

    @strawberry.field
    def defaults(self, maybe_number: int | None = 3, unset: int | None = strawberry.UNSET) -> str:
        return shown(maybe_number, unset)

    @strawberry.field
    def renamed(self, python: Annotated[int, strawberry.argument(name="graphQL")]) -> str:
        return shown(python)

    @strawberry.field
    def lists(self, numbers: list[int] = [1, 2], sizes: list[Size | None] | None = None) -> str:  # noqa: B006
        numbers.append(0)
        return shown(numbers, sizes)

    @strawberry.field
    def span(self, span: Span, text: str = "") -> str:
        return shown(type(span).__name__, span.first, span.last, text)

    @strawberry.field
    def maybe(self, text: strawberry.Maybe[str | None] = None) -> str:
        return shown(text)

    @strawberry.field
    def global_id(self, id: GlobalID, other: GlobalID | None = None) -> str:
        return shown(id.type_name, id.node_id, other)

    @strawberry.field
    def context(self, the_info: strawberry.Info, text: str) -> str:
        return shown(the_info.field_name, the_info.python_name, the_info.context, text)

    @strawberry.field
    async def later(self, number: int) -> int:
        return number + self.number

    @strawberry.field
    @staticmethod
    def alone(number: int) -> int:
        return -number

    @strawberry.field
    def parent(root: strawberry.Parent["Query"], text: str) -> str:
        return shown(root.number, text)


ASKED = [
    ('leaves(someText: "a", size: LARGE)', "7 'a' <Size.LARGE: 'l'> None"),
    ('leaves(someText: "", size: SMALL, anything: {a: [1]})', "7 '' <Size.SMALL: 's'> {'a': [1]}"),
    ("defaults", "3 UNSET"),
    ("defaults(maybeNumber: null, unset: 1)", "None 1"),
    ("renamed(graphQL: 5)", "5"),
    ("lists", "[1, 2, 0] None"),
    ("lists(numbers: [], sizes: [SMALL, null])", "[0] [<Size.SMALL: 's'>, None]"),
    ("span(span: {first: 1})", "'Span' 1 9 ''"),
    ('span(text: "t", span: {first: 1, last: 2})', "'Span' 1 2 't'"),
    ("maybe", "None"),
    ("maybe(text: null)", "Some(None)"),
    ('maybe(text: "t")', "Some('t')"),
    ('globalId(id: "QTox")', "'A' '1' None"),
    ('context(text: "t")', "'context' 'context' {'a': 1} 't'"),
    ("later(number: 3)", 10),
    ("alone(number: 3)", -3),
    ('parent(text: "t")', "7 't'"),
]


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize(("field", "answer"), ASKED)
async def test_arguments(executor: Any, field: str, answer: object) -> None:
    """Every kind of argument arrives as Strawberry has it, each time, left out or given."""
    asked = schema(Query, executor)

    for _ in range(2):
        result = await asked.execute(f"{{ answer: {field} }}", root_value=Query(), context_value={"a": 1})
        assert outcome(result) == ({"answer": answer}, [])


@pytest.mark.parametrize("executor", EXECUTORS)
async def test_wrong_arguments(executor: Any) -> None:
    """What only the way to the resolver can find wrong is told as Strawberry tells it."""
    result = await schema(Query, executor).execute('{ globalId(id: "?") }', root_value=Query())

    data, [(message, path)] = outcome(result)
    assert (data, path) == (None, ["globalId"])
    assert message == 'Value cannot represent a GlobalID: "?".'
