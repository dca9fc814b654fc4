"""Documents that are valid against a schema."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphql import get_named_type, is_composite_type, is_leaf_type, is_union_type

if TYPE_CHECKING:
    from graphql import GraphQLField, GraphQLNamedType, GraphQLSchema

    from tests.unit.breadth.choices import Choices

VARIABLES: Final[dict[str, tuple[str, list[Any]]]] = {
    "int": ("Int", [4, None]),
    "some": ("Int! = 6", [7]),
    "even": ("Int = 8", [9, None]),
    "must": ("Int!", [10]),
    "yes": ("Boolean! = true", [True, False]),
    "no": ("Boolean!", [False, True]),
    "hue": ("Color = GREEN", ["RED", None]),
    "numbers": ("[Int!]", [[1, 2], [], None, 3]),
    "text": ("String", ["text", None]),
    "options": ("Options", [{"most": 1}, {"inner": {"color": "BLUE"}}, None]),
}
"""Of each variable, its declaration and values for it; all but those that must be given can be left out."""

TEXTS: Final = {
    "n": ["n: 2", "n: $int", "n: null", "n: $must", "n: $even"],
    "m": ["m: 2", "m: $must", "m: $even", "m: $some"],
    "color": ["color: BLUE", "color: $hue"],
    "list": ["list: [1, 2]", "list: $numbers", "list: 3", "list: [$must, $some]"],
    "text": ['text: "t"', "text: $text"],
    "options": ["options: {}", "options: $options", "options: {most: $even, inner: {color: $hue}}"],
}
CONDITIONS: Final = [
    *[""] * 14,
    " @skip(if: false)", " @skip(if: true)", " @include(if: $yes)", " @skip(if: $no)", " @include(if: $no)",
    " @skip(if: $no) @include(if: $yes)",
]  # fmt: skip


class Request(NamedTuple):
    """A document, the name of the operation to execute, and values for its variables, twice."""

    document: str
    operation_name: str | None
    variables: tuple[dict[str, Any], dict[str, Any]]


class _Writing:
    def __init__(self, choices: Choices, schema: GraphQLSchema) -> None:
        self.pick = choices.pick
        self.schema = schema
        self.composites = [t for t in map(schema.type_map.get, ("A", "B", "C", "I", "U")) if t is not None]
        self.fragments: dict[str, tuple[GraphQLNamedType, str]] = {}

    def possible(self, type_: Any) -> set[str]:
        if is_union_type(type_) or type_.name == "I":
            return {possible.name for possible in self.schema.get_possible_types(type_)}
        return {type_.name}

    def overlapping(self, type_: Any, other: Any) -> bool:
        return bool(self.possible(type_) & self.possible(other))

    def condition(self) -> str:
        text: str = self.pick(CONDITIONS)
        return text

    def selection(self, type_: Any, depth: int) -> str:
        """Write a selection set on a type; below `depth` there are leaves only."""
        fields = {} if is_union_type(type_) else type_.fields
        names = [
            name for name, field in fields.items() if depth > 0 or is_leaf_type(get_named_type(field.type))
        ]
        kinds = [*(["field"] * 5 if names else []), "typename", "inline", "untyped", "spread"]
        if depth <= 0:
            kinds = [*(["field"] * 5 if names else []), "typename"]
        parts = []
        for _ in range(self.pick([1, 2, 3, 4, 5])):
            kind = self.pick(kinds)
            if kind == "field":
                name = self.pick(names)
                parts.append(self.field(name, fields[name], depth))
            elif kind == "typename":
                parts.append(self.pick(["__typename", "kind: __typename"]) + self.condition())
            elif kind == "untyped":
                parts.append(f"...{self.condition()} {self.selection(type_, depth - 1)}")
            elif kind == "inline":
                others = [other for other in self.composites if self.overlapping(type_, other)]
                other = self.pick(others or [type_])
                parts.append(f"... on {other}{self.condition()} {self.selection(other, depth - 1)}")
            else:
                spreadable = [
                    name for name, (other, _) in self.fragments.items() if self.overlapping(type_, other)
                ]
                name = self.pick(spreadable) if spreadable else ""
                parts.append(f"...{name}{self.condition()}" if name else "__typename")
        return "{ " + " ".join(parts) + " }"

    def field(self, name: str, field: GraphQLField, depth: int) -> str:
        """Write a field; what it is called in the answer says its arguments, so that selections can merge."""
        text = name
        if field.args:
            picked = [self.pick([None, *TEXTS[argument]]) for argument in field.args]
            given = [argument for argument in picked if argument]
            if given:
                alias = re.sub(r"\W+", "_", "_".join(given))
                text = f"{name}_{alias}: {name}({', '.join(given)})"
        elif self.pick([False] * 5 + [True]):
            text = f"also_{name}: {name}"
        text += self.condition()
        named = get_named_type(field.type)
        if is_composite_type(named):
            text += " " + self.selection(named, depth - 1)
        return text


def made_request(choices: Choices, schema: GraphQLSchema, operation: str) -> Request:
    """Make a request that is valid; some have a second operation."""
    pick = choices.pick
    writing = _Writing(choices, schema)
    bodies: dict[str, str] = {}
    for name in pick(((), ("First",), ("First", "Second"))):
        on = pick(writing.composites)
        bodies[name] = f"fragment {name} on {on} {writing.selection(on, 1)}"
        writing.fragments[name] = on, bodies[name]
    root = schema.type_map[operation.title()]
    body = writing.selection(root, 4)
    waiting, used = [body], dict[str, str]()
    while waiting:
        for name in re.findall(r"\.\.\.(First|Second)", waiting.pop()):
            if name not in used:
                used[name] = bodies[name]
                waiting.append(bodies[name])
    body = " ".join([body, *used.values()])
    names = [name for name in VARIABLES if f"${name}" in re.findall(r"\$\w+", body)]
    declared = ", ".join(f"${name}: {VARIABLES[name][0]}" for name in names)
    head, operation_name = (operation, None) if declared or operation != "query" else ("", None)
    if pick([False, False, False, True]):
        head, operation_name = f"query Other {{ __typename }} {operation} Main", "Main"
    variables = []
    for _ in range(2):
        given = {}
        for name in names:
            declaration, values = VARIABLES[name]
            value = pick(values if declaration.endswith("!") else [*values, "absent"])
            if value != "absent":
                given[name] = value
        variables.append(given)
    return Request(
        f"{head}{f'({declared})' if declared else ''} {body}", operation_name, (variables[0], variables[1])
    )
