"""From a request to an operation that may be executed: read, held against the limits, and validated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    TypeInfo,
    ValidationContext,
    get_operation_ast,
    is_non_null_type,
    located_error,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from schema import schema
from schema.cost import Cost, costs
from schema.limits import DocumentTooLarge, Limits, check_variables, operation_name, read
from schema.scopes import required
from schema.selection import field_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import DocumentNode, ExecutableDefinitionNode, FieldNode

RULES: Final = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
"""GraphQL's own rules, and Strawberry's."""

MOST_ERRORS: Final = 20
"""After so many errors a document is not validated further."""

REMEMBERED: Final = 100_000
"""Tokens of the documents that are kept; each takes about 400 bytes, and its plans 300 to 1,100."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks to be executed."""

    query: str
    variables: dict[str, Any] | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document within the limits, and what is to know about it; by operation what has one's name.

    `known` is `schema.selection.remembered`'s, which fills it.
    """

    node: DocumentNode
    fields: frozenset[str]
    costs: Mapping[str | None, Cost]
    scopes: Mapping[str | None, Mapping[str, FieldNode]]
    known: dict[tuple[object, ...], Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """What is to be executed."""

    document: Document
    definition: OperationDefinitionNode
    variables: dict[str, Any] | None
    cost: int
    limits: Limits

    @property
    def is_query(self) -> bool:
        """Whether it only reads."""
        return self.definition.operation is OperationType.QUERY

    @property
    def name(self) -> str | None:
        """Its name in the document."""
        return operation_name(self.definition)

    @property
    def root_fields(self) -> frozenset[str]:
        """The names in the schema, which are not the client's aliases, of the fields at its root."""
        fragments = {
            definition.name.value: definition
            for definition in self.document.node.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        return field_names([self.definition.selection_set], fragments, deep=False)

    @property
    def scopes(self) -> Mapping[str, FieldNode]:
        """The scopes that it needs, each with the first field that needs it."""
        return self.document.scopes[self.name]


class Refused(Exception):
    """The request cannot be executed; nothing was done. `cost` is what it would cost, where that is why."""

    def __init__(self, *errors: GraphQLError, cost: int | None = None) -> None:
        super().__init__()
        self.errors = errors
        self.cost = cost


class Operations:
    """Prepares operations within limits, and remembers documents: the same few are sent again and again."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._rules = RULES if limits.introspection else (*RULES, NoSchemaIntrospectionCustomRule)
        self._documents: dict[str, Document] = {}
        self._remembered = 0

    def prepare(self, request: Request) -> Operation:
        """Return the operation that a request means.

        Raises:
            Refused: it is not GraphQL, not valid, beyond a limit, or means no one operation.
        """
        if request.variables:
            try:
                check_variables(request.variables, self.limits)
            except DocumentTooLarge as error:
                raise Refused(error) from error
        document = self._document(request.query)
        definition = _definition(document.node, request.name)
        if request.variables:
            _check_nulls(document.node, definition, request.variables)
        cost = document.costs[operation_name(definition)].of(request.variables)
        if cost > self.limits.cost:
            message = (
                f"The operation costs {cost:,}, more than {self.limits.cost:,}; ask for fewer fields, "
                "smaller pages or shorter lists, and for the rest in other requests."
            )
            raise Refused(DocumentTooLarge("cost", message), cost=cost)
        return Operation(document, definition, request.variables, cost, self.limits)

    def check(self, query: str) -> list[str]:
        """Return what is wrong with a document, nothing if its operations can be prepared."""
        try:
            self._document(query)
        except Refused as refused:
            return [error.message for error in refused.errors]
        return []

    def _document(self, query: str) -> Document:
        document = self._documents.get(query)
        if document is None:
            document = self._read(query)
            self._remember(query, document)
        return document

    def _read(self, query: str) -> Document:
        core = schema._schema  # noqa: SLF001 - Strawberry's own integrations take it from there
        suggestions = self.limits.introspection
        try:
            node = read(query, self.limits)
            errors = validate(core, node, self._rules, MOST_ERRORS, hide_suggestions=not suggestions)
        # ValueError: a number of so many digits that Python won't read it.
        except (GraphQLError, RecursionError, ValueError) as error:
            raise Refused(located_error(error)) from error
        if errors:
            raise Refused(*errors)
        # With a selection set each: documents with other definitions are not valid here.
        definitions = cast("tuple[ExecutableDefinitionNode, ...]", node.definitions)
        return Document(
            node,
            field_names([definition.selection_set for definition in definitions], {}),
            costs(core, node, self.limits.page),
            required(core, node),
        )

    def _remember(self, query: str, document: Document) -> None:
        self._documents[query] = document
        self._remembered += _size(query, document)
        while self._remembered > REMEMBERED:
            oldest = next(iter(self._documents))
            self._remembered -= _size(oldest, self._documents.pop(oldest))


def _check_nulls(
    document: DocumentNode, definition: OperationDefinitionNode, variables: Mapping[str, Any]
) -> None:
    """Refuse null for a variable where a value is needed.

    Validation lets such a variable through if it has a default, and graphql-core refuses null when it comes
    there: below a mutation, that is after it was carried out.
    """
    nulls = {
        variable.variable.name.value
        for variable in definition.variable_definitions or ()
        if variable.default_value and variables.get(variable.variable.name.value, variable) is None
    }
    if not nulls:
        return
    core = schema._schema  # noqa: SLF001 - Strawberry's own integrations take it from there
    context = ValidationContext(core, document, TypeInfo(core), _unexpected)
    for usage in context.get_recursive_variable_usages(definition):
        name = usage.node.name.value
        if name in nulls and is_non_null_type(usage.type):
            message = (
                f"Variable '${name}' is null where {usage.type} is needed; give a value, or leave it out."
            )
            raise Refused(GraphQLError(message, usage.node))


def _unexpected(error: GraphQLError) -> None:
    raise error


def _size(query: str, document: Document) -> int:
    # Long strings and comments are few tokens.
    return document.node.token_count + len(query) // 400


def _definition(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    definition = get_operation_ast(document, name)
    if definition is None:
        message = (
            "The document has no operation of that name; give operationName as it stands there."
            if name
            else "The document has no operation, or several; give operationName."
        )
        raise Refused(GraphQLError(message))
    if definition.operation is OperationType.SUBSCRIPTION:
        raise Refused(GraphQLError("There are no subscriptions; use a query."))
    return definition
