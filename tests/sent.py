"""What clients sent, to be looked for where it must not be."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
from graphql import GraphQLSyntaxError, Lexer, Source, TokenKind

from api.logs import FIELDS, METHODS
from schema.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST, LONGEST = 5, 64
"""Characters of a text that is looked for; of a longer one the first are."""

LARGEST_QUERY = 20_000
MOST_VALUES = 10_000

SHAPES = {
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z",
    "request_id": "[0-9a-f]{32}",
    "document": "[0-9a-f]{16}",
    "client": "[0-9a-f]{8}",
    "duration_ms": r"\d+\.\d+",
    "cost": r"\d+",
    "status": r"\d{3}",
}
"""Random or counted values of a line of the log, in which a postal code, say, may turn up by chance."""


def tokens(document: str) -> Iterator[tuple[TokenKind, str]]:
    """Yield the kinds and values of a document's tokens up to the first fault."""
    lexer = Lexer(Source(document))
    try:
        while (token := lexer.advance()).kind is not TokenKind.EOF:
            yield token.kind, token.value or ""
    except GraphQLSyntaxError:
        return


@lru_cache
def literals(query: str) -> frozenset[str]:
    """Return the strings written into a document."""
    strings = (TokenKind.STRING, TokenKind.BLOCK_STRING)
    return frozenset(value[:LONGEST] for kind, value in tokens(query) if kind in strings)


WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        "query mutation __typename __schema __type event timestamp level logger info warning error critical "
        "request failed customers uvicorn another operations requests body time "
        "GRAPHQL_PARSE_FAILED GRAPHQL_VALIDATION_FAILED PERSISTED_QUERY_NOT_FOUND BAD_USER_INPUT "
        "LIMIT_EXCEEDED UNAUTHENTICATED FORBIDDEN UNAVAILABLE INTERNAL",
    )
)
"""Words of GraphQL and of the log itself. Tests that make texts up take words that stand in the code, too."""


@cache
def vocabulary() -> frozenset[str]:
    """Return the names in the schema and in GraphQL itself, and the log's own words, which logs may hold."""
    schema = (Path(__file__).parents[1] / "schema.graphql").read_text()
    names = {value for kind, value in tokens(schema) if kind is TokenKind.NAME}
    limits = {field.name for field in fields(Limits)}
    return frozenset(names | WORDS | METHODS | limits | set(FIELDS))


class Sent:
    """The texts that the clients of a service sent: an event hook of theirs."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    def __call__(self, request: httpx.Request) -> None:
        """Remember a request: strings in variables and documents, and tokens."""
        for value in request.headers.get_list("authorization"):
            self.add(value, *value.split())
        self._parameters(dict(request.url.params))
        try:
            body = request.content
        except httpx.RequestNotRead:
            return
        try:
            self._parameters(json.loads(body))
        except (ValueError, RecursionError):
            self.add(body.decode(errors="replace"))

    def add(self, *texts: str) -> None:
        """Remember what was sent in another way."""
        self._texts.update(text[:LONGEST] for text in texts)

    def found_in(self, log: str) -> list[str]:
        """Return the texts, save those made of the vocabulary, that a log holds, escaped or not."""
        known = "\n".join({_without_shapes(line) for line in log.splitlines()})
        return [
            text
            for text in self._texts
            if len(text) >= SHORTEST
            and not set(re.findall(r"\w+", text)) <= vocabulary()
            and any(form in known for form in _forms(text))
        ]

    def _parameters(self, parameters: Any) -> None:
        if not isinstance(parameters, dict):
            self.add(*_strings(parameters))
            return
        query = parameters.get("query")
        if isinstance(query, str):
            self.add(*literals(query[:LARGEST_QUERY]))
        self.add(*_strings([value for name, value in parameters.items() if name != "query"]))


def _strings(value: Any) -> Iterator[str]:
    """Yield the strings anywhere in a value, names of fields included."""
    waiting = [value]
    for _ in range(MOST_VALUES):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value


def _forms(text: str) -> set[str]:
    number = re.sub(r"[\s().-]", "", text) if text.startswith("+") else text
    return {text, number, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}


def _without_shapes(line: str) -> str:
    """Return a line of a log without what is random or counted in it, as long as it has the shape of that."""
    if line.startswith("The explorer is at http://127.0.0.1:"):
        return ""
    try:
        values = json.loads(line)
    except ValueError:
        return line
    kept = {
        name: value
        for name, value in values.items()
        if name not in SHAPES or not re.fullmatch(SHAPES[name], str(value))
    }
    return json.dumps(kept, ensure_ascii=False)
