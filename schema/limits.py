"""What a document may ask for at most, decided before anything of it is executed.

A fragment is looked at once, wherever and however often it is spread, so that deciding takes time in
proportion to the document's length and not to what it would grow to.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    SelectionNode,
    TokenKind,
    parse,
)
from graphql.language import Lexer, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

Definition = OperationDefinitionNode | FragmentDefinitionNode

_INTROSPECTION: Final = frozenset({"__schema", "__type"})


LONGEST_ALIAS: Final = 100
"""Characters of an alias, which the answer repeats for each object."""

CHARACTERS: Final = 50
"""Characters of a document, as a multiple of `Limits.tokens`; honest documents have about 10."""

LINES: Final = 5
"""Line breaks of a document, as a multiple of `Limits.tokens`.

For the place of each error, and each of its nodes, graphql-core counts all lines anew.
"""

REPETITIONS: Final = 5
"""Pairs of fields at the same level that have the same name in the answer, as a multiple of `Limits.tokens`.

Validation compares all of them with each other: https://spec.graphql.org/draft/#sec-Field-Selection-Merging
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one document may ask for; each is counted with all fragments written out, except `tokens`.

    The cost admits the largest answers that there are: 1,000 created customers with all that can be selected
    of them cost 114,002, a page of 100 whole customers 7,207. `page` is how many customers a page may have,
    `values` how many values there may be in variables, however deep: 1,000 whole customers have 30,000.
    """

    tokens: int = 2_000
    depth: int = 12
    aliases: int = 15
    directives: int = 50
    root_fields: int = 10
    page: int = 100
    values: int = 100_000
    cost: int = 120_000
    introspection: bool = True


class DocumentTooLarge(GraphQLError):
    """A document asks for more than a limit allows; the message says what the limit is and what to do."""

    def __init__(self, limit: str, message: str) -> None:
        super().__init__(message)
        self.limit = limit


def read(query: str, limits: Limits) -> DocumentNode:
    """Return the parsed document, which keeps all limits but that of the cost; it need not be valid.

    Raises:
        DocumentTooLarge: it does not keep them.
        GraphQLError: it is no GraphQL, or a fragment spreads itself or shares its name: what comes later
            need not guard against that.
    """
    for count, each, what in (
        (len(query), CHARACTERS, "characters"),
        (query.count("\n") + query.count("\r"), LINES, "line breaks"),
    ):
        if count > limits.tokens * each:
            instead = "leave out blanks and comments, and give texts as variables"
            raise _too_large(
                "tokens", limits.tokens * each, f"{what}, {each} for each of its tokens", instead
            )
    try:
        document = parse(query, max_tokens=limits.tokens)
    except GraphQLSyntaxError:
        if _has_more_tokens(query, limits.tokens):
            raise _too_large("tokens", limits.tokens, "tokens", "split it into several requests") from None
        raise
    check(document, limits)
    return document


def check(document: DocumentNode, limits: Limits) -> None:
    """Refuse a document beyond a limit; raises as `read` does."""
    fragments: dict[str, Counts] = {}
    pairs = 0
    for definition in ordered(document):
        counts = _counted(definition, fragments)
        if isinstance(definition, FragmentDefinitionNode):
            fragments[definition.name.value] = counts
        # Whoever walks through the document takes that many steps, be the definition used or not.
        if counts.selections > limits.tokens:
            what = "selections, with its fragments written out"
            instead = "spread fewer fragments, or split it into several requests"
            raise _too_large("tokens", limits.tokens, what, instead)
        pairs += sum(count * (count - 1) // 2 for count in counts.fields.values())
        if pairs > limits.tokens * REPETITIONS:
            raise DocumentTooLarge(
                "tokens", "The document repeats the same fields too often; ask for each once."
            )
        if isinstance(definition, OperationDefinitionNode):
            _check(counts, limits)


def check_variables(variables: dict[str, Any], limits: Limits) -> None:
    """Refuse variables with too many values; raises `DocumentTooLarge`.

    To read 300,000 empty objects takes graphql-core more than a second, in which nobody else is served.
    """
    pending: list[Any] = [variables]
    count = 0
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            value = value.values()
        elif not isinstance(value, list):
            continue
        count += len(value)
        if count > limits.values:
            raise DocumentTooLarge(
                "values",
                f"The variables have more than {limits.values:,} values; split them into several requests.",
            )
        pending += value


def _check(counts: Counts, limits: Limits) -> None:
    for limit, count, maximum, what, instead in (
        (
            "depth",
            counts.depth,
            limits.depth,
            "levels of fields",
            "ask for what lies deeper in another request",
        ),
        ("aliases", counts.aliases, limits.aliases, "aliases", "split it into several requests"),
        ("directives", counts.directives, limits.directives, "directives", "leave some out"),
        (
            "rootFields",
            counts.root_fields,
            limits.root_fields,
            "fields at its root",
            "split it into several requests",
        ),
    ):
        if count > maximum:
            raise _too_large(limit, maximum, what, instead)


def _too_large(limit: str, maximum: int, what: str, instead: str) -> DocumentTooLarge:
    return DocumentTooLarge(limit, f"The document has more than {maximum:,} {what}; {instead}.")


def _has_more_tokens(query: str, limit: int) -> bool:
    # The parser tells both faults in the same way, and its words are no interface.
    lexer = Lexer(Source(query))
    token, count = lexer.token, 0
    try:
        while token.kind is not TokenKind.EOF and count <= limit:
            if token.next is None:
                lexer.advance()
            # Comments are read along with the token behind them, and count too.
            token = token.next or lexer.token
            count += token.kind is not TokenKind.EOF
    except GraphQLSyntaxError:
        return False
    return count > limit


@dataclass(slots=True)
class Counts:
    """What is counted in a selection set with its fragments written out.

    Of what is asked about the schema, `depth` has only the first level: clients ask as deeply as types nest,
    and validation has a limit of its own for it. `fields` counts them by their level and name in the answer.
    """

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0
    selections: int = 0
    fields: Counter[tuple[int, str]] = dataclass_field(default_factory=Counter)


def _counted(definition: Definition, fragments: dict[str, Counts]) -> Counts:
    counts = Counts(directives=len(definition.directives or ()))
    for variable in definition.variable_definitions or ():
        counts.directives += len(variable.directives or ())
    pending = [(selection, 1, False) for selection in definition.selection_set.selections]
    while pending:
        selection, level, hidden = pending.pop()
        counts.selections += 1
        counts.directives += len(selection.directives or ())
        if isinstance(selection, FragmentSpreadNode):
            if spread := fragments.get(selection.name.value):
                counts.selections += spread.selections
                counts.directives += spread.directives
                counts.aliases += spread.aliases
                counts.root_fields += spread.root_fields if level == 1 else 0
                counts.depth = max(counts.depth, 0 if hidden else level - 1 + spread.depth)
                for (below, name), count in spread.fields.items():
                    counts.fields[level - 1 + below, name] += count
            continue
        below = level
        if isinstance(selection, FieldNode):
            name = _answered(selection)
            counts.fields[level, name] += 1
            counts.aliases += selection.alias is not None
            counts.root_fields += level == 1
            counts.depth = max(counts.depth, 0 if hidden else level)
            hidden = hidden or selection.name.value in _INTROSPECTION
            below += 1
        pending += [(selected, below, hidden) for selected in selected_by(selection)]
    return counts


def _answered(field: FieldNode) -> str:
    if field.alias is None:
        return field.name.value
    if len(field.alias.value) > LONGEST_ALIAS:
        message = f"An alias has more than {LONGEST_ALIAS} characters; choose a shorter one."
        raise DocumentTooLarge("aliases", message)
    return field.alias.value


def selected_by(selection: SelectionNode) -> tuple[SelectionNode, ...]:
    """Return the selections that a field or an inline fragment has in braces."""
    braces = getattr(selection, "selection_set", None)
    return tuple(braces.selections) if braces else ()


def ordered(document: DocumentNode) -> list[Definition]:
    """Return a document's operations and fragments, each after the fragments that it spreads.

    Raises:
        GraphQLError: a fragment spreads itself, be it through others, or two fragments have the same name.
    """
    definitions = [node for node in document.definitions if isinstance(node, Definition)]
    places: dict[str, int] = {}
    for place, node in enumerate(definitions):
        if isinstance(node, FragmentDefinitionNode) and places.setdefault(node.name.value, place) != place:
            raise GraphQLError(f"There are several fragments named {node.name.value}; keep one.", node)
    graph = {
        place: {places[name] for name in _spreads(node) if name in places}
        for place, node in enumerate(definitions)
    }
    try:
        return [definitions[place] for place in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        node = definitions[error.args[1][0]]
        raise GraphQLError("This fragment spreads itself; take that spread out.", node) from None


def operation_name(definition: OperationDefinitionNode) -> str | None:
    """Return the name of an operation, None if it has none."""
    return definition.name.value if definition.name else None


def _spreads(definition: Definition) -> Iterator[str]:
    pending: list[SelectionNode] = [*definition.selection_set.selections]
    while pending:
        selection = pending.pop()
        if isinstance(selection, FragmentSpreadNode):
            yield selection.name.value
        else:
            pending += selected_by(selection)
