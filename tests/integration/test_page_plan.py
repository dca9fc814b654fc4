"""The plan by which PostgreSQL reads pages of customers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bench.plan import Plan, watched
from db.seed import seed
from db.tortoise import connect, disconnect
from models.contacts import RELATIONS, contacts_of
from models.page import PageParts, PageRequest, Position
from models.repository import CustomerRepository
from models.written import Member, Written

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from db.settings import DatabaseSettings

# PostgreSQL chooses between custom plans and a generic one when a statement is sent for the sixth time.
SIZES = range(1, 8)
# What made-up customers have at most of addresses and numbers.
MOST_CONTACTS = 6

EMAIL = (Member("email", "email"),)
WITH_CONTACTS = PageParts(contacts=contacts_of(RELATIONS, created_at=True))
WRITTEN = PageParts(written=Written.of((Member("id", "id"), Member("emails", "emails", EMAIL))))
WITHOUT_CURSORS = replace(WRITTEN, ends=True)


@pytest.fixture
async def middle(database: DatabaseSettings) -> AsyncIterator[Position]:
    """A place among customers, read through a pool of one connection."""
    await seed(database, 1_000)
    await connect(database.model_copy(update={"pool_min": 1, "pool_max": 1}))
    yield (await CustomerRepository().page(PageRequest(100), PageParts())).position(-1)
    await disconnect()


@pytest.mark.parametrize("parts", [PageParts(), WITH_CONTACTS, WRITTEN, WITHOUT_CURSORS])
@pytest.mark.parametrize("inside", [False, True])
async def test_pages_of_any_size_are_planned_once(middle: Position, inside: bool, parts: PageParts) -> None:
    """Pages of all sizes share one plan, where making another for each would take longer than reading it."""
    for size in SIZES:
        async with watched() as sent:
            request = PageRequest(size, after=middle if inside else None)
            await CustomerRepository().page(request, parts)

    [plan] = [await Plan.of(query) for query in list(sent)]

    assert plan.generic
    assert plan.most_rows() <= (SIZES[-1] + 1) * (1 if parts == PageParts() else MOST_CONTACTS)
