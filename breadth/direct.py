"""Resolvers of Strawberry fields, called themselves.

What Strawberry does on the way to one, for each object, is about inputs, extensions and exception handlers.
Where there are none, it takes longer than most resolvers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import get_nullable_type, is_leaf_type
from strawberry.relay import GlobalID
from strawberry.types.base import StrawberryContainer, StrawberryMaybe
from strawberry.types.field import StrawberryField

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import GraphQLField, GraphQLSchema
    from strawberry.types.arguments import StrawberryArgument

    Resolver = Callable[..., Any]


def resolved_alone(definition: GraphQLField, schema: GraphQLSchema) -> StrawberryField | None:
    """Return the Strawberry field whose values come from its resolver, and from nothing around that."""
    field = definition.extensions.get("strawberry-definition")
    strawberry_schema = schema.extensions.get("strawberry-definition")
    if (
        strawberry_schema is None
        or not isinstance(field, StrawberryField)
        or not field.base_resolver
        or field.extensions
        or type(field).get_result is not StrawberryField.get_result
    ):
        return None
    converter = strawberry_schema.schema_converter
    handlers = converter._get_field_exception_handlers(field)  # noqa: SLF001 - it tells in no other way
    return None if handlers else field


def direct_resolver(definition: GraphQLField, schema: GraphQLSchema) -> Resolver | None:
    """Return what resolves a field of one object as Strawberry does; None where it has more to do.

    It takes the object, graphql-core's `info` and the arguments by their names in GraphQL. Those that have to
    be converted it leaves to Strawberry.
    """
    field = resolved_alone(definition, schema)
    if field is None or field.base_resolver is None:
        return None
    resolver = field.base_resolver
    if resolver.root_parameter or resolver.parent_parameter:
        return None
    config = schema.extensions["strawberry-definition"].config
    name_of, info_class = config.name_converter.from_argument, config.info_class
    names = {
        name_of(argument): argument.python_name
        for argument in field.arguments
        if is_leaf_type(get_nullable_type(definition.args[name_of(argument)].type)) and _stays(argument)
    }
    takes_self, wants_info = resolver.self_parameter, resolver.info_parameter
    whole: Any = definition.resolve

    def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        if not arguments.keys() <= names.keys():
            return whole(source, info, **arguments)
        given = {names[name]: value for name, value in arguments.items()}
        if wants_info:
            given[wants_info.name] = info_class(_raw_info=info, _field=field)
        return resolver(source, **given) if takes_self else resolver(**given)

    return resolve


def _stays(argument: StrawberryArgument) -> bool:
    """Say whether an argument of a leaf type reaches the resolver as graphql-core has read it."""
    type_ = argument.type
    if isinstance(type_, StrawberryMaybe):
        return False
    return (type_.of_type if isinstance(type_, StrawberryContainer) else type_) is not GlobalID
