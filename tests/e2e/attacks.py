"""What hostile clients send, and what no answer to it may show of our insides."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

CODES: Final = {
    *("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "FORBIDDEN"),
    *("LIMIT_EXCEEDED", "PERSISTED_QUERY_NOT_FOUND"),
}
"""Codes of errors that are a client's fault, where nobody has to say who it is."""

INJECTIONS: Final = (
    *("'", "''", '"', ";", "--", "/*", "%", "_", "\\", "\\'", "$1", "%s", "%%", "{0}", "\\x27", "E'\\\\047"),
    *("' OR 1=1 --", "' OR '1'='1", "') OR ('1'='1", "1 OR pg_sleep(60) IS NULL", "\uff07 OR 1=1 --"),
    *("' OR 1=1 --@example.com", "' UNION SELECT version() --", "' || (SELECT current_user) || '"),
    *("'; DROP TABLE customers; --", "$$; DROP SCHEMA customer_domain CASCADE; $$"),
    *("\\'; DELETE FROM customers; --", "1; UPDATE customers SET first_name = 'x'"),
    *("%' ESCAPE '", "%%_%\\%", "& ! | :* <-> (", "(a+)+$"),
)
"""Texts that would change a statement, a pattern of LIKE or a text search, were they a part of it."""

LEAK: Final = re.compile(
    r"Traceback|\.py\b|site-packages|asyncpg|tortoise|strawberry|postgresql|pg_catalog|DETAIL:|HINT:"
    r'|at or near|violates |relation "|column "|invalid input syntax|invalid byte sequence|0x[0-9a-f]{8}',
    re.IGNORECASE,
)
"""What drivers, databases and interpreters say."""

LONG: Final = 900_000
"""Characters of what is to be long, within the limit for bodies."""


class Attack(NamedTuple):
    """A document, its variables, and with which code and limit it is refused; without a code it is not."""

    query: str
    code: str | None = "LIMIT_EXCEEDED"
    limit: str | None = None
    variables: dict[str, Any] | None = None


def chain(link: str, end: str, count: int = 40) -> str:
    """Return fragments f0, f1 and so on, each with the next one's name in it."""
    links = (f" fragment f{i} on Query {link.format(f'...f{i + 1}')}" for i in range(count))
    return "{ ...f0 }" + "".join(links) + f" fragment f{count} on Query {end}"


def numbered(text: str, count: int) -> str:
    """Return a text so often, with a number in it each time."""
    return " ".join(text.replace("#", str(i)) for i in range(count))


PERSON: Final = (
    "id firstName middleName lastName createdAt updatedAt emails { id email isPrimary createdAt } "
    "phoneNumbers { id type number createdAt } address { line1 line2 city state postalCode country }"
)
PAGE: Final = f"nodes {{ {PERSON} }} edges {{ cursor node {{ {PERSON} }} }}"
CREATED: Final = "{ results { ... on Customer { " + PERSON + " } } }"
CREATE: Final = '{ createCustomer(input: {firstName: "Mallory", lastName: "M"}) { __typename } }'
BLANK: Final = "\n" * (LONG // 2)
ROUND: Final = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"

DOCUMENTS: Final = {
    "deep fields": Attack("{ a " * 13 + "}" * 13, limit="depth"),
    "deep fragments": Attack(chain("{{ node {{ {} }} }}", "{ id }", 13), limit="depth"),
    "introspection that goes round": Attack(ROUND, "GRAPHQL_VALIDATION_FAILED"),
    "introspection that grows": Attack("{ " + numbered("a#: " + ROUND[2:-2], 16) + " }", limit="aliases"),
    "aliases": Attack("{ " + numbered("a#: __typename", 16) + " }", limit="aliases"),
    "aliases below": Attack("{ customers { nodes { " + numbered("a#: id", 16) + " } } }", limit="aliases"),
    "aliases that double": Attack(chain("{{ {0} {0} }}", "{ a: __typename }", 5), limit="aliases"),
    "a long alias": Attack("{ customers { nodes { " + "a" * 101 + ": id } } }", limit="aliases"),
    "directives on a field": Attack("{ __typename " + "@skip(if: false) " * 51 + "}", limit="directives"),
    "directives on an operation": Attack("query q " + "@x " * 51 + "{ __typename }", limit="directives"),
    "directives on a variable": Attack("query ($v: Int " + "@x " * 51 + ") { id }", limit="directives"),
    "directives on a fragment": Attack(
        "{ ...f } fragment f on Query " + "@x " * 51 + "{ __typename }", limit="directives"
    ),
    "directives on spreads": Attack(
        "{ " + "...f @skip(if: true) " * 51 + "} fragment f on Query { __typename }", limit="directives"
    ),
    "directives that double": Attack(chain("{{ {0} {0} }}", "{ id @x }", 6), limit="directives"),
    "fragments that double": Attack(chain("{{ {0} {0} }}", "{ __typename }"), limit="tokens"),
    "fields that double": Attack(chain("{{ node {{ {0} }} node {{ {0} }} }}", "{ id }", 11), limit="tokens"),
    "the same field": Attack("{ customers { " + "nodes { id } " * 400 + "} }", limit="tokens"),
    "the same fragment": Attack(
        "{ " + "...f " * 600 + "} fragment f on Query { __typename }", limit="tokens"
    ),
    "tokens": Attack("{ " + "a " * 1_999 + "}", limit="tokens"),
    "half a million tokens": Attack("{ " + "a " * (LONG // 2) + "}", limit="tokens"),
    "comments": Attack("{ __typename " + "#\n" * 2_000 + "}", limit="tokens"),
    "operations": Attack(numbered("query q# { __typename }", 500), limit="tokens"),
    "variables": Attack("query (" + numbered("$v#: Int", 500) + ") { __typename }", limit="tokens"),
    "fields at the root": Attack("{ " + "__typename " * 11 + "}", limit="rootFields"),
    "mutations": Attack("mutation { " + numbered(f"m#: {CREATE[1:-1]}", 11) + " }", limit="rootFields"),
    "fields at the root of a fragment": Attack(
        "{ ...f ...f } fragment f on Query { " + "__typename " * 6 + "}", limit="rootFields"
    ),
    "pages": Attack("{ " + numbered(f"p#: customers(first: 100) {{ {PAGE} }}", 10) + " }", limit="cost"),
    "pages by a variable": Attack(
        "query ($n: Int) { " + numbered(f"p#: customers(last: $n) {{ {PAGE} }}", 10) + " }",
        limit="cost",
        variables={"n": 100},
    ),
    "pages by default": Attack(
        "query ($n: Int = 100) { " + numbered(f"p#: customers(first: $n) {{ {PAGE} }}", 10) + " }",
        limit="cost",
    ),
    "pages larger than any": Attack(
        "{ " + numbered(f"p#: customers(first: {2**31 - 1}) {{ {PAGE} }}", 10) + " }", limit="cost"
    ),
    "many ids": Attack(
        "query ($ids: [ID!]!) { "
        + numbered(f"n#: nodes(ids: $ids) {{ ... on Customer {{ {PERSON} }} }}", 10)
        + " }",
        limit="cost",
        variables={"ids": ["7c9e6679-7425-40de-944b-e07fc1f90ae7"] * 1_000},
    ),
    "many customers to create": Attack(
        "mutation ($c: CreateCustomersInput!) { "
        + numbered(f"c#: createCustomers(input: $c) {CREATED}", 10)
        + " }",
        limit="cost",
        variables={"c": {"customers": [{"firstName": "Mallory", "lastName": "M"}] * 1_000}},
    ),
    "many customers in a list": Attack(
        "mutation ($c: [CreateCustomerInput!]!) { "
        + numbered(f"c#: createCustomers(input: {{customers: $c}}) {CREATED}", 10)
        + " }",
        limit="cost",
        variables={"c": [{"firstName": "Mallory", "lastName": "M"}] * 1_000},
    ),
    "a very long alias": Attack("{ " + "a" * LONG + ": __typename }", limit="tokens"),
    "a very long field": Attack("{ " + "a" * LONG + " }", limit="tokens"),
    "a very long number": Attack("{ customers(first: " + "9" * LONG + ") { totalCount } }", limit="tokens"),
    "a very long text": Attack('{ customers(search: "' + "a" * LONG + '") { totalCount } }', limit="tokens"),
    "a very long comment": Attack("{ __typename } #" + "a" * LONG, limit="tokens"),
    "a very long name in each of many errors": Attack(
        "query " + "q" * LONG + " (" + numbered("$v#: Int", 400) + ") { __typename }", limit="tokens"
    ),
    "many lines before each of many errors": Attack(
        BLANK + numbered("query q { __typename }", 300), limit="tokens"
    ),
    "many lines before each of many results": Attack(
        BLANK + "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        limit="tokens",
        variables={"ids": ["x"] * 100},
    ),
    "a long name in each of many errors": Attack(
        "query " + "q" * 90_000 + " (" + numbered("$v#: Int", 400) + ") { __typename }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "many names that do not exist": Attack(
        "{ " + numbered(f"...{'n' * 100}#", 600) + " }", "GRAPHQL_VALIDATION_FAILED"
    ),
    "a surrogate by its number": Attack(
        '{ customers(search: "\\u{D800}") { totalCount } }', "GRAPHQL_PARSE_FAILED"
    ),
    "variables that nobody asked for": Attack(
        "{ __typename }", None, variables={f"v{i}": i for i in range(50_000)}
    ),
}
"""What is sent as a document. tests/e2e/bad_input has those that are just not valid."""
