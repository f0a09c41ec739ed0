"""The results of the samples: ratios with their spread and their targets, as text, Markdown and JSON."""

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


_ALL_FIELDS = "all twelve fields"
_SHAPES = {
    "no-last-sync": "without lastSync",
    "nine-fields": "the nine fields of 2021",
    "unknown-key": "one unknown key",
    "unknown-object": "an unknown object",
    "mixture": "a mixture of three shapes",
}
ROWS = (
    Row("import", "import codat_python_sdk, whole process, CPU", 0.50, unit="ms", scale=1e-3),
    Row("import client", "import of ConnectionApi, whole process, CPU", 0.50, unit="ms", scale=1e-3),
    Row("first result", "first result: import, client, one GET, print, exit, CPU", 1.12, unit="ms", scale=1e-3),
    Row("get", "one GET of a connection, keep-alive, CPU", 0.82),
    Row("post", "POST with a small body, CPU", 0.86),
    Row("get tls", "GET over TLS, keep-alive, CPU", 0.83),
    Row("tls client", "a client over TLS made, used once and dropped, CPU", 0.12, unit="ms", scale=1e-3),
    Row("threads", "16 threads on one client, calls per second", 1.05, at_least=True, unit="/s"),
    Row("decoding threads", "16 threads decoding pages, to one thread, per second", 1.2, at_least=True, unit="/s"),
    Row("list 100", f"list of 100, {_ALL_FIELDS}, CPU", 1.25),
    *(Row(f"list 100 {shape}", f"list of 100, {label}, CPU", 1.25) for shape, label in _SHAPES.items()),
    Row("list 5000", f"list of 5,000, {_ALL_FIELDS}, CPU", 1.50, unit="ms", scale=1e-3),
    *(
        Row(f"list 5000 {shape}", f"list of 5,000, {label}, CPU", 1.60, unit="ms", scale=1e-3)
        for shape, label in _SHAPES.items()
    ),
    Row("memory held", "memory held per decoded connection", 0.85, unit="bytes"),
    Row("resident", "resident memory per connection, page of 5,000 and client alive", 1.00, unit="bytes"),
    Row("memory peak", "peak memory while a list of 5,000 is read", 1.00, unit="MB", scale=1e-6),
)
#: Targets on other Pythons than 3.11 and 3.12.
_OTHER_TARGETS = {"list 5000": {"3.10": 2.1, "3.13": 1.40, "3.14": 1.40, "3.15": 1.40}}
LINEAR_TARGET = 1.25


Samples = dict[str, Sides]


class Spread(NamedTuple):
    """The median of some values, and their spread."""

    low: float
    middle: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.2f} to {self.high:.2f}"


def spread(runs: list[list[float]]) -> Spread:
    """Of several runs, the middle one's median beside the least and the greatest; of one run, its quartiles."""
    if len(runs) > 1:
        medians = [median(values) for values in runs]
        return Spread(min(medians), median(medians), max(medians))
    (values,) = runs
    return Spread(*quantiles(values, n=4)) if len(values) > 3 else Spread(min(values), median(values), max(values))


def ratios(runs: list[Sides]) -> Spread:
    """Client to bare urllib3, round by round."""
    return spread([[client / bare for client, bare in zip(run["client"], run["bare"], strict=True)] for run in runs])


def growth(runs: list[Samples]) -> Spread:
    """What a row costs between the 1,000th and the 5,000th, to what it costs between the 10th and the 1,000th.

    1 when the cost is linear.
    """
    return spread([_growth(run) for run in runs])


def _growth(samples: Samples) -> list[float]:
    sizes = (samples[f"list {size}"]["client"] for size in (10, 1000, 5000))
    return [(large - medium) / 4000 / ((medium - small) / 990) for small, medium, large in zip(*sizes, strict=True)]


def machine() -> str:
    """Processor and cores."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores, {platform.system()}"


class Results:
    """Samples by client.

    Args:
        clients: For each client its ``runs``, each with samples by name and side, and its ``versions``.
        against: What the other clients came from, such as ``codat-platform==6.0.0``.
        instructions: Ratios of instructions by row.
    """

    def __init__(self, clients: dict[str, Any], against: list[str], instructions: dict[str, float]) -> None:
        self.runs: dict[str, list[Samples]] = {name: client["runs"] for name, client in clients.items()}
        self.versions: dict[str, str] = clients[THIS_CLIENT]["versions"]
        self.against = against
        self.instructions = instructions

    def heading(self) -> str:
        """Where and with what it was measured."""
        versions, runs = self.versions, self.runs[THIS_CLIENT]
        counts = f"{len(runs)} run{'s' * (len(runs) > 1)} of {len(runs[0]['get']['bare'])} rounds"
        return f"Python {versions['python']}, urllib3 {versions['urllib3']}; {machine()}; {counts}"

    def ratio(self, client: str, name: str) -> Spread | None:
        """A client to bare urllib3; None for what was not measured."""
        runs = self.runs[client]
        return ratios([run[name] for run in runs]) if name in runs[0] else None

    def median(self, client: str, name: str, side: str) -> float:
        """The median of all samples."""
        return median(value for run in self.runs[client] for value in run[name][side])

    def table(self) -> list[list[str]]:
        """Cells, the head first."""
        others = [name for name in self.runs if name != THIS_CLIENT]
        kind = "Least and greatest" if len(self.runs[THIS_CLIENT]) > 1 else "Quartiles"
        head = ["What", "Target", "Measured", kind, "Reached", "Instructions", "urllib3", "ours"]
        table = [head + self.against]
        for row in ROWS:
            found = self.ratio(THIS_CLIENT, row.name)
            if found is None:
                continue
            target = _OTHER_TARGETS.get(row.name, {}).get(self.versions["python"].rpartition(".")[0], row.target)
            absolute = [
                f"{self.median(THIS_CLIENT, row.name, side) * row.scale:,.4g} {row.unit}" for side in ("bare", "client")
            ]
            rest = [_figure(self.ratio(other, row.name)) for other in others]
            counted = f"{self.instructions[row.name]:.2f}" if row.name in self.instructions else ""
            table.append([*_judged(row.label, target, found, row.at_least), counted, *absolute, *rest])
        rest = [_figure(growth(self.runs[other])) for other in others]
        label = "linear: a row's cost from 1,000 to 5,000, to that from 10 to 1,000"
        table.append([*_judged(label, LINEAR_TARGET, growth(self.runs[THIS_CLIENT])), "", "", "", *rest])
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
        return json.dumps({"about": about, "instructions": self.instructions, "runs": self.runs}, indent=1) + "\n"


def _figure(found: Spread | None) -> str:
    return "" if found is None else f"{found.middle:.2f}"


def _judged(label: str, target: float, found: Spread, at_least: bool = False) -> list[str]:
    middle = round(found.middle, 2)  # as precise as the targets are, and as it is printed
    reached = middle >= target if at_least else middle <= target
    sign = "≥" if at_least else "≤"
    return [label, f"{sign} {target:.2f}", f"{found.middle:.2f}", str(found), "yes" if reached else "no"]
