"""What can be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, TypeAlias, TypeVar
from uuid import UUID

import strawberry
from orjson import Fragment

import models
from models.contacts import contacts_of
from models.draft import customer_id
from models.errors import InvalidArgument
from models.page import PageParts
from models.search import Search
from schema.connection import (
    Connection,
    CustomerConnection,
    CustomerOrder,
    page_request,
    written,
)
from schema.context import Info
from schema.filters import CustomerWhere, customer_filter
from schema.selection import selected, surely_selected
from schema.shape import connection_shape, customer_shape
from schema.types import Customer, Node

T = TypeVar("T")

_OWNED = {"address", "privacySettings"}
# By the names of fields, the relations that they read.
_CONTACTS = {"emails": "emails", "primaryEmail": "emails", "phoneNumbers": "phone_numbers"}

Found: TypeAlias = models.Customer | Fragment | InvalidArgument | None
"""A customer, as an instance or as JSON, an error to answer in its place, or none."""


def _given(value: T) -> T | None:
    return None if value is strawberry.UNSET else value


def _key(id_: str) -> UUID | InvalidArgument:
    try:
        return customer_id(id_)
    except ValueError:
        return InvalidArgument("Give an id as it was read: a UUID.")


async def _find(info: Info, ids: Sequence[str]) -> list[Found]:
    keys = [_key(id_) for id_ in ids]
    wanted = {key for key in keys if isinstance(key, UUID)}
    customers, names = info.context.customers, selected(info)
    writing = info.context.written(customer_shape(info))
    found: Mapping[UUID, Found]
    if not wanted:
        found = {}
    elif writing:
        found = {key: Fragment(json) for key, json in (await customers.find_written(wanted, writing)).items()}
    elif not names.isdisjoint(_CONTACTS):
        found = await customers.find_whole(wanted)
    else:
        found = await customers.find(wanted, owned=bool(names & _OWNED))
    return [found.get(key) if isinstance(key, UUID) else key for key in keys]


@strawberry.type(description="What can be read.")
class Query:
    @strawberry.field(graphql_type=Customer | None, description="One customer, or null when there is none.")
    async def customer(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The customer's UUID.")],
    ) -> Found:
        [found] = await _find(info, [id])
        return found

    @strawberry.field(
        graphql_type=CustomerConnection,
        description="Customers in pages, by default in the order in which they were created.",
    )
    async def customers(
        self,
        info: Info,
        first: Annotated[
            int | None, strawberry.argument(description="How many from the start, 0 to 100; by default 20.")
        ] = strawberry.UNSET,
        after: Annotated[
            str | None, strawberry.argument(description="Only customers behind this cursor.")
        ] = strawberry.UNSET,
        last: Annotated[
            int | None, strawberry.argument(description="How many from the end, 0 to 100, in place of first.")
        ] = strawberry.UNSET,
        before: Annotated[
            str | None, strawberry.argument(description="Only customers ahead of this cursor.")
        ] = strawberry.UNSET,
        where: Annotated[
            CustomerWhere | None, strawberry.argument(description="Only customers for whom this holds.")
        ] = strawberry.UNSET,
        search: Annotated[
            str | None,
            strawberry.argument(
                description="Words, each matched as a prefix of a name or an e-mail address, or of a phone "
                "number's digits."
            ),
        ] = strawberry.UNSET,
        order_by: Annotated[
            CustomerOrder | None,
            strawberry.argument(
                description="By default createdAt, ascending; of a search, who has most words in full first."
            ),
        ] = strawberry.UNSET,
    ) -> Connection | Fragment:
        request = page_request(
            _given(first),
            _given(after),
            _given(last),
            _given(before),
            _given(order_by),
            largest=info.context.largest_page,
            where=customer_filter(where) if where else None,  # type: ignore[arg-type]  # as it was read
            search=Search.of(search) if search else None,
        )
        context, names = info.context, selected(info)
        counted = "totalCount" in names
        shape = connection_shape(info)
        if shape and (writing := context.written(shape.customer)):
            parts = PageParts(counted=counted, written=writing, ends=shape.ends)
            page = await context.customers.page(request, parts)
            return written(page, shape.connection)
        # What a directive may skip, the loader looks up when it is asked for.
        relations = frozenset([_CONTACTS[name] for name in surely_selected(info) & _CONTACTS.keys()])
        parts = PageParts(
            counted=counted,
            owned=bool(names & _OWNED),
            updated_at="updatedAt" in names,
            contacts=contacts_of(relations, created_at=context.created_at) if relations else None,
        )
        page = await context.customers.page(request, parts)
        if relations:
            context.contacts.know([customer.id for customer in page.customers], page.contacts)
        return Connection(page)

    @strawberry.field(
        graphql_type=Node | None, description="Anything that has an id, or null when there is none."
    )
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
    ) -> Found:
        [found] = await _find(info, [id])
        return found

    @strawberry.field(
        graphql_type=list[Node | None],
        description="Several at once, in the order of ids, with null for each that there is none of.",
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="At most 100 ids.")],
    ) -> list[Found]:
        largest = info.context.largest_page
        if len(ids) > largest:
            raise InvalidArgument(f"Give at most {largest} ids; ask for the others in another request.")
        return await _find(info, ids)
