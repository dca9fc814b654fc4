"""The rules of the customer domain, and its transactions: one change, one transaction.

Every change locks its customer first, so changes of one customer happen one after the other, and moves the
customer's updated_at, so that a caller who names the version it saw is never overtaken unnoticed.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from db.group_commit import GroupCommit
from db.session import bulk_transaction, flush, transaction
from models import creation
from models.constraint import explained
from models.contacts import RELATIONS, contacts_of
from models.errors import (
    CustomerError,
    InvalidInput,
    Issue,
    IssueCode,
    LimitExceeded,
    NotFound,
    StaleCustomer,
)
from models.ids import new_ids
from models.repository import CustomerRepository
from models.written import MOST_SHAPES, Shapes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from models.customer import Customer
    from models.draft import (
        ContactChange,
        CustomerDeletion,
        CustomerDraft,
        CustomerPatch,
        EmailPatch,
        EmailRemoval,
        NewEmail,
        NewPhoneNumber,
        PhoneNumberPatch,
        PhoneNumberRemoval,
    )
    from models.page import Page, PageParts, PageRequest
    from models.written import Shape, Written

C = TypeVar("C", bound="ContactChange")

CONSTRAINTS: Final = {
    "uq_customer_emails__customer_id_email": Issue(
        ("email",), IssueCode.DUPLICATE, "The customer has this e-mail address already."
    ),
    "uq_customer_phone_numbers__customer_id_number": Issue(
        ("number",), IssueCode.DUPLICATE, "The customer has this phone number already."
    ),
}
"""What an input did wrong when PostgreSQL refuses it, by the name of the constraint."""

TOO_MANY_EMAILS: Final = Issue(("email",), IssueCode.TOO_MANY, "Remove another e-mail address first.")
TOO_MANY_PHONE_NUMBERS: Final = Issue(("number",), IssueCode.TOO_MANY, "Remove another phone number first.")

FORGET_AT_ONCE: Final = 10_000
"""How many idempotency keys one statement removes."""


class CustomerService:
    """Customers, read and changed; a change returns the customer as it left it, related fields fetched."""

    def __init__(self, key_lifetime: timedelta = timedelta(days=1)) -> None:
        self._key_lifetime = key_lifetime
        self._shapes = Shapes()
        self._creations = lru_cache(MOST_SHAPES)(_creations)

    def written(self, shape: Shape) -> Written | None:
        """Return how PostgreSQL writes customers of a shape as JSON; None where they are to be read.

        That is so for what is not in a column, and for shapes that are asked for the first time.
        """
        return self._shapes.written(shape)

    async def find(self, ids: Collection[UUID], *, owned: bool = True) -> dict[UUID, Customer]:
        """Return the customers that exist; with `owned`, their address and privacy settings too."""
        return await CustomerRepository().find(ids, owned=owned)

    async def page(self, request: PageRequest, parts: PageParts) -> Page:
        """Return a page of customers with these parts."""
        return await CustomerRepository().page(request, parts)

    async def find_whole(self, ids: Collection[UUID]) -> dict[UUID, Customer]:
        """Return the customers that exist with all that they own, their related fields fetched."""
        return await CustomerRepository().find_whole(ids)

    async def find_written(self, ids: Collection[UUID], written: Written) -> dict[UUID, bytes]:
        """Return the customers that exist as JSON in UTF-8."""
        return await CustomerRepository().find_written(ids, written)

    async def contacts(
        self,
        customer_ids: Collection[UUID],
        relations: Collection[str] = RELATIONS,
        *,
        created_at: bool = True,
    ) -> Mapping[str, Mapping[UUID, list[Any]]]:
        """Return the contacts of customers by relation and customer; who has none may be missing.

        E-mail addresses come primary first, then oldest first; phone numbers oldest first. Without
        `created_at`, when they were added is not read.
        """
        contacts = contacts_of(frozenset(relations), created_at=created_at)
        return await CustomerRepository().contacts(customer_ids, contacts)

    async def create(self, draft: CustomerDraft) -> Customer:
        """Create a customer with all that it owns, or find the one that its idempotency key created.

        Raises:
            IdempotencyConflict: the key was used for another input, or its customer is gone.
        """
        if draft.idempotency_key is None:
            [id_] = new_ids(1)
            [customer] = await CustomerRepository().insert({id_: draft})
            return customer
        [result] = await self.create_many([draft], atomic=True)
        if isinstance(result, CustomerError):
            raise result
        return result

    async def create_written(self, draft: CustomerDraft, written: Written) -> bytes:
        """Create a customer without an idempotency key, and return it as JSON in UTF-8.

        Those that are created at a time share statements.
        """
        return await self._creations(written).write(draft)

    async def create_many(
        self, drafts: Sequence[CustomerDraft | InvalidInput], *, atomic: bool
    ) -> list[creation.Result]:
        """Create customers, each as `create` does; the results answer the drafts one by one.

        What is wrong with one is its result. With `atomic`, nothing is created then, and the faultless are
        `NotCreated`.

        Raises:
            LimitExceeded: there are more than 1,000.
        """
        if len(drafts) > creation.MOST_AT_ONCE:
            raise LimitExceeded(f"Create at most {creation.MOST_AT_ONCE} customers at once.")
        try:
            async with transaction() as connection:
                customers = CustomerRepository(connection)
                return await creation.create(customers, drafts, self._key_lifetime, atomic=atomic)
        except creation.Refused as refused:
            return [*refused.results]

    async def store_many(
        self, drafts: Sequence[CustomerDraft | InvalidInput], *, atomic: bool
    ) -> list[CustomerError | None]:
        """Create customers as `create_many` does, one batch of many; None stands for each that is stored.

        A crash of PostgreSQL may lose them until `flush`.
        """
        try:
            async with bulk_transaction() as connection:
                customers = CustomerRepository(connection)
                return await creation.store(customers, drafts, self._key_lifetime, atomic=atomic)
        except creation.Refused as refused:
            return [*refused.results]

    async def flush(self) -> None:
        """Wait until no crash can lose what `store_many` stored."""
        await flush()

    async def forget_idempotency_keys(self) -> int:
        """Remove the idempotency keys whose time is over, and return how many."""
        forgotten = 0
        while (count := await CustomerRepository().forget_keys(self._key_lifetime, FORGET_AT_ONCE)) > 0:
            forgotten += count
        return forgotten

    async def update(self, patch: CustomerPatch) -> Customer:
        """Change a customer's own fields, its address and its privacy settings.

        Raises:
            NotFound: there is no such customer.
            StaleCustomer: it is not the expected version any more.
        """
        return await self._change(
            patch.id, patch.expected_updated_at, lambda customers: customers.update(patch)
        )

    async def delete(self, deletion: CustomerDeletion) -> UUID:
        """Delete a customer and all that it owns, and return its id.

        Raises:
            NotFound: there is no such customer.
            StaleCustomer: it is not the expected version any more.
        """
        async with transaction() as connection:
            customers = CustomerRepository(connection)
            await _lock(customers, deletion.id, deletion.expected_updated_at)
            await customers.delete(deletion.id)
        return deletion.id

    async def add_email(self, new: NewEmail) -> Customer:
        """Add an e-mail address; the first one of a customer becomes its primary one.

        Raises:
            InvalidInput: the customer has it already, or has too many.
            NotFound: there is no such customer.
            StaleCustomer: it is not the expected version any more.
        """
        return await self._change_contact(
            new, CustomerRepository.insert_email, InvalidInput([TOO_MANY_EMAILS])
        )

    async def update_email(self, patch: EmailPatch) -> Customer:
        """Change an e-mail address, or make it the primary one in place of the one that was.

        Raises:
            InvalidInput: the customer has another such address.
            NotFound: there is no such customer, or it has no such address.
            StaleCustomer: it is not the expected version any more.
        """
        return await self._change_contact(patch, CustomerRepository.update_email, _no_email(patch.email_id))

    async def remove_email(self, removal: EmailRemoval) -> Customer:
        """Remove an e-mail address; the oldest one left becomes primary if the primary one went.

        Raises:
            NotFound: there is no such customer, or it has no such address.
            StaleCustomer: it is not the expected version any more.
        """
        return await self._change_contact(
            removal, CustomerRepository.delete_email, _no_email(removal.email_id)
        )

    async def add_phone_number(self, new: NewPhoneNumber) -> Customer:
        """Add a phone number.

        Raises:
            InvalidInput: the customer has it already, or has too many.
            NotFound: there is no such customer.
            StaleCustomer: it is not the expected version any more.
        """
        return await self._change_contact(
            new, CustomerRepository.insert_phone_number, InvalidInput([TOO_MANY_PHONE_NUMBERS])
        )

    async def update_phone_number(self, patch: PhoneNumberPatch) -> Customer:
        """Change a phone number or its label.

        Raises:
            InvalidInput: the customer has another such number.
            NotFound: there is no such customer, or it has no such number.
            StaleCustomer: it is not the expected version any more.
        """
        return await self._change_contact(
            patch, CustomerRepository.update_phone_number, _no_phone_number(patch.phone_number_id)
        )

    async def remove_phone_number(self, removal: PhoneNumberRemoval) -> Customer:
        """Remove a phone number.

        Raises:
            NotFound: there is no such customer, or it has no such number.
            StaleCustomer: it is not the expected version any more.
        """
        return await self._change_contact(
            removal, CustomerRepository.delete_phone_number, _no_phone_number(removal.phone_number_id)
        )

    async def _change_contact(
        self, change: C, write: Callable[[CustomerRepository, C], Awaitable[bool]], refusal: CustomerError
    ) -> Customer:
        async def change_or_refuse(customers: CustomerRepository) -> None:
            if not await write(customers, change):
                raise refusal

        return await self._change(change.customer_id, change.expected_updated_at, change_or_refuse)

    async def _change(
        self, id_: UUID, expected: datetime | None, change: Callable[[CustomerRepository], Awaitable[None]]
    ) -> Customer:
        with explained(CONSTRAINTS):
            async with transaction() as connection:
                customers = CustomerRepository(connection)
                await _lock(customers, id_, expected)
                await change(customers)
                await customers.touch(id_)
                return (await customers.find_whole([id_]))[id_]


def _creations(written: Written) -> GroupCommit[CustomerDraft, bytes]:
    async def create(drafts: Sequence[CustomerDraft]) -> list[bytes]:
        new = dict(zip(new_ids(len(drafts)), drafts, strict=True))
        created = await CustomerRepository().insert_written(new, written)
        return [created[id_] for id_ in new]

    return GroupCommit(create)


def _no_email(id_: int) -> NotFound:
    return NotFound("e-mail address of this customer", str(id_))


def _no_phone_number(id_: int) -> NotFound:
    return NotFound("phone number of this customer", str(id_))


async def _lock(customers: CustomerRepository, id_: UUID, expected: datetime | None) -> None:
    version = await customers.lock(id_)
    if version is None:
        raise NotFound("customer", str(id_))
    if expected is not None and expected != version:
        raise StaleCustomer((await customers.find_whole([id_]))[id_])
