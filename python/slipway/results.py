"""What the steps of the toolchain give back: typed, good to print, tables and plots in a notebook.

Every result keeps what the program said in full as `raw`.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def _number(value: float | None, digits: int = 3) -> str:
    if value is None:
        return "-"
    if value == 0 or not math.isfinite(value):
        return str(value)
    return f"{value:.{digits}g}" if abs(value) < 1000 else f"{value:,.0f}"


def _bytes(count: float | None) -> str:
    if count is None:
        return "-"
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:.3g} {unit}" if count < 1000 else f"{count:.0f} {unit}"
        count /= 1024
    raise AssertionError


def _micros(value: float | None) -> str:
    if value is None:
        return "-"
    if value < 1000:
        return f"{value:.3g} us"
    return f"{value / 1000:.3g} ms" if value < 1e6 else f"{value / 1e6:.3g} s"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.3g} %"


class _Shown:
    """Printed as lines of name and value, shown in a notebook as a table and what _plot() draws."""

    def _rows(self) -> list[tuple[str, str]]:
        raise NotImplementedError

    def _title(self) -> str:
        return type(self).__name__

    def _plot(self) -> str:
        return ""

    def __str__(self) -> str:
        rows = self._rows()
        width = max((len(name) for name, _ in rows), default=0)
        return "\n".join([self._title(), *(f"  {name:<{width}}  {value}" for name, value in rows)])

    def _repr_html_(self) -> str:
        cells = "".join(f"<tr><th style='text-align:left;white-space:nowrap'>{html.escape(name)}</th>"
                        f"<td style='text-align:left'>{html.escape(value)}</td></tr>" for name, value in self._rows())
        return f"<div><b>{html.escape(self._title())}</b><table>{cells}</table>{self._plot()}</div>"


def _bars(bars: Sequence[tuple[str, float, bool]], unit: str) -> str:
    """Horizontal bars as SVG: (label, value, is it the one chosen)."""
    known = [(label, value, is_chosen) for label, value, is_chosen in bars if math.isfinite(value)]
    if not known or max(value for _, value, _ in known) <= 0:
        return ""
    most, row, lines = max(value for _, value, _ in known), 20, []
    left = 10 + 7 * max(len(label) for label, _, _ in known)  # no letter of this size is wider, on average
    for i, (label, value, is_chosen) in enumerate(known):
        y, width = i * row, max(1.0, 320 * value / most)
        colour = "#2e7d32" if is_chosen else "#78909c"
        lines.append(f"<text x='{left - 5}' y='{y + 14}' text-anchor='end' font-size='12' fill='currentColor'>"
                     f"{html.escape(label)}</text>"
                     f"<rect x='{left}' y='{y + 3}' width='{width:.1f}' height='14' fill='{colour}'/>"
                     f"<text x='{left + 5 + width:.1f}' y='{y + 14}' font-size='12' fill='currentColor'>"
                     f"{_number(value)} {html.escape(unit)}</text>")
    return f"<svg width='{left + 440}' height='{len(known) * row + 4}' role='img'>{''.join(lines)}</svg>"


def _histogram(bins: Iterable[Sequence[float]]) -> str:
    """Latency bins [from, to, count] as SVG, both axes logarithmic."""
    known = [(low, high, count) for low, high, count in bins if count > 0]
    if not known:
        return ""

    def place(us: float) -> float:
        return math.log(max(us, 1e-3))  # a clock's tick may be all that was seen

    first, last = place(known[0][0]), place(known[-1][1])
    most = math.log1p(max(count for _, _, count in known))
    lines = []
    for low, high, count in known:
        x = 10 + 580 * (place(low) - first) / max(last - first, 1e-9)
        width = 580 * (place(high) - place(low)) / max(last - first, 1e-9)
        height = 100 * math.log1p(count) / most
        lines.append(f"<rect x='{x:.1f}' y='{110 - height:.1f}' width='{max(1.0, width - 1):.1f}' "
                     f"height='{height:.1f}' fill='#1565c0'><title>{_micros(low)} to {_micros(high)}: {count:.0f} runs"
                     "</title></rect>")
    labels = (f"<text x='10' y='126' font-size='12' fill='currentColor'>{_micros(known[0][0])}</text>"
              f"<text x='590' y='126' font-size='12' text-anchor='end' fill='currentColor'>{_micros(known[-1][1])}</text>")
    return f"<svg width='610' height='132' role='img'>{''.join(lines)}{labels}</svg>"


@dataclass
class Optimized(_Shown):
    """Of optimize(): what was written, and how far its answers are from the model's."""

    path: Path
    nodes_before: int
    nodes_after: int
    bytes_before: int
    bytes_after: int
    passes: list[str]
    largest_difference: float | None
    raw: dict[str, Any] = field(repr=False)

    def _rows(self) -> list[tuple[str, str]]:
        checked = "not checked" if self.largest_difference is None else f"differs by {_number(self.largest_difference)}"
        return [("model", str(self.path)), ("nodes", f"{self.nodes_after}, before {self.nodes_before}"),
                ("file", f"{_bytes(self.bytes_after)}, before {_bytes(self.bytes_before)}"),
                *(("did", did) for did in self.passes), ("answers", checked)]


@dataclass
class Quantized(_Shown):
    """Of quantize(): what was written, what it costs on the samples, and what stayed in float."""

    path: Path
    to: str
    bytes_before: int
    bytes_after: int
    notes: list[str]
    relative_error: float | None
    agreement: float | None
    accuracy: float | None
    kept_in_float: list[str]
    raw: dict[str, Any] = field(repr=False)

    def _rows(self) -> list[tuple[str, str]]:
        rows = [("model", str(self.path)), ("precision", self.to),
                ("file", f"{_bytes(self.bytes_after)}, before {_bytes(self.bytes_before)}"),
                *(("did", note) for note in self.notes), ("error", _percent(self.relative_error))]
        if self.agreement is not None:
            rows.append(("same class", _percent(self.agreement)))
        if self.accuracy is not None:
            rows.append(("accuracy", _percent(self.accuracy)))
        return rows + [("kept in float", name) for name in self.kept_in_float]


@dataclass
class Pruned(_Shown):
    """Of prune(): what was removed, and what it cost on the samples."""

    path: Path
    parameters_before: int
    parameters_after: int
    multiply_adds_before: int
    multiply_adds_after: int
    relative_error: float | None
    agreement: float | None
    accuracy: float | None
    raw: dict[str, Any] = field(repr=False)

    def _rows(self) -> list[tuple[str, str]]:
        rows = [("model", str(self.path)),
                ("weights", f"{self.parameters_after:,}, before {self.parameters_before:,}"),
                ("multiply-adds", f"{self.multiply_adds_after:,}, before {self.multiply_adds_before:,}")]
        if self.relative_error is None:
            return [*rows, ("cost", "not known: give samples")]
        return [*rows, ("error", _percent(self.relative_error)), ("same class", _percent(self.agreement)),
                ("accuracy", _percent(self.accuracy))]


@dataclass
class OutputError:
    """How far one output is from the reference's."""

    name: str
    is_exact: bool
    max_error: float
    mean_error: float
    relative_error: float | None
    cosine: float | None
    sqnr_db: float | None
    raw: dict[str, Any] = field(repr=False)


@dataclass
class Verified(_Shown):
    """Of verify(): true where the budget is kept."""

    ok: bool
    samples: int
    outputs: list[OutputError]
    over_budget: list[str]
    raw: dict[str, Any] = field(repr=False)

    def __bool__(self) -> bool:
        return self.ok

    def _rows(self) -> list[tuple[str, str]]:
        rows = [("within budget", "yes" if self.ok else "no"), ("samples", str(self.samples))]
        for output in self.outputs:
            said = "the same bits" if output.is_exact else (
                f"error at most {_number(output.max_error)}, mean {_number(output.mean_error)} "
                f"({_percent(output.relative_error)}), cosine {_number(output.cosine, 6)}, "
                f"SQNR {_number(output.sqnr_db)} dB")
            rows.append((output.name, said))
        return rows + [("over budget", reason) for reason in self.over_budget]


@dataclass
class Benchmarked(_Shown):
    """Of benchmark(): times in microseconds."""

    engine: str
    runs: int
    p50_us: float
    p90_us: float
    p99_us: float
    p999_us: float | None
    max_us: float
    mean_us: float
    throughput_hz: float
    load_ms: float | None
    resident_bytes: int | None
    steps: list[dict[str, Any]]
    raw: dict[str, Any] = field(repr=False)

    def _rows(self) -> list[tuple[str, str]]:
        return [("engine", self.engine), ("runs", f"{self.runs:,}"), ("median", _micros(self.p50_us)),
                ("p90", _micros(self.p90_us)), ("p99", _micros(self.p99_us)), ("p99.9", _micros(self.p999_us)),
                ("worst", _micros(self.max_us)), ("throughput", f"{_number(self.throughput_hz)} runs/s"),
                ("load", "-" if self.load_ms is None else f"{_number(self.load_ms)} ms"),
                ("memory", _bytes(self.resident_bytes))]

    def _plot(self) -> str:
        return _histogram(self.raw.get("load", {}).get("latency", {}).get("bins", []))


@dataclass
class Candidate:
    """One engine at one precision and number of threads that build() tried."""

    engine: str
    precision: str
    threads: int
    outcome: str
    reason: str
    p50_us: float | None
    p99_us: float | None
    raw: dict[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        return f"{self.engine} {self.precision}, {self.threads} thread{'s' * (self.threads != 1)}"


@dataclass
class Built(_Shown):
    """Of build(): true where a candidate keeps the budget; `artifacts` is then the folder with it."""

    ok: bool
    verdict: str
    reasons: list[str]
    chosen: Candidate | None
    candidates: list[Candidate]
    artifacts: Path | None
    report: Path | None
    raw: dict[str, Any] = field(repr=False)

    def __bool__(self) -> bool:
        return self.ok

    def _rows(self) -> list[tuple[str, str]]:
        rows = [("verdict", self.verdict), *(("why", reason) for reason in self.reasons)]
        for candidate in self.candidates:
            said = "chosen" if candidate is self.chosen else candidate.reason or candidate.outcome
            rows.append((candidate.name, f"{_micros(candidate.p50_us)}, p99 {_micros(candidate.p99_us)}: {said}"))
        return rows

    def _plot(self) -> str:
        return _bars([(c.name, c.p50_us, c is self.chosen) for c in self.candidates if c.p50_us is not None], "us")


@dataclass
class Inspected(_Shown):
    """Of inspect(): what a model contains and costs."""

    name: str
    producer: str
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
    nodes: int
    parameters: int
    multiply_adds: int | None
    operators: dict[str, int]
    raw: dict[str, Any] = field(repr=False)

    def _rows(self) -> list[tuple[str, str]]:
        def typed(port: dict[str, Any]) -> str:
            return f"{port['type']}[{', '.join(str(extent) for extent in port.get('shape') or [])}]"

        work = "-" if self.multiply_adds is None else f"{self.multiply_adds:,}"
        return [*((f"input {port['name']}", typed(port)) for port in self.inputs),
                *((f"output {port['name']}", typed(port)) for port in self.outputs),
                ("nodes", str(self.nodes)), ("parameters", f"{self.parameters:,}"), ("multiply-adds", work),
                ("operators", ", ".join(f"{name} {count}" for name, count in self.operators.items()))]


@dataclass
class Checked(_Shown):
    """Of check(): true where nothing is wrong with the model."""

    ok: bool
    problems: list[dict[str, Any]]
    raw: dict[str, Any] = field(repr=False)

    def __bool__(self) -> bool:
        return self.ok

    def _rows(self) -> list[tuple[str, str]]:
        if not self.problems:
            return [("valid", "yes: no problem")]
        return [(str(problem.get("where", problem.get("code", "problem"))), str(problem.get("message", problem)))
                for problem in self.problems]


@dataclass
class Agreement:
    """How far an output of an exported model is at most from its framework's, on one set of inputs."""

    output: str
    inputs: str
    max_error: float
    allowed: float


@dataclass
class Exported(_Shown):
    """Of slipway.export: the model that was written, and how well it agrees with the framework's."""

    path: Path
    framework: str
    opset: int
    inputs: dict[str, list[int | str | None]]
    outputs: dict[str, list[int | str | None]]
    file_bytes: int
    agreements: list[Agreement]
    saved: Path | None
    notes: list[str]
    raw: dict[str, Any] = field(repr=False)

    def _rows(self) -> list[tuple[str, str]]:
        def shaped(extents: list[int | str | None]) -> str:
            return f"[{', '.join('?' if extent is None else str(extent) for extent in extents)}]"

        rows = [("model", f"{self.path}, {_bytes(self.file_bytes)}"), ("by", f"{self.framework}, opset {self.opset}"),
                *((f"input {name}", shaped(extents)) for name, extents in self.inputs.items()),
                *((f"output {name}", shaped(extents)) for name, extents in self.outputs.items())]
        for each in self.agreements:
            said = "equal" if each.max_error == 0 else f"differs by {_number(each.max_error)} at most"
            rows.append((f"{each.output} on {each.inputs}", f"{said}, allowed {_number(each.allowed)}"))
        if self.saved is not None:
            rows.append(("saved", str(self.saved)))
        return rows + [("note", note) for note in self.notes]


@dataclass
class Compiled(_Shown):
    """Of compile(): the plan that was written."""

    path: Path
    said: str = field(repr=False)

    def _rows(self) -> list[tuple[str, str]]:
        return [("plan", str(self.path)), *(("", line) for line in self.said.splitlines())]
