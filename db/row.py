"""Rows made straight into Tortoise's model instances, and related fields filled with them.

Tortoise's own way converts each value that asyncpg has already converted, which costs four times as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from weakref import proxy

from tortoise.models import Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tortoise.fields import ReverseRelation

M = TypeVar("M", bound=Model)
R = TypeVar("R", bound="Row")


class Row(Model):
    """A model whose instances can be made straight from rows.

    What Tortoise notes on each instance is noted here for all that come from the database.
    """

    _partial = False
    _saved_in_db = True
    _custom_generated_pk = False
    # Tortoise only ever adds to that of an instance it made itself, which has its own.
    _await_when_save: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]

    class Meta:
        abstract = True


# Makes an instance of a model without attributes, a saved one as far as Tortoise is concerned. A function of
# our own around it would take as long again, hundreds of times for a page.
blank = object.__new__


def instance(model: type[R], names: Iterable[str], values: Iterable[Any]) -> R:
    """Return an instance of a model with these attributes."""
    made = blank(model)
    made.__dict__.update(zip(names, values, strict=True))
    return made


def attach(relation: ReverseRelation[M], rows: Sequence[M]) -> None:
    """Make rows the fetched content of a related field, as Tortoise's `prefetch_related` does.

    The field refers to its owner weakly then: otherwise each would keep the other until the garbage collector
    comes, which stops everything for as long as it takes to go through thousands of them.
    """
    relation.instance = proxy(relation.instance)
    relation._set_result_for_query(list(rows))  # noqa: SLF001 - Tortoise has no public way


def attached(owners: Sequence[Model], name: str) -> list[list[Any] | None]:
    """Return the fetched content of each owner's related field, or None where it has not been fetched."""
    # Where Tortoise keeps it. Reading the field itself would make a relation for each owner that has none.
    kept = f"_{name}"
    relations: list[Any] = [owner.__dict__.get(kept) for owner in owners]
    return [
        list(relation) if relation is not None and relation._fetched else None  # noqa: SLF001 - as above
        for relation in relations
    ]
