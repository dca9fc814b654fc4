"""The customer domain: tables, rules, and the only code that reads and writes them."""

from models.customer import Customer, CustomerEmail, CustomerPhoneNumber, PostalAddress, PrivacySettings

__all__ = ["Customer", "CustomerEmail", "CustomerPhoneNumber", "PostalAddress", "PrivacySettings"]
