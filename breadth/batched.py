"""Fields whose resolver gets all objects at once."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

import strawberry

from breadth.direct import resolved_alone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from graphql import GraphQLField, GraphQLSchema

    Resolver = Callable[..., Any]


_POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
# mypy does not see that this is an alias of Annotated.
_PARENT: Any = strawberry.Parent[Any]  # type: ignore[misc]


class Batch(NamedTuple):
    """Objects handed to a batched field's resolver in place of one."""

    objects: Sequence[Any]


def batched(graphql_type: Any, **options: Any) -> Callable[[Resolver], Any]:
    """Declare a field of a Strawberry type by a resolver that gets all objects at once.

    The resolver takes the list of objects first, then `info` and the field's arguments where it wants them,
    and returns a list of values in the objects' order, or an awaitable of it; an exception among them is the
    error of its object. Other options are those of `strawberry.field`.

        @batched(list[Pet])
        async def pets(owners: Sequence[Owner], info: strawberry.Info) -> list[list[Pet]]:
            return await info.context.pets.load_many([owner.id for owner in owners])

    Other executors work too: they get a list of one object each time. So does this one where the field has
    permissions, extensions or exception handlers, which know only one. `info` is that of the first object.
    """

    def declare(resolver: Resolver) -> Any:
        def resolve(parent: Any, **arguments: Any) -> Any:
            if isinstance(parent, Batch):
                return resolver(parent.objects, **arguments)
            values = resolver([parent], **arguments)
            return _only_awaited(values) if inspect.isawaitable(values) else _only(values)

        async def resolve_async(parent: Any, **arguments: Any) -> Any:
            if isinstance(parent, Batch):
                return await resolver(parent.objects, **arguments)
            return _only(await resolver([parent], **arguments))

        chosen: Any = resolve_async if inspect.iscoroutinefunction(resolver) else resolve
        _, *parameters = inspect.signature(resolver).parameters.values()
        parameters.insert(0, inspect.Parameter("parent", _POSITIONAL, annotation=_PARENT))
        chosen.__signature__ = inspect.Signature(parameters)
        chosen.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        chosen.__module__, chosen.__name__ = resolver.__module__, resolver.__name__
        chosen.batched = resolver
        return strawberry.field(chosen, graphql_type=graphql_type, **options)

    return declare


def batch_resolver(definition: GraphQLField, schema: GraphQLSchema) -> Resolver | None:
    """Return what resolves a field of all objects, given them, `info` and arguments; None if nothing does."""
    field = resolved_alone(definition, schema)
    if field is None or field.base_resolver is None:
        return None
    resolver = getattr(field.base_resolver.wrapped_func, "batched", None)
    if not resolver:
        return None
    if definition.args:
        whole: Any = definition.resolve
        return lambda objects, info, **arguments: whole(Batch(objects), info, **arguments)
    info_class = schema.extensions["strawberry-definition"].config.info_class
    wanted = field.base_resolver.info_parameter
    if not wanted:
        return lambda objects, _info: resolver(objects)
    name = wanted.name
    return lambda objects, info: resolver(objects, **{name: info_class(_raw_info=info, _field=field)})


def _only(values: Sequence[Any]) -> Any:
    [value] = values
    return value


async def _only_awaited(values: Awaitable[Sequence[Any]]) -> Any:
    return _only(await values)
