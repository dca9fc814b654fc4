"""A page of customers as one statement: keyset pagination in any order, over any filter and search.

What lies around the page, and the count, come with it, so that all is of one moment.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal, LiteralString, NamedTuple

from db.columns import Columns
from db.sql import Sql, join, sql
from models import record
from models.page import OrderField, Page, PageRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from db.sql import Select
    from models.filter import CustomerFilter
    from models.page import Order, PageParts
    from models.search import Search

_MOMENTS: Final[tuple[LiteralString, ...]] = ("created_at", "updated_at")
_PLANNED: Final = 101
"""How many customers PostgreSQL plans for when it makes one plan for pages of any size up to that."""
_MOST_FORMS: Final = 200
"""How many forms of pages are kept; each has a few kilobytes of SQL."""

_Side = Literal["after", "before"]


class _Form(NamedTuple):
    """What pages have in common that differ in their sizes and positions, or filters, only.

    Those that are `planned` share one plan.
    """

    end: Literal["first", "last"]
    order: Order
    after: bool
    before: bool
    planned: bool
    parts: PageParts


def paging(request: PageRequest, parts: PageParts) -> Paging:
    """Return how a page is read."""
    filtered = request.where is not None or request.search is not None
    form = _Form(
        end=request.end,
        order=request.order,
        after=request.after is not None,
        before=request.before is not None,
        # What a filter lets through depends on its values: PostgreSQL is to plan for them each time.
        planned=request.size < _PLANNED and not filtered,
        parts=parts,
    )
    return Paging(form, request.where, request.search) if filtered else _paging(form)


class Paging:
    """The statement that reads a page of one form, and the page that comes of its row."""

    def __init__(
        self, form: _Form, where: CustomerFilter | None = None, search: Search | None = None
    ) -> None:
        self._form = form
        parts, field = form.parts, form.order.field
        if field is None and search is None:
            raise ValueError("the order of a search needs a search")
        self._rank = search.rank() if search and field is None else None
        ranked = self._rank is not None
        key = (field or OrderField.LAST_NAME).value
        condition = where.condition() if where else None
        base = record.JOINED_CUSTOMERS if condition else record.CUSTOMERS
        self._customer = record.whole_customer if parts.owned else record.customer
        if parts.written:
            base = base.only("c.customer_id, c." + key + ", " + parts.written.json + " AS written")
            self._columns = _places(key, ranked=ranked, ends=parts.ends)
        else:
            base = record.WHOLE_CUSTOMERS if parts.owned else base
            dated = parts.updated_at or field is OrderField.UPDATED_AT
            self._columns = _columns(owned=parts.owned, updated_at=dated, ranked=ranked)
        self._keys = list(map(self._columns.names.index, ["rank", key] if ranked else [key]))
        if condition or search:
            base = base.join("LEFT JOIN customer_search w ON w.customer_id = c.customer_id")
        if search:
            base = base.where(search.condition())
        self._matching = base.where(condition) if condition else base
        # What is sorted by, its rank aside. Those of one country are read by last name from an index of both.
        indexed = field is OrderField.LAST_NAME and where is not None and where.of_one_country
        source: LiteralString = "w." if indexed else "c."
        self._sorted: list[LiteralString] = [source + key, source + "customer_id"]
        self._statement = self._read().flat()

    def statement(self, request: PageRequest) -> Sql:
        """Return the statement, which has one row: what lies around the page, then all columns."""
        text, values = self._statement.text, self._statement.values
        return Sql(text, tuple([value(request) if callable(value) else value for value in values]))

    def page(self, request: PageRequest, row: Sequence[Any]) -> Page:
        """Return the page of the row that the statement returned."""
        preceded, followed, total, written, *columns = row
        width, contacts = self._columns.width, self._form.parts.contacts
        rows = list(self._columns.rows(columns[:width]))
        more = len(written or rows) > request.size
        rows = rows[: request.size]
        customers = list(map(self._customer, rows)) if written is None else written[: request.size]
        if request.end == "last":
            rows.reverse()
            customers.reverse()
            preceded = preceded or more
        else:
            followed = followed or more
        return Page(
            customers,
            request.order,
            rows,
            self._keys,
            preceded,
            followed,
            total,
            contacts.by_relation(columns[width:]) if contacts else {},
        )

    def _read(self) -> Sql:
        """Return the statement with functions of the request for values that are the request's."""
        form = self._form
        descending = form.order.descending
        forwards, backwards = ("<", ">") if descending else (">", "<")
        window = self._matching
        if form.after:
            window = window.where(self._stands(forwards, "after"))
        if form.before:
            window = window.where(self._stands(backwards, "before"))
        sorted_by = self._sorted
        if self._rank:
            window = window.add("{} AS rank", self._rank)
            sorted_by = ["rank", *sorted_by]
        backwards_read = descending is (form.end == "first")
        page = self._some(window.order_by(_ordered(sorted_by, descending=backwards_read)))
        around = (
            self._any_standing(backwards + "=", "after") if form.after else sql("FALSE"),
            self._any_standing(forwards + "=", "before") if form.before else sql("FALSE"),
            self._count() if form.parts.counted else sql("NULL"),
        )
        written: LiteralString = "array_agg(written)" if form.parts.written else "NULL"
        last = [_last] if form.parts.ends else []
        columns = sql(written + " AS written, " + self._columns.select, *last)
        customers = sql("SELECT {} FROM ({}) AS page", columns, page)
        if form.parts.contacts is None:
            return sql("SELECT {}, {}, {}, customers.* FROM ({}) AS customers", *around, customers)
        return sql(
            "SELECT {}, {}, {}, customers.*, contacts.* FROM ({}) AS customers, LATERAL ({}) AS contacts",
            *around,
            customers,
            form.parts.contacts.query(sql("customers.customer_id")),
        )

    def _some(self, found: Select) -> Sql:
        if not self._form.planned:
            return sql("{} LIMIT {}", found.sql(), _one_more)
        # A plan that is kept knows no size. PostgreSQL would expect a tenth of the table, and so plan each
        # page anew, which takes longer than reading it. So it would small pages, if a size was no subquery.
        return sql(
            f"SELECT * FROM ({{}} LIMIT {_PLANNED}) AS planned LIMIT (SELECT {{}}::bigint)",
            found.sql(),
            _one_more,
        )

    def _stands(self, comparison: LiteralString, side: _Side) -> Sql:
        places = [*([self._rank] if self._rank else []), *map(sql, self._sorted)]
        position = [sql("{}", _position(side, number)) for number in range(len(places))]
        return sql("({}) " + comparison + " ({})", join(", ", places), join(", ", position))

    def _any_standing(self, comparison: LiteralString, side: _Side) -> Sql:
        standing = self._matching.where(self._stands(comparison, side))
        if self._rank:
            return standing.exists()
        # Where half of the table would do, PostgreSQL expects to read little of it, and may read the other
        # half first. Asked for the nearest, it looks into the index.
        nearest = standing.only("TRUE").order_by(_ordered(self._sorted, descending=comparison == "<="))
        return sql("({} LIMIT 1) IS NOT NULL", nearest.sql())

    def _count(self) -> Sql:
        return sql("({})", self._matching.only("count(*)").sql())


_paging = lru_cache(_MOST_FORMS)(Paging)


def _one_more(request: PageRequest) -> int:
    return request.size + 1


def _last(request: PageRequest) -> int:
    return max(request.size, 1)


def _position(side: _Side, number: int) -> Callable[[PageRequest], object]:
    """Return what reads one of the sort keys, or the id that follows them, of where a page begins or ends."""

    def read(request: PageRequest) -> object:
        position = getattr(request, side)
        return (*position.keys, position.id)[number]

    return read


def _ordered(names: list[LiteralString], *, descending: bool) -> LiteralString:
    return ", ".join(name + (" DESC" if descending else "") for name in names)


@cache
def _columns(*, owned: bool, updated_at: bool, ranked: bool) -> Columns:
    names = record.WHOLE_CUSTOMER if owned else record.CUSTOMER
    return Columns(
        (*names, "rank") if ranked else names,
        moments=_MOMENTS,
        unread=() if updated_at else ("updated_at",),
    )


@cache
def _places(key: LiteralString, *, ranked: bool, ends: bool) -> Columns:
    moments: list[LiteralString] = [key] if key in _MOMENTS else []
    names: tuple[LiteralString, ...] = ("customer_id", key)
    return Columns((*names, "rank") if ranked else names, moments=moments, ends=ends)
