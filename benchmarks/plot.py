"""Two drawings: cost against list size, and the ratios."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

from report import ROWS, THIS_CLIENT, Results

mpl: Any = import_module("matplotlib")  # whose types are of no use to those who do not draw
mpl.use("svg")
# Text stays text, and the same figures always give the same file.
mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "codat-python-sdk", "font.size": 9})

plt: Any = import_module("matplotlib.pyplot")  # which wants the backend to be chosen first

_NAMES = {
    THIS_CLIENT: "codat-python-sdk",
    "codat_platform": "codat-platform",
    "generated_client": "OpenAPI Generator's client",
}


def draw(results: Results, folder: Path) -> None:
    """Write ``benchmarks-lists.svg`` and ``benchmarks-ratios.svg``."""
    _draw_lists(results, folder / "benchmarks-lists.svg")
    _draw_ratios(results, folder / "benchmarks-ratios.svg")


def _draw_lists(results: Results, path: Path) -> None:
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    names = [name for name in results.runs[THIS_CLIENT][0] if re.fullmatch(r"list \d+", name)]
    sizes = sorted(int(name.split()[1]) for name in names)
    lines = {"bare urllib3 + json.loads": ("bare", THIS_CLIENT)}
    lines |= {_NAMES[client]: ("client", client) for client in results.runs}
    for label, (side, client) in lines.items():
        values = [results.median(client, f"list {size}", side) / 1000 for size in sizes]
        axes.plot(sizes, values, marker="o", markersize=4, label=label)
    axes.set(xscale="log", yscale="log", xlabel="connections in the list", ylabel="CPU per call, ms (median)")
    axes.set_title(results.heading(), fontsize=8)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    save(figure, path)


def _draw_ratios(results: Results, path: Path) -> None:
    figure, axes = plt.subplots(figsize=(7, 7), layout="constrained")
    height = 0.8 / len(results.runs)
    for number, client in enumerate(results.runs):
        found = {index: results.ratio(client, row.name) for index, row in enumerate(ROWS)}
        bars = {index: ratio for index, ratio in found.items() if ratio is not None}
        lower, upper = zip(
            *((ratio.middle - ratio.low, ratio.high - ratio.middle) for ratio in bars.values()), strict=True
        )
        places = [index + number * height for index in bars]
        middles = [ratio.middle for ratio in bars.values()]
        axes.barh(places, middles, height, xerr=[lower, upper], error_kw={"linewidth": 0.8}, label=_NAMES[client])
    for index, row in enumerate(ROWS):
        axes.plot([row.target] * 2, [index - height / 2, index + height / 2], color="black", linewidth=2)
    axes.axvline(1, color="grey", linewidth=0.8)
    axes.set_yticks(range(len(ROWS)), [row.name for row in ROWS])
    axes.invert_yaxis()
    axes.set_xlabel("ratio to bare urllib3 = 1; lines: least and greatest of the runs, black marks: targets")
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
