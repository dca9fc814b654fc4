"""One dataloader for each table that a customer's fields lead to, made anew for each request."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from strawberry.dataloader import DataLoader

from bench.textbook import tables

if TYPE_CHECKING:
    from uuid import UUID


async def _emails(ids: list[UUID]) -> list[list[tables.CustomerEmail]]:
    by_customer = defaultdict(list)
    for email in await tables.CustomerEmail.filter(customer_id__in=ids).order_by("-is_primary", "email_id"):
        by_customer[email.customer_id].append(email)
    return [by_customer[id_] for id_ in ids]


async def _phone_numbers(ids: list[UUID]) -> list[list[tables.CustomerPhoneNumber]]:
    by_customer = defaultdict(list)
    for number in await tables.CustomerPhoneNumber.filter(customer_id__in=ids).order_by("phone_id"):
        by_customer[number.customer_id].append(number)
    return [by_customer[id_] for id_ in ids]


async def _addresses(ids: list[int]) -> list[tables.PostalAddress | None]:
    found = await tables.PostalAddress.in_bulk(ids, "address_id")
    return [found.get(id_) for id_ in ids]


async def _settings(ids: list[int]) -> list[tables.PrivacySettings | None]:
    found = await tables.PrivacySettings.in_bulk(ids, "privacy_settings_id")
    return [found.get(id_) for id_ in ids]


class Loaders:
    """A request's context."""

    def __init__(self) -> None:
        self.emails = DataLoader(load_fn=_emails)
        self.phone_numbers = DataLoader(load_fn=_phone_numbers)
        self.addresses = DataLoader(load_fn=_addresses)
        self.privacy_settings = DataLoader(load_fn=_settings)
