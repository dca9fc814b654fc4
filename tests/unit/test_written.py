"""What can become part of the SQL by which PostgreSQL writes customers."""

import pytest

from models.written import Member, Shapes, Written


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a'", 'a"', "a\\", "a\n", "a-b", "{}", "$1", "1a", "é", "a\0"]
)
def test_only_names_of_graphql_become_sql(name: str) -> None:
    """A name that GraphQL's grammar does not have is refused, whatever let it through before."""
    with pytest.raises(ValueError, match="no name"):
        Written.of((Member(name, "id"),))
    with pytest.raises(ValueError, match="no name"):
        Written.of((Member("emails", "emails", (Member(name, "id"),)),))


def test_any_name_of_graphql_is_a_key() -> None:
    """Letters, digits and underscores are a key as they are."""
    assert '\'{"_a1_B":' in Written.of((Member("_a1_B", "first_name"),)).json


@pytest.mark.parametrize(
    "shape",
    [
        (Member("id", "id"), Member("fullName", "full_name")),
        (Member("friends", "friends", (Member("id", "id"),)),),
        (Member("emails", "emails", (Member("domain", "domain"),)),),
    ],
)
def test_what_is_in_no_column_is_not_written(shape: tuple[Member, ...]) -> None:
    """Attributes that are no columns or relations are read instead, however often they are asked for."""
    shapes = Shapes()

    assert [shapes.written(shape) for _ in range(3)] == [None] * 3
