"""Two drawings: cost against list size, and the ratios."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from report import ROWS, THIS_CLIENT, Results, ratios

mpl: Any = import_module("matplotlib")  # whose types are of no use to those who do not draw
mpl.use("svg")
# Text stays text, and the same figures always give the same file.
mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "codat-python-sdk", "font.size": 9})

plt: Any = import_module("matplotlib.pyplot")  # which wants the backend to be chosen first

_NAMES = {THIS_CLIENT: "codat-python-sdk", "codat_platform": "codat-platform"}


def draw(results: Results, folder: Path) -> None:
    """Write ``benchmarks-lists.svg`` and ``benchmarks-ratios.svg``."""
    _draw_lists(results, folder / "benchmarks-lists.svg")
    _draw_ratios(results, folder / "benchmarks-ratios.svg")


def _draw_lists(results: Results, path: Path) -> None:
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    samples = results.samples[THIS_CLIENT]
    sizes = sorted(int(name.split()[1]) for name in samples if name.startswith("list "))
    lines = {"bare urllib3 + json.loads": ("bare", samples)}
    lines |= {_NAMES[client]: ("client", results.samples[client]) for client in results.samples}
    for label, (side, source) in lines.items():
        values = [median(source[f"list {size}"][side]) / 1000 for size in sizes]
        axes.plot(sizes, values, marker="o", markersize=4, label=label)
    axes.set(xscale="log", yscale="log", xlabel="connections in the list", ylabel="CPU per call, ms (median)")
    axes.set_title(results.heading(), fontsize=8)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    save(figure, path)


def _draw_ratios(results: Results, path: Path) -> None:
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    height = 0.8 / len(results.samples)
    for number, (client, samples) in enumerate(results.samples.items()):
        found = [ratios(samples[row.name]) for row in ROWS]
        middles = [interval.middle for interval in found]
        errors = [
            [interval.middle - interval.low for interval in found],
            [interval.high - interval.middle for interval in found],
        ]
        places = [index + number * height for index in range(len(ROWS))]
        axes.barh(places, middles, height, xerr=errors, error_kw={"linewidth": 0.8}, label=_NAMES[client])
    for index, row in enumerate(ROWS):
        axes.plot([row.target] * 2, [index - height / 2, index + height / 2], color="black", linewidth=2)
    axes.axvline(1, color="grey", linewidth=0.8)
    axes.set_yticks(range(len(ROWS)), [row.name for row in ROWS])
    axes.invert_yaxis()
    axes.set_xlabel("ratio to bare urllib3 = 1; lines: quartiles, black marks: targets")
    axes.set_title(results.heading(), fontsize=8)
    axes.legend(frameon=False, loc="lower right")
    save(figure, path)


def save(figure: Any, path: Path) -> None:
    """Write the drawing without the date and without blanks at the ends of lines."""
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    # matplotlib leaves blanks at the ends of lines, which checks of a repository complain about.
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf-8")
