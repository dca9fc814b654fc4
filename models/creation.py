"""Many customers created in one transaction and a constant number of statements, retries recognised.

An idempotency key is stored with the hash of its input and the customer's id in the transaction that creates
the customer. Who comes with the same key meanwhile waits for that transaction, and then finds its customer.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias
from uuid import uuid4

from models.customer import Customer
from models.draft import CustomerDraft
from models.errors import CustomerError, IdempotencyConflict, InvalidInput, NotCreated

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta
    from uuid import UUID

    from models.repository import CustomerRepository

Result: TypeAlias = Customer | CustomerError

MOST_AT_ONCE = 1_000


class Refused(Exception):
    """All or none were wanted, and something stands against one: nothing of the transaction may stay."""

    def __init__(self, results: Sequence[Result | None]) -> None:
        super().__init__()
        self.results = [NotCreated() if result is None else result for result in results]


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
    results: list[Result | None] = [draft if isinstance(draft, InvalidInput) else None for draft in drafts]
    wanted = [(position, draft) for position, draft in enumerate(drafts) if isinstance(draft, CustomerDraft)]
    hashes = {position: _hash(draft) for position, draft in wanted if draft.idempotency_key}
    claims: dict[str, tuple[bytes, UUID]] = {}
    for position, draft in wanted:
        if draft.idempotency_key:
            claims.setdefault(draft.idempotency_key, (hashes[position], uuid4()))
    claimed = await customers.claim_keys(claims, key_lifetime) if claims else set()
    uses = claims | (await customers.find_keys(claims.keys() - claimed) if claims.keys() - claimed else {})

    new: dict[UUID, CustomerDraft] = {}
    ids: dict[int, UUID] = {}
    for position, draft in wanted:
        key = draft.idempotency_key
        hash_, id_ = uses[key] if key else (None, uuid4())
        if hash_ != hashes.get(position):
            results[position] = IdempotencyConflict()
            continue
        ids[position] = id_
        if key is None or key in claimed:
            new.setdefault(id_, draft)

    repeated = set(ids.values()) - new.keys()
    found = await customers.find_whole(repeated) if repeated else {}
    for position, id_ in ids.items():
        if id_ not in new and id_ not in found:
            results[position] = IdempotencyConflict("for a customer that has been deleted since")
    if atomic and any(isinstance(result, CustomerError) for result in results):
        raise Refused(results)
    if new:
        found |= {customer.id: customer for customer in await customers.insert(new)}
    return [result or found[ids[position]] for position, result in enumerate(results)]


def _hash(draft: CustomerDraft) -> bytes:
    return sha256(draft.model_dump_json(exclude={"idempotency_key"}).encode()).digest()
