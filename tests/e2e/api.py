"""The API as its clients use it, so that tests read as sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

CUSTOMER = """
fragment everything on Customer {
  id firstName middleName lastName createdAt updatedAt
  emails { id email isPrimary createdAt }
  primaryEmail { email }
  phoneNumbers { id type number createdAt }
  address { line1 line2 city state postalCode country }
  privacySettings { marketingEmailsEnabled twoFactorEnabled }
}
"""
PROBLEM = "... on Problem { message } ... on InvalidInput { issues { path code message } }"
FAILURE = f"{PROBLEM} ... on NotFound {{ id }} ... on StaleCustomer {{ current {{ ...everything }} }}"
RESULTS = {
    "createCustomer": f"... on Customer {{ ...everything }} {PROBLEM}",
    "deleteCustomer": f"... on DeletedCustomer {{ id }} {FAILURE}",
}


@dataclass
class Api:
    """A client of one running service."""

    http: httpx.Client

    def post(self, query: str, **variables: Any) -> httpx.Response:
        return self.http.post("/graphql", json={"query": query, "variables": variables})

    def answer(self, query: str, **variables: Any) -> dict[str, Any]:
        """Return the whole answer, which must not be one of a server that failed."""
        response = self.post(query, **variables)
        assert response.status_code in (200, 400), response.text
        answer: dict[str, Any] = response.json()
        return answer

    def data(self, query: str, **variables: Any) -> Any:
        """Return the data of an answer without errors."""
        answer = self.answer(query, **variables)
        assert "errors" not in answer, answer
        return answer["data"]

    def error(self, query: str, **variables: Any) -> dict[str, Any]:
        """Return the one error of an answer."""
        [error] = self.answer(query, **variables)["errors"]
        assert isinstance(error, dict)
        return error

    def mutate(self, mutation: str, **fields: Any) -> dict[str, Any]:
        """Return the result of a mutation: a customer, or a problem."""
        type_ = mutation[0].upper() + mutation[1:] + "Input"
        result = RESULTS.get(mutation, f"... on Customer {{ ...everything }} {FAILURE}")
        query = f"""mutation ($input: {type_}!) {{
          {mutation}(input: $input) {{ __typename {result} }}
        }} {CUSTOMER}"""
        changed: dict[str, Any] = self.data(query, input=fields)[mutation]
        return changed

    def change(self, mutation: str, **fields: Any) -> dict[str, Any]:
        """Return the customer that a mutation, which must succeed, answers with."""
        customer = self.mutate(mutation, **fields)
        assert customer.pop("__typename") == "Customer", customer
        return customer

    def create(self, **fields: Any) -> dict[str, Any]:
        """Return a new customer with these fields."""
        return self.change("createCustomer", **{"firstName": "Ada", "lastName": "Lovelace", **fields})

    def customer(self, id_: str) -> dict[str, Any] | None:
        """Return a customer as it is now, or None."""
        query = f"query ($id: ID!) {{ customer(id: $id) {{ ...everything }} }} {CUSTOMER}"
        customer: dict[str, Any] | None = self.data(query, id=id_)["customer"]
        return customer

    def issues(self, mutation: str, **fields: Any) -> list[tuple[str, str]]:
        """Return the issues of an input that is refused, each as its path with dots and its code."""
        problem = self.mutate(mutation, **fields)
        assert problem["__typename"] == "InvalidInput", problem
        assert all(issue["message"] for issue in problem["issues"])
        return [(".".join(issue["path"]), issue["code"]) for issue in problem["issues"]]
