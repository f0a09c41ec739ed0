"""What the samples say: ratios with their spread beside their targets, as text, Markdown and JSON."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

Sides = dict[str, list[float]]

THIS_CLIENT = "codat_python_sdk"


class Row(NamedTuple):
    """One line of the table."""

    name: str  #: of the samples
    label: str
    target: float
    at_least: bool = False  #: the target is the least instead of the most
    unit: str = "µs"  #: of the samples as shown
    scale: float = 1  #: from samples to what is shown


ROWS = (
    Row("import", "import, whole process, CPU", 1.05, unit="ms", scale=1e-3),
    Row("first result", "first result: import, client, one GET, print, exit, CPU", 1.08, unit="ms", scale=1e-3),
    Row("get", "one GET of a connection, keep-alive, CPU", 0.85),
    Row("post", "POST with a small body, CPU", 0.90),
    Row("list 100", "list of 100, CPU", 1.05),
    Row("list 5000", "list of 5,000, CPU", 1.45, unit="ms", scale=1e-3),
    Row("threads", "16 threads on one client, calls per second", 1.10, at_least=True, unit="/s"),
    Row("memory held", "memory held per decoded connection", 0.85, unit="bytes"),
    Row("memory peak", "peak memory while a list of 5,000 is read", 1.30, unit="MB", scale=1e-6),
)
LINEAR_TARGET = 1.25


class Spread(NamedTuple):
    """The middle half of some ratios."""

    low: float
    middle: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.2f} to {self.high:.2f}"


def spread(values: list[float]) -> Spread:
    """Quartiles; all the same when there are not enough values for more."""
    return Spread(*quantiles(values, n=4)) if len(values) > 3 else Spread(min(values), median(values), max(values))


def ratios(sides: Sides) -> Spread:
    """Client to bare urllib3, round by round."""
    return spread([client / bare for client, bare in zip(sides["client"], sides["bare"], strict=True)])


def growth(samples: dict[str, Sides]) -> Spread:
    """What a row costs between the 1,000th and the 5,000th, to what it costs between the 10th and the 1,000th.

    1 when the cost is linear.
    """
    sizes = (samples[f"list {size}"]["client"] for size in (10, 1000, 5000))
    return spread(
        [(large - medium) / 4000 / ((medium - small) / 990) for small, medium, large in zip(*sizes, strict=True)]
    )


def machine() -> str:
    """Processor and cores."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores, {platform.system()}"


class Results:
    """Samples by client.

    Args:
        clients: For each client its ``samples`` (by name and side) and ``versions``.
        against: What stands beside our figures, such as ``codat-platform==6.0.0``; None for nothing.
    """

    def __init__(self, clients: dict[str, Any], against: str | None) -> None:
        self.samples: dict[str, dict[str, Sides]] = {name: client["samples"] for name, client in clients.items()}
        self.versions: dict[str, str] = clients[THIS_CLIENT]["versions"]
        self.against = against

    def heading(self) -> str:
        """Where and with what it was measured."""
        versions, rounds = self.versions, len(self.samples[THIS_CLIENT]["get"]["bare"])
        return f"Python {versions['python']}, urllib3 {versions['urllib3']}; {machine()}; {rounds} rounds"

    def table(self) -> list[list[str]]:
        """Cells, the head first."""
        head = ["What", "Target", "Measured", "Quartiles", "Reached", "urllib3", "ours"]
        others = [name for name in self.samples if name != THIS_CLIENT]
        table = [head + [str(self.against)] * len(others)]
        for row in ROWS:
            samples = self.samples[THIS_CLIENT][row.name]
            found = ratios(samples)
            absolute = [f"{median(samples[side]) * row.scale:,.4g} {row.unit}" for side in ("bare", "client")]
            rest = [f"{ratios(self.samples[other][row.name]).middle:.2f}" for other in others]
            table.append([*_judged(row.label, row.target, found, row.at_least), *absolute, *rest])
        rest = [f"{growth(self.samples[other]).middle:.2f}" for other in others]
        label = "linear: a row's cost from 1,000 to 5,000, to that from 10 to 1,000"
        table.append([*_judged(label, LINEAR_TARGET, growth(self.samples[THIS_CLIENT])), "", "", *rest])
        return table

    def text(self) -> str:
        """For the screen."""
        table = self.table()
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in table]
        return "\n".join([self.heading(), "", *lines])

    def markdown(self) -> str:
        """For the documentation."""
        head, *rows = self.table()
        lines = [head, ["---"] * len(head), *rows]
        return "\n".join([self.heading() + ".", "", *("| " + " | ".join(line) + " |" for line in lines), ""])

    def write_markdown(self, path: Path) -> None:
        """Put the table in the page's place for this Python, if it has one; else make the page of it."""
        version = self.versions["python"].rpartition(".")[0]
        begin, end = f"<!-- Python {version} -->\n", f"<!-- end of Python {version} -->\n"
        page = path.read_text(encoding="utf-8") if path.exists() else begin + end
        before, _, rest = page.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise SystemExit(f"{path} has no place for Python {version}: two lines, {begin.strip()} and {end.strip()}")
        path.write_text(before + begin + self.markdown() + end + after, encoding="utf-8")

    def json(self) -> str:
        """Every sample, with the machine and the versions."""
        about = {"machine": machine(), "against": self.against, **self.versions}
        return json.dumps({"about": about, "samples": self.samples}, indent=1) + "\n"


def _judged(label: str, target: float, found: Spread, at_least: bool = False) -> list[str]:
    reached = found.middle >= target if at_least else found.middle <= target
    sign = "≥" if at_least else "≤"
    return [label, f"{sign} {target:.2f}", f"{found.middle:.2f}", str(found), "yes" if reached else "no"]
