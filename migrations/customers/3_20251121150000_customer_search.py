"""What `customers(search: …)` looks words up in, kept up to date by PostgreSQL itself.

Each customer's words - of its names, its e-mail addresses, the digits of its phone numbers - stand in one
text search vector, so that all words of a search are matched in one index, however common each is by itself.
Country and last name stand beside it: an index can have columns of one table only, and people of one country
share last names, so that a walk through all last names may meet hardly anybody of a country for long.
Triggers keep it, because not everything that writes customers is this service: seeding copies, other programs
write as well, and so does the release before this one. They act once a statement, not once a row.
"""

from uuid import UUID

from tortoise import BaseDBAsyncClient

# Filled in batches and indexed without a lock on writers; all of it can be run again after a failure.
RUN_IN_TRANSACTION = False

BATCH = 5_000

# The functions work in every session, whatever its own search_path is, and are planned once in each: planning
# takes five times as long as running. Names break at blanks and hyphens.
# A name's word stands with each of its beginnings, because GIN finds what is equal many times faster than
# what begins alike: that it lists in full before it intersects. A blank ends each whole word. An e-mail
# address, which few share, stands whole behind a blank, and with the beginnings of its leading letters.
TABLE = r"""
CREATE TABLE IF NOT EXISTS customer_search (
    customer_id uuid NOT NULL,
    words tsvector NOT NULL,
    last_name varchar(255) NOT NULL,
    country varchar(2),
    CONSTRAINT pk_customer_search PRIMARY KEY (customer_id),
    CONSTRAINT fk_customer_search__customers__customer_id
        FOREIGN KEY (customer_id) REFERENCES customers (customer_id) ON DELETE CASCADE
);

CREATE OR REPLACE FUNCTION customer_words(ids uuid[]) RETURNS SETOF customer_search
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH chosen AS (
        SELECT c.customer_id, lower(concat_ws(' ', c.first_name, c.middle_name, c.last_name)) AS names,
            c.last_name, a.country
        FROM customers c LEFT JOIN postal_addresses a USING (address_id) WHERE c.customer_id = ANY (ids)
    ), name AS (
        -- Every blank that searches part words at; what \s means depends on the locale.
        SELECT chosen.customer_id, part AS text
        FROM chosen, string_to_table(translate(
            names, E'-\t\n\u000b\f\r\u001c\u001d\u001e\u001f\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004'
            '\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000', repeat(' ', 29)
        ), ' ') AS part
    ), email AS (
        SELECT e.customer_id, lower(e.email) AS text FROM chosen JOIN customer_emails e USING (customer_id)
    ), word AS (
        SELECT customer_id, text || ' ' AS text FROM name WHERE text <> ''
        UNION ALL
        SELECT customer_id, ' ' || text || ' ' FROM email
        UNION ALL
        SELECT p.customer_id, ltrim(p.number, '+') || ' '
        FROM chosen JOIN customer_phone_numbers p USING (customer_id)
        UNION ALL
        SELECT customer_id, left(text, size) FROM (
            SELECT customer_id, text FROM name
            UNION ALL
            SELECT customer_id, substring(text FROM '^[^-._+@0-9]+') FROM email
        ) AS spelt, generate_series(1, least(length(text), 16)) AS size
    )
    -- A row for each of them, without words where names are nothing but hyphens, so that none stays behind.
    SELECT chosen.customer_id,
        array_to_tsvector(coalesce(array_agg(text) FILTER (WHERE text IS NOT NULL), '{}')),
        chosen.last_name, chosen.country
    FROM chosen LEFT JOIN word USING (customer_id) GROUP BY 1, 3, 4;
END
$$;

CREATE OR REPLACE FUNCTION refresh_customer_search() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    ids uuid[];
BEGIN
    IF TG_TABLE_NAME = 'postal_addresses' THEN
        ids := ARRAY(SELECT customer_id FROM customers JOIN changed USING (address_id));
    ELSIF TG_OP = 'UPDATE' THEN
        -- An address or a number may have moved from one customer to another.
        ids := ARRAY(SELECT customer_id FROM changed UNION SELECT customer_id FROM before);
    ELSIF TG_OP = 'DELETE' THEN
        ids := ARRAY(SELECT DISTINCT customer_id FROM changed);
    -- A statement that inserts customers with all that they own calls for each table: only the first has
    -- something to do.
    ELSIF TG_TABLE_NAME = 'customers' THEN
        ids := ARRAY(SELECT customer_id FROM changed n WHERE NOT EXISTS (
            SELECT FROM customer_search w WHERE w.customer_id = n.customer_id
        ));
    ELSIF TG_TABLE_NAME = 'customer_emails' THEN
        ids := ARRAY(SELECT DISTINCT customer_id FROM changed n WHERE NOT EXISTS (
            SELECT FROM customer_search w WHERE w.customer_id = n.customer_id
            AND tsvector_to_array(w.words) @> ARRAY[' ' || lower(n.email) || ' ']
        ));
    ELSE
        ids := ARRAY(SELECT DISTINCT customer_id FROM changed n WHERE NOT EXISTS (
            SELECT FROM customer_search w WHERE w.customer_id = n.customer_id
            AND tsvector_to_array(w.words) @> ARRAY[ltrim(n.number, '+') || ' ']
        ));
    END IF;
    IF ids = '{}' THEN
        RETURN NULL;
    END IF;
    -- One after the other for each customer: the next statement sees what the one before it committed.
    PERFORM FROM customers c WHERE c.customer_id = ANY (ids) ORDER BY c.customer_id FOR NO KEY UPDATE;
    INSERT INTO customer_search SELECT * FROM customer_words(ids)
    ON CONFLICT ON CONSTRAINT pk_customer_search DO UPDATE
    SET words = excluded.words, last_name = excluded.last_name, country = excluded.country
    WHERE customer_search IS DISTINCT FROM excluded;
    RETURN NULL;
END
$$;
"""

TRIGGERS = {
    "customers": ("INSERT", "UPDATE"),
    "customer_emails": ("INSERT", "UPDATE", "DELETE"),
    "customer_phone_numbers": ("INSERT", "UPDATE", "DELETE"),
    # An address is there before its customer, and a customer loses it by an update of its own.
    "postal_addresses": ("UPDATE",),
}

ROWS = {
    "INSERT": "NEW TABLE AS changed",
    "UPDATE": "OLD TABLE AS before NEW TABLE AS changed",
    "DELETE": "OLD TABLE AS changed",
}

TRIGGER = """
DROP TRIGGER IF EXISTS tr_{table}__search_{event} ON {table};
CREATE TRIGGER tr_{table}__search_{event} AFTER {event} ON {table} REFERENCING {rows}
    FOR EACH STATEMENT EXECUTE FUNCTION refresh_customer_search();
"""

FILL = """
INSERT INTO customer_search SELECT * FROM customer_words(ARRAY(
    SELECT customer_id FROM customers WHERE customer_id > $1 ORDER BY customer_id LIMIT $2 FOR KEY SHARE
))
ON CONFLICT DO NOTHING
"""

LAST = """
SELECT customer_id FROM customers WHERE customer_id > $1 ORDER BY customer_id OFFSET $2 - 1 LIMIT 1
"""

INDEXES = {
    # customers(search: …), as words @@ '''ada'' & ''love''', which would also read pending words
    "ix_customer_search__words": "customer_search USING gin (words) WITH (fastupdate = off)",
    # customers(where: {lastName: {…}}) and the like, as lower(…) = … or lower(…) LIKE 'prefix%'
    "ix_customers__lower_last_name": "customers (lower(last_name) text_pattern_ops)",
    "ix_customers__lower_first_name": "customers (lower(first_name) text_pattern_ops)",
    "ix_customer_emails__lower_email": "customer_emails (lower(email) text_pattern_ops)",
    "ix_customer_phone_numbers__lower_number": "customer_phone_numbers (lower(number) text_pattern_ops)",
    # customers(where: {country: …}), also with orderBy: {field: LAST_NAME}
    "ix_customer_search__lower_country_last_name_customer_id": (
        "customer_search (lower(country) text_pattern_ops, last_name, customer_id)"
    ),
    "ix_postal_addresses__lower_postal_code": "postal_addresses (lower(postal_code) text_pattern_ops)",
}


async def upgrade(db: BaseDBAsyncClient) -> str:
    triggers = [
        TRIGGER.format(table=table, event=event.lower(), rows=ROWS[event])
        for table, events in TRIGGERS.items()
        for event in events
    ]
    await db.execute_script(TABLE + "".join(triggers))
    last = [{"customer_id": UUID(int=0)}]
    while last:
        start = last[0]["customer_id"]
        last = await db.execute_query_dict(LAST, [start, BATCH])
        await db.execute_query(FILL, [start, BATCH])
    # A build that was interrupted leaves its index behind, not valid but in the way.
    broken = await db.execute_query_dict(
        "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
        " WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace AND relname = ANY($1)",
        [list(INDEXES)],
    )
    for row in broken:
        await db.execute_script(f"DROP INDEX CONCURRENTLY {row['relname']}")
    for name, on in INDEXES.items():
        await db.execute_script(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {on}")
    # An index on an expression has statistics of its own, which plans need.
    return "ANALYZE customers, customer_emails, customer_phone_numbers, postal_addresses, customer_search"


async def downgrade(db: BaseDBAsyncClient) -> str:
    on_other_tables = [name for name in INDEXES if not name.startswith("ix_customer_search__")]
    return f"""
    DROP FUNCTION refresh_customer_search CASCADE;
    DROP FUNCTION customer_words;
    DROP TABLE customer_search;
    DROP INDEX {", ".join(on_other_tables)};
    """


MODELS_STATE = (
    "eJztm/9v2jgUwP8VK79cJ63VSrtu2p1OAko1bi1Uhd5Om6bIJAasJjZLnLWo1//9bOe784VAoQc0v1Tw/J5jPn6O33t2HzXDcxm1"
    "keMetYNP2ifwqBFoI/4hr/kt0OBslmoUMgZHFspI4chlDjQYbxhDy0VcZCLXcPCMYUqEehOEBp8AmyLgUMr4B8gAvSeuFI2p5wDK"
    "PzlAPsU9El2b1OB9YzJ5Vi8ewT89pDM6QaKJ9/X9BxdjYqIH5IZfZ3f6GCPLTLHBpuhAynU2n0nZ7W33/EJqihGOdINank2SWHTf"
    "bDZnU0oiO8/D5pEwFm0TRJADGTIT1IhnWQHhUOQPnQuY46FozGYsMNEYepZgr/0x9oghkAP5JPHn9M9gjAk1Xe/1h/qgM9R1LTNV"
    "YggK90BkUCKmGRMmiD0++f3GZKRUEw9of27eHJycvZEIqMsmjmyU3LQnaQgZ9E0l/Rj3GDsu0+W3DPb2FDr52NNWCnU+6FV4h4IY"
    "eOzbIcoQ1gbwajZ80C1EJmzKvzbevy/h/XfzRiLnWpI55YvRX6a9oKnhtwn2MWsbm6aFloatmK1EO/DdVwTbgiv4dcqodutqpA0H"
    "CR46ZFnU57yFYRsVvL1TlgpvMzA9Cj/sIn3+A80+sebBEiyBP+xedQbD5tW1eJztuj8tya857IiWhpTOFenBmTJPUSfga3f4GYiv"
    "4Fu/11E3hkhv+E0TY4Ieozqh9zo0EztdKA2ppWbdm5krznrasp71XZp1rsk7c/W8KK1LWP6Ep42UCefQdnD/mohBHDaOTz+cfjw5"
    "O/3IVeQ4I8mHkknv9obKK3Tm4F/QmOsuYow/d0m+BdY1aB+0SDXGd7nRb+CZWdYX1EF4Qr6guUTe5YOCxMgLC+Jc7povNWg14y53"
    "C/VT6FahNB6iA++jTE1ZzZyEiSzEJAs+BNC7vbzUSp17TbT9XgeJTveTd8HqLgAvnH0Ejbt76Jh6gdcjG2IrZxpagd3FlxtkQfl7"
    "ymYgrF10RHc7uE0XTUDaeflv57mXZ4+C2stakF2LXnuy030CJ5yPNmjC6VLumG2yG7YqgQRO5E8SzxZPKnK48oJa5JSVqmp6vCQq"
    "1NYIQIdCHwSvQkDHgM9nVCz7HaAH3oM1l1LeCKOm31yA/cIZX9Y2dKRKTuFtI4/Iqcp9jxAIBUlB+/GcUl1hkCL7rhyZBC/C59Xn"
    "tjwueVtSlkOh+1atXEQGe1i1OGm8q1C14FqFVQvZlg65sasH6yPnrU6phSDJJ502VHCPuOUO8i7B2+r3L1PJaas7VDDfXrU6NwfH"
    "kj5Xwn5Mks1y6kJRscPvb8lAOaLZgpOd7V1sCw5ySjLZ5Db+/OQqeSy5m3QXplWKf6XSqXZz0G6ed8qyqRcKdZOJQnnAq6QU1cLe"
    "THZT5WRZGgHfSI1L886QF+ovjEt92w0Fpj6DOjCtFphKNEvEpaH+HoallaLSkqA0G5OSaPlWxRtb1IArAK4j0DoCrSPQOgKtI9CF"
    "EWj6NCs/9syceJVGnTOprQcVTVQx3hyKQqa0LKqFZmPOijZrvqW4tvPv1x5jWpig42WioMhgH4OgjVyO48AayxJurEx4y05eX+JO"
    "HGY5deVivqH+Hjrw8bsqYTzXKuQr29J8+budLZWHRgY14WqEg93aoOZSnBWzPaS9gayUeoTlnUOVvC9ik21GrHUH/cOT47MzAK3Z"
    "FB42QOgYS1OvAr2Y+Zu83KXKXZlUKLuWux+7t1/+X/c91CteBUlI9iJYeRqScx1tcRryVf7XUyKDAJCnxsgEjGbzj0XKL5V4rHwx"
    "9LVnIDZ07pBAFlwM0hERHHLYl14VKOumvjhQ/eIAu+cvEr48qbPiROR3UE9B+RTUG+aObZhN5GBjWrBPBo2LtkcYqy3aFIt5vNQG"
    "V+9n1fazX3yWg+VWNcNImGxzhrFNRR+xrpYgHKjvId2NFCT4ExkiOQe3fw36vaIsOTJRT2yxwcC/wMJulX+K2jbaJXAFjNSWHzI9"
    "uGr+o+JuX/Zb6kGf6KC13Oa//l3t6T+njsU8"
)
