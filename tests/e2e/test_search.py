"""Searching as clients do: words in, the customers that have them all out, the best first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.e2e.api import Api

SEARCH = """
query ($search: String, $where: CustomerWhere, $orderBy: CustomerOrder, $first: Int, $after: String,
       $last: Int, $before: String) {
  customers(search: $search, where: $where, orderBy: $orderBy, first: $first, after: $after,
            last: $last, before: $before) {
    edges { cursor node { id firstName lastName } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}
"""
PEOPLE: list[dict[str, Any]] = [
    {"firstName": "Ada", "lastName": "Lovelace", "emails": [{"email": "countess@engine.example.com"}]},
    {"firstName": "Adam", "lastName": "Ant"},
    {"firstName": "Ada", "lastName": "Adams", "phoneNumbers": [{"type": "x", "number": "+14155552671"}]},
    {"firstName": "Jean-Luc", "lastName": "Picard"},
    {"firstName": "Jean Luc", "lastName": "Godard"},
    {
        "firstName": "Jean",
        "middleName": "Marie",
        "lastName": "Lucas",
        "emails": [{"email": "christopherjameson@example.com"}],
    },
    {"firstName": "Sam", "lastName": "O'Neill"},
    {"firstName": "Sam", "lastName": "O'Nearly", "emails": [{"email": "Sam.Nearly@example.com"}]},
    {"firstName": "Jürgen", "lastName": "Größe"},
    {"firstName": "100%", "lastName": "under_score"},
    {"firstName": "Tom & Jerry", "lastName": "a|b!c:*(d)<->"},
    {"firstName": "Back\\slash", "lastName": "'quoted'"},
    {"firstName": "Émile", "lastName": "Zola", "phoneNumbers": [{"type": "x", "number": "+33123456789"}]},
]


@pytest.fixture(scope="module", autouse=True)
def people(api: Api) -> None:
    """The customers that are searched for."""
    for fields in PEOPLE:
        api.create(**fields)


def found(api: Api, search: str | None, **arguments: Any) -> list[str]:
    page = api.data(SEARCH, search=search, **arguments)["customers"]
    names = ["{firstName} {lastName}".format_map(edge["node"]) for edge in page["edges"]]
    assert page["totalCount"] >= len(names)
    return names


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("love", ["Ada Lovelace"]),
        ("LOVELACE", ["Ada Lovelace"]),
        ("lace", []),
        ("ada love", ["Ada Lovelace"]),
        ("love ada", ["Ada Lovelace"]),
        ("ada zola", []),
        ("marie", ["Jean Lucas"]),
        ("countess@", ["Ada Lovelace"]),
        ("COUNTESS@ENGINE.example.com", ["Ada Lovelace"]),
        ("engine", []),
        ("sam.n", ["Sam O'Nearly"]),
        ("jür", ["Jürgen Größe"]),
        ("JÜR GRÖ", ["Jürgen Größe"]),
        ("Ju\u0308r", ["Jürgen Größe"]),
        ("e\u0301mile", ["Émile Zola"]),
        ("pic jean", ["Jean-Luc Picard"]),
        ("zola 331", ["Émile Zola"]),
        ("christopherjameso", ["Jean Lucas"]),
        ("christopherjameson@", ["Jean Lucas"]),
    ],
)
def test_every_word_must_begin_one_of_the_customers_words(api: Api, search: str, names: list[str]) -> None:
    """Words match as prefixes of names, addresses and numbers, in any case and order, and all must."""
    assert found(api, search) == names


def test_words_in_full_come_first(api: Api) -> None:
    """Who has more of the words in full comes first, then it goes by last name."""
    assert found(api, "ada") == ["Ada Adams", "Ada Lovelace", "Adam Ant"]
    assert found(api, "adam") == ["Adam Ant", "Ada Adams"]
    assert found(api, "a")[:3] == ["Ada Adams", "Adam Ant", "Ada Lovelace"]


@pytest.mark.parametrize("search", ["jean-luc", "Jean Luc", "jean-l", "luc-jean", "luc jean"])
def test_hyphens_may_be_typed_or_not(api: Api, search: str) -> None:
    """A hyphenated name is found by its parts, with and without the hyphen."""
    assert sorted(found(api, search)) == ["Jean Luc Godard", "Jean Lucas", "Jean-Luc Picard"]


def test_apostrophes_belong_to_names(api: Api) -> None:
    """A name with an apostrophe is found as it is written, in part or whole."""
    assert found(api, "o'n") == ["Sam O'Nearly", "Sam O'Neill"]
    assert found(api, "O'NEILL") == ["Sam O'Neill"]
    assert found(api, "sam o'neill") == ["Sam O'Neill"]


@pytest.mark.parametrize(
    "search",
    [
        "+14155552671",
        "14155552671",
        "+1 415 555",
        "+1 (415) 555-2671",
        "1-415-555-2671",
        "+1.415.555.2671",
        "1415",
        "+1415",
        "ada +1-415-555",
        "+1415 adams",
    ],
)
def test_phone_numbers_are_found_as_people_write_them(api: Api, search: str) -> None:
    """Blanks, brackets, dots and hyphens in a phone number do not matter, nor does the plus."""
    assert found(api, search) == ["Ada Adams"]


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("100%", ["100% under_score"]),
        ("%", []),
        ("_", []),
        ("under_", ["100% under_score"]),
        ("underx", []),
        ("&", ["Tom & Jerry a|b!c:*(d)<->"]),
        ("tom & jerry", ["Tom & Jerry a|b!c:*(d)<->"]),
        ("a|b", ["Tom & Jerry a|b!c:*(d)<->"]),
        ("a|b!c:*(d)<->", ["Tom & Jerry a|b!c:*(d)<->"]),
        ("a | zola", []),
        ("!ada", []),
        (":*", []),
        ("ada:*", []),
        ("(ada", []),
        ("ada <-> love", []),
        ("'", ["Back\\slash 'quoted'"]),
        ("'quoted'", ["Back\\slash 'quoted'"]),
        ("''quoted", []),
        ("back\\", ["Back\\slash 'quoted'"]),
        ("back\\slash", ["Back\\slash 'quoted'"]),
        ("\\", []),
        ("-", []),
        ("+", []),
        (".*", []),
        ("$1 {0} %s", []),
        ("\u202e", []),
        ("\x01", []),
        ("a" * 400, []),
    ],
)
def test_no_character_means_more_than_itself(api: Api, search: str, names: list[str]) -> None:
    """What has a meaning to SQL, LIKE, text search or regular expressions is only text in a search."""
    assert found(api, search) == names


@pytest.mark.parametrize("search", [None, "", "   ", "\t\n"])
def test_no_words_are_no_search(api: Api, search: str | None) -> None:
    """Without a word everybody is listed, as without a search, and cursors are those of the usual order."""
    assert found(api, search) == found(api, None)
    assert len(found(api, search)) == len(PEOPLE)
    cursor = api.data(SEARCH, search=search, first=3)["customers"]["pageInfo"]["endCursor"]
    assert found(api, None, after=cursor) == found(api, None)[3:]


@pytest.mark.parametrize("field", [None, "CREATED_AT", "UPDATED_AT", "LAST_NAME", "FIRST_NAME"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("search", ["a", "jean", "sam"])
def test_a_search_is_paged_in_every_order(api: Api, field: str | None, direction: str, search: str) -> None:
    """One by one, forwards and backwards, each customer that a search finds comes once, in the same order."""
    arguments: dict[str, Any] = {"search": search}
    if field:
        arguments["orderBy"] = {"field": field, "direction": direction}
    whole = found(api, **arguments)
    assert len(set(whole)) == len(whole) > 1
    page = api.data(SEARCH, **arguments)["customers"]

    cursors = [edge["cursor"] for edge in page["edges"]]
    assert [
        *found(api, **arguments, first=1),
        *(name for cursor in cursors for name in found(api, **arguments, first=1, after=cursor)),
    ] == whole
    assert [
        *(name for cursor in cursors for name in found(api, **arguments, last=1, before=cursor)),
        *found(api, **arguments, last=1),
    ] == whole
    if field is None and direction == "ASC":
        assert api.error(SEARCH, **arguments, orderBy={"field": "LAST_NAME"}, after=cursors[0])[
            "extensions"
        ] == {"code": "BAD_USER_INPUT"}
        assert api.error(SEARCH, after=cursors[0])["extensions"] == {"code": "BAD_USER_INPUT"}


def test_a_search_and_a_filter_must_both_hold(api: Api) -> None:
    """With where, a search finds those for whom both hold, and counts no others."""
    where = {"lastName": {"startsWith": "a"}}
    page = api.data(SEARCH, search="ada", where=where, first=1)["customers"]

    assert found(api, "ada", where=where) == ["Ada Adams", "Adam Ant"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (2, True)


def test_a_change_is_found_at_once(api: Api) -> None:
    """A customer is found by what it is called now, and no longer once it is deleted."""
    made = api.create(firstName="Grace", lastName="Hopper", emails=[{"email": "grace@example.com"}])
    assert found(api, "hopper") == ["Grace Hopper"]
    api.change("updateCustomer", id=made["id"], lastName="Murray")
    assert (found(api, "hopper"), found(api, "grace murray")) == ([], ["Grace Murray"])
    email = made["emails"][0]["id"]
    api.change("updateCustomerEmail", customerId=made["id"], emailId=email, email="amazing@example.com")
    assert (found(api, "grace@"), found(api, "amazing@")) == ([], ["Grace Murray"])
    api.change("removeCustomerEmail", customerId=made["id"], emailId=email)
    assert found(api, "amazing@") == []
    assert api.mutate("deleteCustomer", id=made["id"])["__typename"] == "DeletedCustomer"
    assert found(api, "murray") == []


def test_a_name_typed_in_full_with_its_hyphen_comes_first(api: Api) -> None:
    """A hyphenated word counts as typed in full when the customer has all of its parts in full."""
    ids = [
        api.create(firstName=name, lastName=last)["id"]
        for name, last in [("Anne-Marielle", "Aaa"), ("Anne-Marie", "Zzz")]
    ]
    try:
        assert found(api, "anne-marie") == ["Anne-Marie Zzz", "Anne-Marielle Aaa"]
    finally:
        for id_ in ids:
            api.mutate("deleteCustomer", id=id_)
