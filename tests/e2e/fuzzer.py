"""Requests made up at random: valid ones, such that nearly are, and such that are none."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_from_bytes

from graphql import (
    GraphQLBoolean,
    GraphQLNonNull,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
)

from tests.e2e.values import TEXTS, Values, literal

if TYPE_CHECKING:
    from random import Random

    from graphql import GraphQLField, GraphQLOutputType

    from tests.e2e.values import Known

SCHEMA: Final = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text())
TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\$?\w+|\.\.\.|\S')
OTHERS: Final = ("{", "}", "(", "...", "@skip", "null", "$v0", "\ud800", "9" * 30)
ACCEPTED: Final = ("application/graphql-response+json", "application/json", "*/*", "text/plain, */*;q=0.1")

PARAMETERS: Final = ("query", "variables", "extensions", "operationName", "documentId", "x")

LONGEST_ADDRESS: Final = 60_000
"""Characters of an address that the service takes, more or less."""


@dataclass
class Sent:
    """A request as it goes out."""

    method: str
    target: str
    body: bytes | None
    headers: dict[str, str]


class Fuzzer(Values):
    """Makes up requests: the same ones for the same random numbers and the same database."""

    def __init__(self, random: Random, known: Known) -> None:
        super().__init__(random, known)
        self.document = ""
        self.fragments: list[str] = []

    def request(self) -> Sent:
        """Return the next request."""
        headers = {"Accept": self.random.choice(ACCEPTED)}
        parameters = self._parameters()
        if self.maybe(0.1):
            target = "&".join(self._in_address(name, value) for name, value in parameters.items())
            if len(target) < LONGEST_ADDRESS:
                return Sent("GET", f"/graphql?{target}", None, headers)
        body = json.dumps(parameters, ensure_ascii=self.maybe(0.5)).encode("utf-8", "surrogatepass")
        headers["Content-Type"] = "application/json"
        return Sent("POST", "/graphql", self._damaged(body), headers)

    def _in_address(self, name: str, value: Any) -> str:
        text = value if isinstance(value, str) else json.dumps(value)
        return f"{name}={quote_from_bytes(self._damaged(text.encode('utf-8', 'surrogatepass')))}"

    def _parameters(self) -> dict[str, Any]:
        if not self.variables or self.maybe(0.1):
            self.document = self._document()
        parameters: dict[str, Any] = {"query": self.document}
        if self.variables or self.maybe(0.1):
            parameters["variables"] = {
                variable: self.value(type_, name, inside=True)
                for variable, (type_, name) in self.variables.items()
            }
        if self.maybe(0.05):
            parameters["operationName"] = self.random.choice([None, "", "a", *TEXTS])
        if self.maybe(0.03):
            persisted = {"version": 1, "sha256Hash": self.anything()}
            parameters["extensions"] = self.random.choice([{}, {"persistedQuery": persisted}])
        if self.maybe(0.03):
            parameters[self.random.choice(PARAMETERS)] = self.anything()
        return parameters

    def _damaged(self, data: bytes) -> bytes:
        """Return the same bytes; now and then with a few others, or without an end."""
        if not data or not self.maybe(0.05):
            return data
        at = self.random.randrange(len(data))
        garbage = self.random.randbytes(3)
        return self.random.choice([data[:at], data[at:], data[:at] + garbage + data[at:], data + data])

    def _document(self) -> str:
        self.variables, self.fragments = {}, []
        kind = self.random.choice(["query", "mutation"])
        root = SCHEMA.query_type if kind == "query" else SCHEMA.mutation_type
        assert root
        selections = self._selections(root, self.random.randrange(2, 5))
        declared = " ".join(f"${variable}: {type_}" for variable, (type_, _) in self.variables.items())
        document = f"{kind} a{declared and f'({declared})'} {selections} {' '.join(self.fragments)}"
        return self._nearly(document) if self.maybe(0.3) else document

    def _nearly(self, document: str) -> str:
        """Return a document with other tokens in a few places."""
        tokens = TOKEN.findall(document)
        others = [*OTHERS, self.random.choice(tokens)]
        for _ in range(self.random.randrange(1, 4)):
            at = self.random.randrange(len(tokens) or 1)
            some = tokens[at : at + self.random.randrange(1, 4)]
            other = self.random.choice(others)
            tokens[at : at + len(some)] = self.random.choice(
                [[], some * self.random.randrange(2, 20), [other], [other, *some]]
            )
        return " ".join(tokens)

    def _selections(self, type_: GraphQLOutputType, depth: int) -> str:
        selected = ["__typename"] if self.maybe(0.1) else []
        if is_abstract_type(type_):
            possible = SCHEMA.get_possible_types(type_)
            some = self.random.sample(possible, self.random.randint(1, len(possible)))
            selected += [f"... on {one} {self._selections(one, depth)}" for one in some]
        if isinstance(type_, GraphQLObjectType):
            fields = [name for name, of in type_.fields.items() if depth > 1 or is_leaf_type(_inner(of))]
            most = 2 if type_ in (SCHEMA.query_type, SCHEMA.mutation_type) else 3
            chosen = self.random.sample(fields, min(self.random.randint(1, most), len(fields)))
            selected += [self._field(name, type_.fields[name], depth) for name in chosen]
        if type_ is SCHEMA.query_type and self.maybe(0.05):
            selected.append(f"__type(name: {literal(self.text(''))}) {{ name fields {{ name }} }}")
        selection = "{ " + (" ".join(selected) or "__typename") + " }"
        if self.maybe(0.05):
            name = f"f{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {type_} {selection}")
            return "{ " + f"...{name} " * self.random.randint(1, 2) + "}"
        return selection

    def _field(self, name: str, of: GraphQLField, depth: int) -> str:
        alias = f"a{self.random.randrange(9)}: " if self.maybe(0.05) else ""
        directive = ""
        if self.maybe(0.05):
            condition = literal(self.value(GraphQLNonNull(GraphQLBoolean)))
            directive = f" @{self.random.choice(['skip', 'include'])}(if: {condition})"
        given = {
            argument: literal(self.value(taken.type, argument))
            for argument, taken in of.args.items()
            if is_required_argument(taken) or self.maybe(0.25)
        }
        arguments = f"({' '.join(f'{key}: {value}' for key, value in given.items())})" if given else ""
        below = "" if is_leaf_type(_inner(of)) else " " + self._selections(_inner(of), depth - 1)
        return f"{alias}{name}{arguments}{directive}{below}"


def _inner(of: GraphQLField) -> Any:
    return get_named_type(of.type)
