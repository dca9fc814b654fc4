"""Many customers created in one transaction and a constant number of statements, retries recognised.

An idempotency key is stored with the hash of its input and the customer's id in the transaction that creates
the customer. Who comes with the same key meanwhile waits for that transaction, and then finds its customer.
"""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

from models.customer import Customer
from models.draft import CustomerDraft
from models.errors import CustomerError, IdempotencyConflict, InvalidInput, NotCreated
from models.ids import new_ids

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence
    from datetime import timedelta
    from uuid import UUID

    from models.repository import CustomerRepository

    Find: TypeAlias = Callable[[Collection[UUID]], Awaitable[dict[UUID, Customer]]]

Result: TypeAlias = Customer | CustomerError

MOST_AT_ONCE = 1_000


class Refused(Exception):
    """All or none were wanted, and something stands against one: nothing of the transaction may stay."""

    def __init__(self, results: Sequence[CustomerError | None]) -> None:
        super().__init__()
        self.results = [NotCreated() if result is None else result for result in results]


class Claims:
    """Drafts and their idempotency keys, on the way to customers.

    `results` has what stands against each draft, `ids` the customers of the others by their positions; of
    those, `new` are to be created, and others were by earlier calls.
    """

    def __init__(self, drafts: Sequence[CustomerDraft | InvalidInput]) -> None:
        self.results: list[CustomerError | None] = [
            draft if isinstance(draft, InvalidInput) else None for draft in drafts
        ]
        self.ids: dict[int, UUID] = {}
        self.new: dict[UUID, CustomerDraft] = {}
        self._wanted = [
            (position, draft) for position, draft in enumerate(drafts) if isinstance(draft, CustomerDraft)
        ]

    async def settled(
        self, customers: CustomerRepository, lifetime: timedelta, find: Find, *, atomic: bool
    ) -> dict[UUID, Customer]:
        """Find out what is new and what is repeated, and return the customers of that, as `find` does.

        Raises:
            Refused: with `atomic`, when there is a problem with any draft.
        """
        await self._take(customers, lifetime)
        repeated = set(self.ids.values()) - self.new.keys()
        found = await find(repeated) if repeated else {}
        for position, id_ in self.ids.items():
            if id_ not in self.new and id_ not in found:
                self.results[position] = IdempotencyConflict(deleted=True)
        if atomic and any(self.results):
            raise Refused(self.results)
        return found

    async def _take(self, customers: CustomerRepository, lifetime: timedelta) -> None:
        """Take the keys that are free, and find what the others were used for."""
        # Ascending, so that customers of one moment keep the order of their drafts.
        positions = [position for position, _ in self._wanted]
        ids = dict(zip(positions, new_ids(len(positions)), strict=True))
        hashes = {position: _hash(draft) for position, draft in self._wanted if draft.idempotency_key}
        claims: dict[str, tuple[bytes, UUID]] = {}
        for position, draft in self._wanted:
            if draft.idempotency_key:
                claims.setdefault(draft.idempotency_key, (hashes[position], ids[position]))
        claimed = await customers.claim_keys(claims, lifetime) if claims else set()
        used = claims.keys() - claimed
        uses = claims | (await customers.find_keys(used) if used else {})

        for position, draft in self._wanted:
            key = draft.idempotency_key
            hash_, id_ = uses[key] if key else (None, ids[position])
            if hash_ != hashes.get(position):
                self.results[position] = IdempotencyConflict()
                continue
            self.ids[position] = id_
            if key is None or key in claimed:
                self.new.setdefault(id_, draft)


async def create(
    customers: CustomerRepository,
    drafts: Sequence[CustomerDraft | InvalidInput],
    key_lifetime: timedelta,
    *,
    atomic: bool,
) -> list[Result]:
    """Create customers in the repository's transaction; the results answer the drafts one by one.

    Raises:
        Refused: with `atomic`, when there is a problem with any of them.
    """
    claims = Claims(drafts)
    found = await claims.settled(customers, key_lifetime, customers.find_whole, atomic=atomic)
    if claims.new:
        found |= {customer.id: customer for customer in await customers.insert(claims.new)}
    return [result or found[claims.ids[position]] for position, result in enumerate(claims.results)]


async def store(
    customers: CustomerRepository,
    drafts: Sequence[CustomerDraft | InvalidInput],
    key_lifetime: timedelta,
    *,
    atomic: bool,
) -> list[CustomerError | None]:
    """Create customers as `create` does, without reading them back; None stands for each that is stored.

    Raises:
        Refused: with `atomic`, when there is a problem with any of them.
    """
    claims = Claims(drafts)
    await claims.settled(customers, key_lifetime, partial(customers.find, owned=False), atomic=atomic)
    if claims.new:
        await customers.store(claims.new)
    return claims.results


def _hash(draft: CustomerDraft) -> bytes:
    return sha256(draft.model_dump_json(exclude={"idempotency_key"}).encode()).digest()
