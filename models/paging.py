"""A page of customers as one statement: keyset pagination in any order, over any filter and search.

What lies around the page, and the count, come with it, so that all is of one moment.
"""

from __future__ import annotations

from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, LiteralString

from db.columns import Columns
from db.sql import Sql, join, sql
from models import record
from models.page import OrderField, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from db.sql import Select
    from models.page import PageParts, PageRequest, Position

_ORDERED: Final[dict[OrderField, LiteralString]] = {
    OrderField.CREATED_AT: "created_at",
    OrderField.UPDATED_AT: "updated_at",
    OrderField.LAST_NAME: "last_name",
    OrderField.FIRST_NAME: "first_name",
}
_MOMENTS: Final[tuple[LiteralString, ...]] = ("created_at", "updated_at")
_PLANNED: Final = 101
"""How many customers PostgreSQL plans for when it makes one plan for pages of any size up to that."""


class Paging:
    """The statement that reads a page, and the page that comes of its rows."""

    def __init__(self, request: PageRequest, parts: PageParts) -> None:
        self._request = request
        self._parts = parts
        field = request.order.field
        if field is None and request.search is None:
            raise ValueError("the order of a search needs a search")
        self._rank = request.search.rank() if request.search and field is None else None
        ranked = self._rank is not None
        key = _ORDERED[field or OrderField.LAST_NAME]
        condition = request.where.condition() if request.where else None
        base = record.JOINED_CUSTOMERS if condition else record.CUSTOMERS
        self._customer: Callable[[Sequence[Any]], Any]
        if parts.written:
            base = base.only("c.customer_id, " + parts.written.json + " AS written, c." + key)
            self._columns = _written_columns(key, ranked=ranked)
            self._customer = itemgetter(self._columns.names.index("written"))
        else:
            base = record.WHOLE_CUSTOMERS if parts.owned else base
            dated = parts.updated_at or field is OrderField.UPDATED_AT
            self._columns = _columns(owned=parts.owned, updated_at=dated, ranked=ranked)
            self._customer = record.whole_customer if parts.owned else record.customer
        self._keys = list(map(self._columns.names.index, ["rank", key] if ranked else [key]))
        if condition or request.search:
            base = base.join("LEFT JOIN customer_search w ON w.customer_id = c.customer_id")
        if request.search:
            base = base.where(request.search.condition())
        self._matching = base.where(condition) if condition else base
        # What is sorted by, its rank aside. Those of one country are read by last name from an index of both.
        indexed = field is OrderField.LAST_NAME and request.where is not None and request.where.of_one_country
        source: LiteralString = "w." if indexed else "c."
        self._places: list[LiteralString] = [source + key, source + "customer_id"]

    def statement(self) -> Sql:
        """Return the statement, which has one row: what lies around the page, then all columns."""
        request = self._request
        descending = request.order.descending
        forwards, backwards = ("<", ">") if descending else (">", "<")
        window = self._matching
        if request.after:
            window = window.where(self._stands(forwards, request.after))
        if request.before:
            window = window.where(self._stands(backwards, request.before))
        places = self._places
        if self._rank:
            window = window.add("{} AS rank", self._rank)
            places = ["rank", *places]
        backwards_read = descending is (request.end == "first")
        page = self._some(window.order_by(_ordered(places, descending=backwards_read)))
        around = (
            self._any_standing(backwards + "=", request.after),
            self._any_standing(forwards + "=", request.before),
            self._count() if self._parts.counted else sql("NULL"),
        )
        customers = sql("SELECT " + self._columns.select + " FROM ({}) AS page", page)
        if self._parts.contacts is None:
            return sql("SELECT {}, {}, {}, customers.* FROM ({}) AS customers", *around, customers)
        return sql(
            "SELECT {}, {}, {}, customers.*, contacts.* FROM ({}) AS customers, LATERAL ({}) AS contacts",
            *around,
            customers,
            self._parts.contacts.query(sql("customers.customer_id")),
        )

    def page(self, row: Sequence[Any]) -> Page:
        """Return the page of the row that the statement returned."""
        preceded, followed, total, *columns = row
        width = self._columns.width
        found = list(self._columns.rows(columns[:width]))
        more = len(found) > self._request.size
        found = found[: self._request.size]
        if self._request.end == "last":
            found.reverse()
            preceded = preceded or more
        else:
            followed = followed or more
        customers = list(map(self._customer, found))
        contacts = self._parts.contacts.by_relation(columns[width:]) if self._parts.contacts else {}
        return Page(customers, self._request.order, found, self._keys, preceded, followed, total, contacts)

    def _some(self, found: Select) -> Sql:
        size = self._request.size + 1
        if size > _PLANNED or self._request.where or self._request.search:
            # What a filter lets through depends on its values: PostgreSQL is to plan for them each time.
            return found.limit(size).sql()
        # A plan that is kept knows no size. PostgreSQL would expect a tenth of the table, and so plan each
        # page anew, which takes longer than reading it. So it would small pages, if a size was no subquery.
        return sql(
            f"SELECT * FROM ({{}} LIMIT {_PLANNED}) AS planned LIMIT (SELECT {{}}::bigint)", found.sql(), size
        )

    def _stands(self, comparison: LiteralString, position: Position) -> Sql:
        keys = [sql("{}", key) for key in (*position.keys, position.id)]
        places = [*([self._rank] if self._rank else []), *map(sql, self._places)]
        return sql("({}) " + comparison + " ({})", join(", ", places), join(", ", keys))

    def _any_standing(self, comparison: LiteralString, position: Position | None) -> Sql:
        if position is None:
            return sql("FALSE")
        standing = self._matching.where(self._stands(comparison, position))
        if self._rank:
            return standing.exists()
        # Where half of the table would do, PostgreSQL expects to read little of it, and may read the other
        # half first. Asked for the nearest, it looks into the index.
        nearest = standing.only("TRUE").order_by(_ordered(self._places, descending=comparison == "<="))
        return sql("({} LIMIT 1) IS NOT NULL", nearest.sql())

    def _count(self) -> Sql:
        return sql("({})", self._matching.only("count(*)").sql())


def _ordered(places: list[LiteralString], *, descending: bool) -> LiteralString:
    return ", ".join(place + (" DESC" if descending else "") for place in places)


@cache
def _columns(*, owned: bool, updated_at: bool, ranked: bool) -> Columns:
    names = record.WHOLE_CUSTOMER if owned else record.CUSTOMER
    return Columns(
        (*names, "rank") if ranked else names,
        moments=_MOMENTS,
        unread=() if updated_at else ("updated_at",),
    )


@cache
def _written_columns(key: LiteralString, *, ranked: bool) -> Columns:
    moments: list[LiteralString] = [key] if key in _MOMENTS else []
    names: tuple[LiteralString, ...] = ("customer_id", "written", key)
    return Columns((*names, "rank") if ranked else names, moments=moments)
