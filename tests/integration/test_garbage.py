"""What operations leave behind."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest
from graphql.execution.executor import Executor
from tortoise.models import Model

from models.repository import CustomerRepository
from models.service import CustomerService
from schema.context import Context
from schema.operation import Request
from tests import answers
from tests.integration.statements import drafts

if TYPE_CHECKING:
    from collections.abc import Iterator

CUSTOMER = (
    "{ id createdAt emails { email createdAt } primaryEmail { id } phoneNumbers { id } address { city } }"
)
OPERATIONS = {
    "a look-up": f"query ($id: ID!) {{ customer(id: $id) {CUSTOMER} }}",
    "a page": f"{{ customers {{ edges {{ cursor node {CUSTOMER} }} pageInfo {{ endCursor }} totalCount }} }}",
    "a change": (
        'mutation ($id: ID!) { updateCustomer(input: {id: $id, lastName: "Byron"}) '
        f"{{ ... on Customer {CUSTOMER} }} }}"
    ),
}


@pytest.fixture
def garbage() -> Iterator[list[object]]:
    """What the garbage collector finds, kept for a look at it."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield gc.garbage
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


@pytest.mark.parametrize("query", OPERATIONS.values(), ids=OPERATIONS)
@pytest.mark.usefixtures("pool")
async def test_nothing_waits_for_the_collector(query: str, garbage: list[object]) -> None:
    """What a request reads is gone with its answer: collecting thousands of such would stop all others."""
    ids = [customer.id for customer in await CustomerRepository().insert(drafts(3))]
    request = Request(query, {"id": str(ids[0])} if "$id" in query else None)

    customers = CustomerService()

    for _ in range(2):
        answer = await answers.answer(request, customers)
        assert "errors" not in answer, answer

    gc.collect()
    assert [item for item in garbage if isinstance(item, Context | Executor | Model)] == []
