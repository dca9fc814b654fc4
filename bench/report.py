"""Measurements as tables in Markdown: numbers, and ratios against two contestants.

A number is the median over the rounds; a ratio is the median of the rounds' own ratios, because what else the
machine does drifts, and hits neighbours in time alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.measure import Measurement


@dataclass(frozen=True, slots=True)
class Quantity:
    """What is compared: a title, an attribute of `Measurement`, and how its numbers are written."""

    title: str
    name: str
    style: str


RATE: Final = Quantity("Requests per second", "requests_per_second", ",.0f")
CPU: Final = Quantity("CPU of the contestant, ms per request", "cpu", ".2f")
QUANTITIES: Final = (
    RATE,
    Quantity("Median latency (p50), ms", "p50", ".2f"),
    Quantity("99th percentile of latency (p99), ms", "p99", ".2f"),
    CPU,
    Quantity("Peak resident memory, MB", "memory", ".0f"),
)


class Results:
    """All measurements of a run."""

    def __init__(self, measurements: Sequence[Measurement]) -> None:
        self._measurements = measurements
        self.contestants = list(dict.fromkeys(m.contestant for m in measurements))
        self.workloads = list(dict.fromkeys(m.workload for m in measurements))

    def number(self, contestant: str, workload: str, quantity: Quantity) -> float:
        """Return the median over the rounds."""
        return median(self._by_round(contestant, workload, quantity).values())

    def ratio(self, contestant: str, workload: str, quantity: Quantity, reference: str) -> float:
        """Return how many times as much as the reference it is: the median over the rounds."""
        of_reference = self._by_round(reference, workload, quantity)
        mine = self._by_round(contestant, workload, quantity)
        return median(value / of_reference[number] for number, value in mine.items())

    def _by_round(self, contestant: str, workload: str, quantity: Quantity) -> dict[int, float]:
        return {
            m.round: getattr(m, quantity.name)
            for m in self._measurements
            if (m.contestant, m.workload) == (contestant, workload)
        }


def tables(results: Results, references: Sequence[str]) -> str:
    """Return one table for each quantity; each number is followed by its ratios against the references."""
    against = " and ".join(f"× {reference}" for reference in references)  # noqa: RUF001 - the sign that is meant
    return "\n".join(_table(results, quantity, references, against) for quantity in QUANTITIES)


def _table(results: Results, quantity: Quantity, references: Sequence[str], against: str) -> str:
    def cell(contestant: str, workload: str) -> str:
        ratios = [results.ratio(contestant, workload, quantity, reference) for reference in references]
        number = format(results.number(contestant, workload, quantity), quantity.style)
        return f"{number} ({', '.join(f'{ratio:.2f}' for ratio in ratios)})"

    rows = [
        [contestant, *(cell(contestant, workload) for workload in results.workloads)]
        for contestant in results.contestants
    ]
    head = [f"| | {' | '.join(results.workloads)} |", "|---|" + "---|" * len(results.workloads)]
    lines = [f"{quantity.title} ({against}):", "", *head, *(f"| {' | '.join(row)} |" for row in rows), ""]
    return "\n".join(lines)
