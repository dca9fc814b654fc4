"""Operations on customers, and the statements that they send."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from db.session import acquire
from models.draft import CustomerDraft
from schema.operation import Request
from tests import answers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.service import CustomerService

EVERYTHING = """
  id firstName middleName lastName createdAt updatedAt
  emails { id email isPrimary createdAt }
  primaryEmail { email }
  phoneNumbers { id type number createdAt }
  address { line1 line2 city state postalCode country }
  privacySettings { marketingEmailsEnabled twoFactorEnabled }
"""


@asynccontextmanager
async def watched() -> AsyncIterator[list[str]]:
    """Yield the statements that are sent meanwhile."""
    statements: list[str] = []

    def log(record: Any) -> None:
        statements.append(record.query)

    async with acquire() as connection:
        connection.add_query_logger(log)
    yield statements
    await asyncio.sleep(0)  # asyncpg tells its loggers in the loop's next turn


async def answer(query: str, customers: CustomerService | None = None, **variables: Any) -> dict[str, Any]:
    done = await answers.answer(Request(query, variables), customers)
    assert "errors" not in done, done
    data: dict[str, Any] = done["data"]
    return data


def drafts(count: int) -> dict[UUID, CustomerDraft]:
    return {
        uuid4(): CustomerDraft.of(
            {
                "first_name": f"First {number}",
                "last_name": "Last",
                "emails": [{"email": f"{number}@example.com"}, {"email": f"{number}@example.org"}],
                "phone_numbers": [{"type": "work", "number": f"+49151{number:08d}"}],
                "address": {
                    "line1": "1 Street",
                    "city": "Paris",
                    "state": "Paris",
                    "postal_code": "75001",
                    "country": "FR",
                },
                "privacy_settings": {"marketing_emails_enabled": True, "two_factor_enabled": False},
            }
        )
        for number in range(count)
    }
