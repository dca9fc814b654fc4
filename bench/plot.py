"""A run's results as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from bench.report import CPU, RATE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.axes import Axes

    from bench.report import Results


def plot(results: Results, reference: str, file: Path) -> None:
    """Write a PNG: requests per second against the reference, and processor time per request."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    rates, times = figure.subplots(1, 2)
    rates.set_title(f"{RATE.title}, × {reference}")  # noqa: RUF001 - the sign that is meant
    _bars(rates, results, lambda who, what: results.ratio(who, what, RATE, reference), "{:.2f}")
    times.set_title(CPU.title)
    times.set_yscale("log")
    _bars(times, results, lambda who, what: results.number(who, what, CPU), "{:.2g}")
    figure.legend(*rates.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(file, dpi=120)


def _bars(axes: Axes, results: Results, value: Callable[[str, str], float], style: str) -> None:
    width = 0.85 / len(results.contestants)
    for place, contestant in enumerate(results.contestants):
        bars = axes.bar(
            [number + place * width for number in range(len(results.workloads))],
            [value(contestant, workload) for workload in results.workloads],
            width,
            label=contestant,
        )
        axes.bar_label(bars, fmt=style, fontsize=6)
    middle = (len(results.contestants) - 1) * width / 2
    axes.set_xticks([number + middle for number in range(len(results.workloads))], results.workloads)
    axes.spines[["top", "right"]].set_visible(False)
