"""Filters and searches that are malformed, or bombs: a clear error each, and never one of ours."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from models.filter import MOST_CONDITIONS
from tests.e2e.bad_input.inputs import JSON, LONG, codes

if TYPE_CHECKING:
    from tests.e2e.api import Api

FIND = """query ($where: CustomerWhere, $search: String) {
  customers(where: $where, search: $search) { nodes { id } totalCount }
}"""
ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
TEXTS = (
    *("firstName", "middleName", "lastName", "email", "phoneNumber"),
    *("city", "state", "postalCode", "country"),
)


def nested(levels: int, part: str) -> dict[str, Any]:
    """Return a filter of this many levels, itself the first."""
    where: dict[str, Any] = {"firstName": {"eq": "Ada"}}
    for _ in range(levels - 1):
        where = {part: where if part == "not" else [where]}
    return where


@pytest.mark.parametrize("levels", [11, 12, 100])
@pytest.mark.parametrize("part", ["and", "or", "not"])
def test_a_filter_that_is_too_deep_is_refused(api: Api, levels: int, part: str) -> None:
    """Ten levels are answered, the eleventh is one too many."""
    assert "errors" not in api.answer(FIND, where=nested(10, part))
    error = api.error(FIND, where=nested(levels, part))
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED"}
    assert "10 levels" in error["message"]


@pytest.mark.parametrize("part", ["and", "or", "not"])
def test_a_filter_that_is_far_too_deep_is_refused(api: Api, part: str) -> None:
    """A filter of hundreds of levels is refused as well, in a variable or in the document."""
    expected = {"LIMIT_EXCEEDED", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "BAD_USER_INPUT"}
    for levels in (200, 240, 300, 1_000, 2_000):
        where = f'{{"{part}": ' * levels + "{}" + "}" * levels
        body = f'{{"query": {json.dumps(FIND)}, "variables": {{"where": {where}}}}}'
        assert codes(api.http.post("/graphql", content=body, headers=JSON)) <= expected
        literal_ = f"{{{part}: " * levels + "{}" + "}" * levels
        assert codes(api.post(f"{{ customers(where: {literal_}) {{ totalCount }} }}")) <= expected


@pytest.mark.parametrize("part", ["and", "or"])
@pytest.mark.parametrize("width", [MOST_CONDITIONS + 1, 10_000])
@pytest.mark.parametrize("condition", [{"firstName": {"eq": "Ada"}}, {}, {"email": {"contains": "a"}}])
def test_a_filter_that_is_too_wide_is_refused(
    api: Api, part: str, width: int, condition: dict[str, Any]
) -> None:
    """There is a limit to the conditions of a filter, wherever they stand."""
    error = api.error(FIND, where={part: [condition] * width})
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED"}
    assert f"at most {MOST_CONDITIONS} filters" in error["message"]


def test_a_tree_of_filters_is_counted_as_a_whole(api: Api) -> None:
    """Wide and deep at once, a filter is refused for the number of all its conditions."""
    where: dict[str, Any] = {"firstName": {"eq": "Ada"}}
    for _ in range(9):
        where = {"or": [where, where]}
    assert api.error(FIND, where=where)["extensions"] == {"code": "LIMIT_EXCEEDED"}


@pytest.mark.parametrize("count", [1_001, 10_000])
@pytest.mark.parametrize("field", [*TEXTS, "id"])
def test_a_list_that_is_too_long_is_refused(api: Api, field: str, count: int) -> None:
    """An `in` has at most 1,000 values."""
    error = api.error(FIND, where={field: {"in": [ID] * count}})
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED"}
    assert "at most 1000" in error["message"]


NULLS: list[dict[str, Any]] = [
    *({name: None} for name in ("and", "or", "not", "id", "firstName", "email", "createdAt")),
    {"twoFactorEnabled": None},
    {"firstName": {"eq": None}},
    {"firstName": {"in": None}},
    {"firstName": {"startsWith": None}},
    {"firstName": {"contains": None}},
    {"firstName": {"isNull": None}},
    {"id": {"eq": None}},
    {"id": {"in": None}},
    {"createdAt": {"gte": None}},
    {"not": {"email": {"eq": None}}},
    {"and": [{"firstName": {"eq": "Ada"}}, {"or": [{"city": None}]}]},
]


def literal(value: Any) -> str:
    """Write a value as GraphQL does."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return "null" if value is None else f'"{value}"'


@pytest.mark.parametrize("where", NULLS, ids=literal)
def test_a_null_in_a_filter_is_refused(api: Api, where: dict[str, Any]) -> None:
    """A null where a condition belongs is a mistake, not a condition that everybody or nobody meets."""
    for error in (
        api.error(FIND, where=where),
        api.error(f"{{ customers(where: {literal(where)}) {{ totalCount }} }}"),
    ):
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}
        assert error["path"] == ["customers"]
        assert "isNull" in error["message"]


@pytest.mark.parametrize(
    ("type_", "where"),
    [
        ("String", "{firstName: {eq: $value}}"),
        ("[String!]", "{firstName: {in: $value}}"),
        ("StringFilter", "{firstName: $value}"),
        ("CustomerWhere", "{not: $value}"),
        ("[CustomerWhere!]", "{or: $value}"),
        ("Boolean", "{twoFactorEnabled: $value}"),
        ("DateTime", "{createdAt: {lt: $value}}"),
        ("ID", "{id: {eq: $value}}"),
    ],
)
def test_a_variable_that_is_null_is_refused(api: Api, type_: str, where: str) -> None:
    """A variable of null inside of a filter is refused; one that is left out leaves the condition out."""
    query = f"query ($value: {type_}) {{ customers(where: {where}) {{ totalCount }} }}"
    assert api.error(query, value=None)["extensions"] == {"code": "BAD_USER_INPUT"}
    assert "errors" not in api.answer(query)


@pytest.mark.parametrize(
    "where",
    [
        {"nope": {"eq": "x"}},
        {"firstName": "Ada"},
        {"firstName": ["Ada"]},
        {"firstName": {"eq": 5}},
        {"firstName": {"eq": ["Ada"]}},
        {"firstName": {"in": [None]}},
        {"firstName": {"in": ["Ada", 5]}},
        {"firstName": {"isNull": "yes"}},
        {"firstName": {"regex": ".*"}},
        {"firstName": {"isNull": 1}},
        {"and": [None]},
        {"and": "x"},
        {"not": [{}, {}]},
        {"twoFactorEnabled": "true"},
        {"createdAt": {"gte": "yesterday"}},
        {"createdAt": {"gte": "2026-01-31"}},
        {"createdAt": {"gte": "0000-01-01T00:00:00Z"}},
        {"createdAt": {"lt": "0001-01-01T00:00:00+14:00"}},
        {"createdAt": {"lt": "9999-12-31T23:59:59-14:00"}},
        {"createdAt": {"gte": 0}},
        {"id": ID},
        {"id": {"in": [None]}},
        {"id": {"eq": {}}},
        {"id": {"eq": 1.5}},
        5,
        "x",
        [{}, {}],
    ],
    ids=str,
)
def test_a_filter_of_another_type_is_refused(api: Api, where: object) -> None:
    """What is not the contract's filter is refused before anything runs."""
    response = api.post(FIND, where=where)
    assert (response.status_code, codes(response)) == (400, {"GRAPHQL_VALIDATION_FAILED"})


@pytest.mark.parametrize(
    "id_", ["", "x", "1", ID[:-1], ID + "0", f"{{{ID}}}", ID.replace("-", ""), "\0", " " + ID]
)
def test_an_id_that_is_none_is_refused(api: Api, id_: str) -> None:
    """An id that cannot be a customer's is refused, alone and among good ones."""
    for test in ({"eq": id_}, {"in": [ID, id_]}):
        error = api.error(FIND, where={"id": test})
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}
        assert "UUID" in error["message"]


@pytest.mark.parametrize("field", TEXTS)
def test_a_nul_in_a_filter_is_refused(api: Api, field: str) -> None:
    """No stored text has a NUL, and PostgreSQL cannot read one."""
    for test in ({"eq": "a\0"}, {"in": ["a", "\0"]}, {"startsWith": "\0"}, {"contains": "a\0b"}):
        error = api.error(FIND, where={"not": {field: test}})
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}
        assert "NUL" in error["message"]


METACHARACTERS = [
    *(
        "%",
        "_",
        "\\",
        "\\\\",
        "%%",
        "\\%",
        "[",
        "(",
        "*",
        "?",
        ".*",
        "^.*$",
        "(a+)+$",
        "{}",
        "{0}",
        "$1",
        "%s",
    ),
    *("'", "''", '"', ";", "--", "/*", "' OR 1=1 --", "'; DROP TABLE customers; --", "\\'; SELECT 1 --"),
    *(
        "&",
        "|",
        "!",
        ":*",
        "<->",
        "ada:*A",
        "(",
        "\\x00",
        "E'\\\\'",
        "\x7f",
        "\u2028",
        "\ufeff",
        "\U0001f600",
    ),
]


@pytest.mark.parametrize("text", METACHARACTERS)
def test_metacharacters_are_text(api: Api, text: str) -> None:
    """Text of SQL, LIKE, text search or regular expressions finds nobody and breaks nothing."""
    for name in TEXTS:
        for test in ({"eq": text}, {"in": [text]}, {"startsWith": text}):
            assert api.data(FIND, where={name: test})["customers"]["totalCount"] == 0
        assert "errors" not in api.answer(FIND, where={name: {"contains": text}})
    assert "errors" not in api.answer(FIND, search=text)
    assert "errors" not in api.answer(FIND, search=f"ada {text} {text}")


@pytest.mark.parametrize("letter", ["a", "%", "\\", "_", "'", "ß", "\U0001d160"])
def test_a_long_text_in_a_filter_is_refused(api: Api, letter: str) -> None:
    """A text that is longer than any stored one is refused; long ones are compared, and found nowhere."""
    for operator in ("eq", "startsWith", "contains"):
        where = {"lastName": {operator: letter * (LONG // len(letter.encode()))}}
        assert api.error(FIND, where=where)["extensions"] == {"code": "LIMIT_EXCEEDED"}
    listed = {"lastName": {"in": ["a", letter * LONG]}}
    assert api.error(FIND, where=listed)["extensions"] == {"code": "LIMIT_EXCEEDED"}
    assert api.data(FIND, where={"email": {"in": [letter * 1_000] * 80}})["customers"]["totalCount"] == 0


def test_combining_marks_take_no_time(api: Api) -> None:
    """Marks that have to be put in order, which takes time with their number's square, hold nobody up."""
    marks = "a" + "\u0301" * 20_000 + "\u0316" * 20_000
    started = time.monotonic()
    assert api.error(FIND, where={"lastName": {"eq": marks}})["extensions"] == {"code": "LIMIT_EXCEEDED"}
    assert api.error(FIND, search=marks)["extensions"] == {"code": "LIMIT_EXCEEDED"}
    assert api.issues("createCustomer", firstName=marks, lastName="A") == [("firstName", "TOO_LONG")]
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "search", ["a" * 401, " " * 401, "a" * LONG, "a b c d e f g h i j k", "\U0001f600" * 401]
)
def test_a_search_for_too_much_is_refused(api: Api, search: str) -> None:
    """A search has at most 400 characters and 10 words."""
    error = api.error(FIND, search=search)
    assert error["extensions"] == {"code": "LIMIT_EXCEEDED"}
    assert error["message"].startswith("Search for at most")


@pytest.mark.parametrize("letter", ["a", "ß", "\U0001f600", "\u023a", "'", "\\", "-", "1"])
def test_a_word_of_400_characters_is_looked_up(api: Api, letter: str) -> None:
    """The longest search there may be is answered."""
    assert api.data(FIND, search=letter * 400)["customers"]["totalCount"] == 0


@pytest.mark.parametrize("letter", ["\u0344", "\U0001d160", "\ufb1d"])
def test_a_search_counts_in_its_normal_form(api: Api, letter: str) -> None:
    """Letters that normally are written as several count as several."""
    assert api.error(FIND, search=letter * 400)["extensions"] == {"code": "LIMIT_EXCEEDED"}
    assert api.data(FIND, search=letter * 100)["customers"]["totalCount"] == 0


@pytest.mark.parametrize("search", ["\0", "ada\0", "ada \0 b"])
def test_a_nul_in_a_search_is_refused(api: Api, search: str) -> None:
    """A search with a NUL is refused with the way to mend it."""
    error = api.error(FIND, search=search)
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert "NUL" in error["message"]


@pytest.mark.parametrize("search", [5, True, ["ada"], {"text": "ada"}])
def test_a_search_of_another_type_is_refused(api: Api, search: object) -> None:
    """A search is text."""
    response = api.post(FIND, search=search)
    assert (response.status_code, codes(response)) == (400, {"GRAPHQL_VALIDATION_FAILED"})


def test_several_bombs_in_one_request_are_each_refused(api: Api) -> None:
    """Each field of a request has its own error, and a good one beside them none."""
    where = literal(nested(11, "and"))
    query = f"""{{ a: customers(where: {where}) {{ totalCount }}
      b: customers(search: "{"a" * 401}") {{ totalCount }} c: __typename }}"""
    errors = api.answer(query)["errors"]
    assert [error["extensions"]["code"] for error in errors] == ["LIMIT_EXCEEDED"]
