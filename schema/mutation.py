"""What can be changed. Expected failures are members of the result unions, made by `schema.problems`."""

from __future__ import annotations

from typing import Annotated, TypeAlias, TypeVar

import strawberry

import models
from models import draft
from schema import inputs
from schema.context import Info
from schema.inputs import plain
from schema.problems import InvalidInput, NotFound, StaleCustomer
from schema.types import Customer

T = TypeVar("T")

Input: TypeAlias = Annotated[T, strawberry.argument(description="All that the mutation needs to know.")]


@strawberry.type(description="A customer that is gone, with all that belonged to it.")
class DeletedCustomer:
    id: strawberry.ID = strawberry.field(description="The id that the customer had.")


CreateCustomerResult: TypeAlias = Annotated[
    Customer | InvalidInput,
    strawberry.union("CreateCustomerResult", description="The new customer, or why there is none."),
]
UpdateCustomerResult: TypeAlias = Annotated[
    Customer | InvalidInput | NotFound | StaleCustomer,
    strawberry.union("UpdateCustomerResult", description="The changed customer, or why it was not changed."),
]
DeleteCustomerResult: TypeAlias = Annotated[
    DeletedCustomer | InvalidInput | NotFound | StaleCustomer,
    strawberry.union(
        "DeleteCustomerResult", description="The id of the deleted customer, or why it is still there."
    ),
]


@strawberry.type(description="What can be changed. Each mutation is done as a whole or not at all.")
class Mutation:
    @strawberry.mutation(
        graphql_type=CreateCustomerResult, description="Create a customer with all that belongs to it."
    )
    async def create_customer(self, info: Info, input: Input[inputs.CreateCustomerInput]) -> models.Customer:
        return await info.context.customers.create(draft.CustomerDraft.of(plain(input)))

    @strawberry.mutation(
        graphql_type=UpdateCustomerResult,
        description="Change a customer's names, and replace or remove its address and privacy settings.",
    )
    async def update_customer(self, info: Info, input: Input[inputs.UpdateCustomerInput]) -> models.Customer:
        return await info.context.customers.update(draft.CustomerPatch.of(plain(input)))

    @strawberry.mutation(
        graphql_type=DeleteCustomerResult, description="Delete a customer with all that belongs to it."
    )
    async def delete_customer(self, info: Info, input: Input[inputs.DeleteCustomerInput]) -> DeletedCustomer:
        id_ = await info.context.customers.delete(draft.CustomerDeletion.of(plain(input)))
        return DeletedCustomer(id=strawberry.ID(str(id_)))

    @strawberry.mutation(
        graphql_type=UpdateCustomerResult, description="Add an e-mail address to a customer."
    )
    async def add_customer_email(
        self, info: Info, input: Input[inputs.AddCustomerEmailInput]
    ) -> models.Customer:
        return await info.context.customers.add_email(draft.NewEmail.of(plain(input)))

    @strawberry.mutation(
        graphql_type=UpdateCustomerResult,
        description="Change an e-mail address of a customer, or make it the primary one.",
    )
    async def update_customer_email(
        self, info: Info, input: Input[inputs.UpdateCustomerEmailInput]
    ) -> models.Customer:
        return await info.context.customers.update_email(draft.EmailPatch.of(plain(input)))

    @strawberry.mutation(
        graphql_type=UpdateCustomerResult, description="Remove an e-mail address from a customer."
    )
    async def remove_customer_email(
        self, info: Info, input: Input[inputs.RemoveCustomerEmailInput]
    ) -> models.Customer:
        return await info.context.customers.remove_email(draft.EmailRemoval.of(plain(input)))

    @strawberry.mutation(graphql_type=UpdateCustomerResult, description="Add a phone number to a customer.")
    async def add_customer_phone_number(
        self, info: Info, input: Input[inputs.AddCustomerPhoneNumberInput]
    ) -> models.Customer:
        return await info.context.customers.add_phone_number(draft.NewPhoneNumber.of(plain(input)))

    @strawberry.mutation(
        graphql_type=UpdateCustomerResult, description="Change a phone number of a customer or its label."
    )
    async def update_customer_phone_number(
        self, info: Info, input: Input[inputs.UpdateCustomerPhoneNumberInput]
    ) -> models.Customer:
        return await info.context.customers.update_phone_number(draft.PhoneNumberPatch.of(plain(input)))

    @strawberry.mutation(
        graphql_type=UpdateCustomerResult, description="Remove a phone number from a customer."
    )
    async def remove_customer_phone_number(
        self, info: Info, input: Input[inputs.RemoveCustomerPhoneNumberInput]
    ) -> models.Customer:
        return await info.context.customers.remove_phone_number(draft.PhoneNumberRemoval.of(plain(input)))
