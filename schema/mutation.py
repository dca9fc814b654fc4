"""What can be changed. Expected failures are members of the result unions, made by `schema.problems`."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, TypeAlias, TypeVar

import strawberry
from orjson import Fragment

import models
from models import draft, errors
from models.creation import MOST_AT_ONCE, Result
from models.errors import LimitExceeded
from schema import inputs
from schema.context import Info
from schema.inputs import plain
from schema.problems import (
    IdempotencyConflict,
    InvalidInput,
    NotCreated,
    NotFound,
    StaleCustomer,
    invalid_input,
)
from schema.shape import customer_shape
from schema.types import Customer

T = TypeVar("T")

Input: TypeAlias = Annotated[T, strawberry.argument(description="All that the mutation needs to know.")]


@strawberry.type(description="A customer that is gone, with all that belonged to it.")
class DeletedCustomer:
    id: strawberry.ID = strawberry.field(description="The id that the customer had.")


CreateCustomerResult: TypeAlias = Annotated[
    Customer | InvalidInput | IdempotencyConflict,
    strawberry.union("CreateCustomerResult", description="The new customer, or why there is none."),
]
CreateCustomersResult: TypeAlias = Annotated[
    Customer | InvalidInput | IdempotencyConflict | NotCreated,
    strawberry.union("CreateCustomersResult", description="The customer, or why it was not created."),
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


@strawberry.type(description="What came of creating several customers at once.")
class CreateCustomersPayload:
    results: list[CreateCustomersResult] = strawberry.field(
        description="results[i] answers customers[i]; with ATOMIC and any problem, nothing is created and "
        "the faultless items are NotCreated."
    )

    @strawberry.field(
        description="How many results are customers: created by this call, or by one that it repeats."
    )
    def created_count(self) -> int:
        return sum(isinstance(result, models.Customer) for result in self.results)


@strawberry.type(description="What can be changed. Each mutation is done as a whole or not at all.")
class Mutation:
    @strawberry.mutation(
        graphql_type=CreateCustomerResult, description="Create a customer with all that belongs to it."
    )
    async def create_customer(
        self, info: Info, input: Input[inputs.CreateCustomerInput]
    ) -> models.Customer | Fragment:
        context, new = info.context, draft.CustomerDraft.of(plain(input))
        # What a key has created before is read.
        writing = context.written(customer_shape(info)) if new.idempotency_key is None else None
        if writing:
            return Fragment(await context.customers.create_written(new, writing))
        return await context.customers.create(new)

    @strawberry.mutation(description="Create up to 1,000 customers at once, all or none or the good ones.")
    async def create_customers(
        self, info: Info, input: Input[inputs.CreateCustomersInput]
    ) -> CreateCustomersPayload:
        given = plain(input)
        if len(given["customers"]) > MOST_AT_ONCE:
            raise LimitExceeded(f"Create at most {MOST_AT_ONCE} customers at once.")
        drafts = []
        for position, customer in enumerate(given["customers"]):
            drafts.append(_draft(customer))
            if position % 10 == 0:
                await asyncio.sleep(0)  # others are not to wait until all are checked
        results = await info.context.customers.create_many(
            drafts, atomic=given["on_error"] is inputs.OnError.ATOMIC
        )
        answers = [_answer(result, position) for position, result in enumerate(results)]
        return CreateCustomersPayload(results=answers)

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


def _draft(customer: dict[str, Any]) -> draft.CustomerDraft | errors.InvalidInput:
    try:
        return draft.CustomerDraft.of(customer)
    except errors.InvalidInput as error:
        return error


def _answer(result: Result, position: int) -> Any:
    match result:
        case errors.InvalidInput():
            return invalid_input(result, "customers", str(position))
        case errors.IdempotencyConflict():
            return IdempotencyConflict(message=str(result))
        case errors.NotCreated():
            return NotCreated(message=str(result))
    return result
