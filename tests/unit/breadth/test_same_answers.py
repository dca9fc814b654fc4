"""Any answer is graphql-core's: schemas, data and documents are made up, and both executors asked."""

from __future__ import annotations

import asyncio
import gc
import os
from typing import TYPE_CHECKING, Any, Final

import pytest
from graphql import ExecutionResult, parse, validate
from graphql.execution.incremental import IncrementalExecutor
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from breadth import BreadthExecutor
from tests.unit.breadth.answers import Answer, Case
from tests.unit.breadth.choices import choices
from tests.unit.breadth.data import made_root
from tests.unit.breadth.documents import made_request
from tests.unit.breadth.schemas import made_schema
from tests.unit.breadth.values import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Draw = Callable[[st.SearchStrategy[Any]], Any]

# graphql-core leaves coroutines alone that belong to tasks which it cancels before they start. Python
# warns, and stumbles over it when it finds them while a named tuple is made: that has no `__import__`.
pytestmark = pytest.mark.filterwarnings(
    "ignore:coroutine .* was never awaited",
    "ignore:Exception ignored in. <coroutine:pytest.PytestUnraisableExceptionWarning",
)

EFFORT: Final = int(os.environ.get("BREADTH_EFFORT", "1"))
"""How many times as many examples as usual; 10 is a proof over a cup of tea."""


def examples(number: int) -> settings:
    return settings(
        max_examples=number * EFFORT,
        deadline=None,
        suppress_health_check=[*HealthCheck],
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    )


@st.composite
def made_cases(draw: Draw, pace: Pace) -> list[Case]:
    """Return a strategy for cases of one schema and data: some documents, each with two sets of variables."""
    schema = made_schema(draw(choices(60)), pace)
    operation = draw(st.sampled_from(["query", "query", "mutation"]))
    root = made_root(draw(choices(200)), schema, pace, operation)
    requests = [made_request(draw(choices(120)), schema, operation) for _ in range(draw(st.integers(1, 3)))]
    return [
        Case(schema, document, root, variables, request.operation_name)
        for request in requests
        for document in [parse(request.document)]
        for variables in request.variables
    ]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner
    gc.collect()


@examples(1000)
@given(cases=made_cases(Pace.NOW))
def test_synchronous_answers_are_graphql_cores(cases: list[Case]) -> None:
    """Without asynchronous resolvers nothing has to be awaited, and all errors are the same."""
    for case in cases:
        ours = case.execute(BreadthExecutor)
        theirs = case.execute(IncrementalExecutor)

        assert isinstance(ours, ExecutionResult)
        assert Answer.of(ours) == Answer.of(theirs)


@pytest.mark.parametrize("pace", [Pace.AT_ONCE, Pace.WAITING])
def test_asynchronous_answers_are_graphql_cores(runner: asyncio.Runner, pace: Pace) -> None:
    """With asynchronous resolvers too all errors are the same, though turns of the loop decide about them."""

    @examples(500)
    @given(cases=made_cases(pace))
    def same(cases: list[Case]) -> None:
        for case in cases:
            ours = runner.run(case.answer(BreadthExecutor))

            assert ours == runner.run(case.answer(IncrementalExecutor))

    same()


@examples(100)
@given(cases=made_cases(Pace.WAITING))
def test_the_made_up_documents_are_valid(cases: list[Case]) -> None:
    """What is executed above would pass validation."""
    for case in cases[::2]:
        assert validate(case.schema, case.document) == []
