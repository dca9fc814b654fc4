"""A few services to look at."""

from examples.service_catalog.draft import ServiceDraft
from examples.service_catalog.service import Catalog

SERVICES = (
    ServiceDraft(name="billing", description="Sends invoices.", versions=("1.0.0", "1.0.1")),
    ServiceDraft(name="checkout", description="Takes orders.", versions=("2.3.0", "2.4.0", "2.4.1")),
    ServiceDraft(name="search", description="Finds products."),
)


async def seed() -> None:
    """Create the services above: all of them, or none.

    Raises:
        InvalidInput: one of them is there already.
    """
    await Catalog().create(SERVICES)
