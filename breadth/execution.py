"""Fields of objects, resolved for all objects at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import ExecutionResult

from breadth.attempt import attempt
from breadth.column import FAILED, Answer, FieldColumn, Objects
from breadth.completion import FIELD_TURNS, AllFailed, Completion
from breadth.eager import Pending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from breadth.plan import Selection


class Execution(Completion):
    """Executes one operation."""

    def begin(self, selection: Selection) -> list[Answer] | Pending[list[Answer]]:
        """Execute as much of the operation as needs no waiting."""
        fields = self.serial_fields if self.serially else self.fields
        return self.eager.begin(fields(selection, Objects([self.executor.root_value])))

    def result(self, answers: list[Answer]) -> Any:
        """Return the `ExecutionResult`; an awaitable of it where there is something left to wait for."""
        result: Any
        if self.history.unfinished or len(self.errors) > 1:
            result = self.history.execute(self.executor, serially=self.serially)
        else:
            [data] = answers
            result = ExecutionResult(None if data is FAILED else data, self.errors or None)
        # The executor and its helpers refer to each other. Apart, they are gone with the operation, and so is
        # all that its context holds; together, they would wait for the garbage collector.
        self.executor.async_helpers = None  # type: ignore[assignment]
        return result

    async def serial_fields(self, selection: Selection, objects: Objects) -> list[Answer]:
        """Return an answer for the one object there is, whose fields are resolved one after the other."""
        answer: dict[str, Any] = {}
        for field in selection.fields:
            column = FieldColumn(field, objects, self.executor)
            [answers] = await self.eager.joined([self.eager.begin(self._resolve(column))])
            if self.all_failed(answers):
                return [FAILED]
            [answer[field.key]] = answers
        return [answer]

    async def fields(self, selection: Selection, objects: Objects) -> list[Answer]:
        """Return an answer for each object: a dictionary, or `FAILED`."""
        sources = objects.sources
        answers: list[list[Answer] | Pending[list[Answer]]] = []
        waiting = False
        for field in selection.fields:
            values = field.values(sources) if field.read else None
            plain = field.plain_answers(values) if values else None
            if plain is not None:
                answers.append(plain)
                continue
            column = FieldColumn(field, objects, self.executor)
            begun = self.eager.begin(self._resolve(column, values))
            if not isinstance(begun, Pending) and self.all_failed(begun):
                if waiting:
                    self.leave_unfinished()
                return begun
            waiting = waiting or isinstance(begun, Pending)
            answers.append(begun)
        columns: Sequence[Any] = answers
        if waiting:
            try:
                columns = await self.eager.joined(answers, self._unless_all_failed)
            except AllFailed:
                return [FAILED] * len(sources)
        if not columns:
            return [{} for _ in sources]
        rows: list[Answer] = selection.objects(columns)
        if self.errors:
            return [FAILED if any(answer is FAILED for answer in row.values()) else row for row in rows]
        return rows

    async def _unless_all_failed(self, pending: Pending[list[Answer]]) -> list[Answer]:
        answers = await pending
        if self.all_failed(answers):
            await self.give_up(FIELD_TURNS)
        return answers

    async def _resolve(self, column: FieldColumn, values: list[Any] | None = None) -> list[Answer]:
        """Return the answers of a field; `values` have been read already, or there is more to do for them."""
        self.history.columns.append(column)
        field = column.field
        try:
            if values is not None:
                column.fill(values)
            elif field.read:
                column.fill(field.values(column.objects.sources))
            elif field.batched:
                column.fill(await self._batch(column))
            else:
                column.fill(self._each(column))
            return await self.complete(column)
        except RecursionError as error:
            self.leave_unfinished()  # graphql-core gets further
            for row in range(len(column.answers)):
                self.fail(column, row, error)
            return column.answers

    def _each(self, column: FieldColumn) -> list[Any]:
        resolve = column.field.resolve or self.executor.field_resolver

        def value(row: int, source: Any) -> Any:
            return resolve(source, column.info(row), **column.field.given(self.executor))

        return [attempt(value, row, source) for row, source in enumerate(column.objects.sources)]

    async def _batch(self, column: FieldColumn) -> list[Any]:
        field, sources = column.field, column.objects.sources
        assert field.batched  # noqa: S101 - for the type checker
        try:
            values = field.batched(sources, column.info(0), **field.given(self.executor))
            if self.executor.is_awaitable(values):
                await self.eager.turn_async([values])
                column.batch = values
                values = await self.history.arrived(values)
            if isinstance(values, Exception):
                return [values] * len(sources)
            if len(values) != len(sources):
                raise ValueError(
                    f"{field.parent}.{field.name} gave {len(values)} values for {len(sources)} objects."
                )
        except Exception as error:  # noqa: BLE001 - it is the field's error, whatever it is
            return [error] * len(sources)
        return list(values)
