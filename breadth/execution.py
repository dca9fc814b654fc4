"""Fields of objects, resolved for all objects at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from breadth.attempt import attempt
from breadth.column import FAILED, Answer, FieldColumn, Objects
from breadth.completion import AllFailed, Completion
from breadth.eager import Pending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import GraphQLResolveInfo
    from graphql.pyutils import Path

    from breadth.plan import Field, Selection


class Execution(Completion):
    """Executes one operation."""

    async def serial_fields(self, selection: Selection, objects: Objects) -> list[Answer]:
        """Return an answer for the one object there is, whose fields are resolved one after the other."""
        answer: dict[str, Any] = {}
        for field in selection.fields:
            column = FieldColumn(field, objects, self._info)
            [answers] = await self.eager.joined([self.eager.begin(self._resolve(column))])
            if self.all_failed(answers):
                return [FAILED]
            [answer[field.key]] = answers
            self.reported()
        return [answer]

    async def fields(self, selection: Selection, objects: Objects) -> list[Answer]:
        """Return an answer for each object: a dictionary, or `FAILED`."""
        sources = objects.sources
        answers: list[list[Answer] | Pending[list[Answer]]] = []
        waiting: list[FieldColumn] = []
        for field in selection.fields:
            values = field.values(sources) if field.read else None
            plain = field.plain_answers(values) if values else None
            if plain is not None:
                answers.append(plain)
                continue
            column = FieldColumn(field, objects, self._info)
            begun = self.eager.begin(self._resolve(column, values))
            if isinstance(begun, Pending):
                waiting.append(column)
            elif self.all_failed(begun):
                self.executor.settle_in_background(
                    [others for others in answers if isinstance(others, Pending)]
                )
                return begun
            answers.append(begun)
        columns: Sequence[Any] = answers
        if waiting:
            await self.eager.turn_async(answers)
            self._note_waits(objects, waiting)
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

    def _note_waits(self, objects: Objects, waiting: Sequence[FieldColumn]) -> None:
        if objects.column:
            objects.column.wait_for(objects.rows)
        for column in waiting:
            column.task = len(waiting) > 1

    async def _unless_all_failed(self, pending: Pending[list[Answer]]) -> list[Answer]:
        answers = await pending
        if self.all_failed(answers):
            raise AllFailed
        return answers

    async def _resolve(self, column: FieldColumn, values: list[Any] | None = None) -> list[Answer]:
        """Return the answers of a field; `values` have been read already, or there is more to do for them."""
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
                column.wait_for(range(len(sources)))
                await self.eager.turn_async([values])
                values = await values
            if isinstance(values, Exception):
                raise values
            if len(values) != len(sources):
                raise ValueError(
                    f"{field.parent}.{field.name} gave {len(values)} values for {len(sources)} objects."
                )
        except Exception as error:  # noqa: BLE001 - it is the field's error, whatever it is
            return [error] * len(sources)
        return list(values)

    def _info(self, field: Field, path: Path) -> GraphQLResolveInfo[Any]:
        return self.executor.build_resolve_info(field.definition, list(field.nodes), field.parent, path)
