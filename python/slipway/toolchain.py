"""The toolchain's steps as functions, named as the program's commands: `slipway COMMAND --help` tells all there is.

Each runs the program in a process of its own, so that Python stays free and a long step can be interrupted. Samples and
labels are paths, or arrays, whose first axis counts samples. Samples may also come one run after the other, as arrays or
dicts of arrays with their batch: from any iterable, or from a CalibrationDataReader of onnxruntime.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Union

from .errors import CommandError, UsageError
from .results import (
    Benchmarked,
    Built,
    Candidate,
    Checked,
    Compiled,
    Inspected,
    Optimized,
    OutputError,
    Pruned,
    Quantized,
    Verified,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.generic]

PathLike = Union[str, "os.PathLike[str]"]
Samples = Union[PathLike, "Array", Mapping[str, "Array"], Iterable[Any], "DataReader"]



class DataReader(Protocol):
    """As onnxruntime.quantization.CalibrationDataReader: the inputs of one run after the other, then None."""

    def get_next(self) -> Mapping[str, Any] | None: ...


_PROGRAM = "import sys; sys.path.insert(0, {folder!r}); from slipway.__main__ import main; sys.exit(main())"


def run_program(words: Sequence[str], *, show: bool = False) -> tuple[int, str, str]:
    """The program `slipway` with these words: exit code, standard output, standard error. `show`: what it says while
    it works goes to this process's standard error."""
    code = _PROGRAM.format(folder=str(Path(__file__).parent.parent))
    ran = subprocess.run([sys.executable, "-c", code, *words], stdout=subprocess.PIPE,
                         stderr=None if show else subprocess.PIPE, text=True, check=False)
    return ran.returncode, ran.stdout, ran.stderr or ""


def _run(words: Sequence[str], *, show: bool = False, may_fail: bool = False) -> tuple[int, Any, str]:
    code, out, said = run_program(words, show=show)
    if code != 0 and not (may_fail and out.strip()):
        reasons = [line.removeprefix("error: ") for line in said.splitlines() if line.startswith("error: ")]
        message = "\n".join(reasons) or said.strip() or f"'slipway {' '.join(words)}' ended with {code}"
        raise UsageError(message) if code == 2 else CommandError(message, code)
    return code, json.loads(out) if out.strip() else {}, said


@contextmanager
def _files() -> Iterator[_Files]:
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        yield _Files(Path(folder))


class _Files:
    """Arrays as the files that the program reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def samples(self, samples: Samples | None, option: str = "--samples") -> list[str]:
        if samples is None:
            return []
        if isinstance(samples, (str, os.PathLike)):
            return [option, os.fspath(samples)]
        import numpy

        samples = _together(samples)
        if isinstance(samples, Mapping):
            path = self.folder / "samples.npz"
            arrays: dict[str, Any] = {name: numpy.asarray(array) for name, array in samples.items()}
            numpy.savez(path, **arrays)
        else:
            path = self.folder / "samples.npy"
            numpy.save(path, numpy.asarray(samples))
        return [option, str(path)]

    def labels(self, labels: PathLike | Array | None) -> list[str]:
        if labels is None:
            return []
        if isinstance(labels, (str, os.PathLike)):
            return ["--labels", os.fspath(labels)]
        import numpy

        path = self.folder / "labels.npy"
        numpy.save(path, numpy.asarray(labels))
        return ["--labels", str(path)]


def _together(samples: Any) -> Any:
    """Samples that come run by run as one array, or one for each input."""
    import numpy

    if isinstance(samples, (Mapping, numpy.ndarray)):
        return samples
    if hasattr(samples, "get_next"):
        runs = list(iter(samples.get_next, None))
    elif isinstance(samples, (list, tuple)) and not any(isinstance(each, Mapping) for each in samples):
        return samples  # numbers in lists
    elif isinstance(samples, Iterable) and not hasattr(samples, "__array__"):
        runs = list(samples)
    else:
        return samples
    if not runs:
        raise UsageError("there are no samples: the iterable, or reader, gave none")
    if not all(isinstance(run, Mapping) and run.keys() == runs[0].keys() for run in runs):
        if any(isinstance(run, Mapping) for run in runs):
            raise UsageError("samples that come run by run are dicts with the same names each: give every input in each")
        return numpy.concatenate([numpy.asarray(run) for run in runs])
    return {name: numpy.concatenate([numpy.asarray(run[name]) for run in runs]) for name in runs[0]}


def _path(path: Any) -> str:
    if not isinstance(path, (str, os.PathLike)):
        raise UsageError(f"a {type(path).__name__} was given where a file's path is taken: write it to a file first")
    return os.fspath(path)


def _share(value: float | str | None, option: str) -> list[str]:
    """A share of 1, or text as the program takes it ("1%")."""
    if value is None:
        return []
    return [option, value if isinstance(value, str) else f"{value * 100:.10g}%"]


def _flags(**flags: bool) -> list[str]:
    return [f"--{name.replace('_', '-')}" for name, is_set in flags.items() if is_set]


def _options(name: str, values: Mapping[str, Any] | None) -> list[str]:
    return [word for key, value in (values or {}).items() for word in (name, f"{key}={value}")]


def _each(name: str, values: Iterable[str] | None) -> list[str]:
    return [word for value in values or () for word in (name, value)]


def optimize(model: PathLike, output: PathLike, *, opset: int | None = None, fix: Mapping[str, int] | None = None,
             exact: bool = False, show: bool = False) -> Optimized:
    """Standard ONNX, smaller and no slower in any runtime; checked on random data before it is written."""
    words = ["optimize", _path(model), "-o", _path(output), "--json", *_options("--fix", fix),
             *_flags(exact=exact)]
    if opset is not None:
        words += ["--opset", str(opset)]
    _, raw, _ = _run(words, show=show)
    before, after = raw["before"], raw["after"]
    return Optimized(Path(output), before["nodes"], after["nodes"], before["file_bytes"], after["file_bytes"],
                     [done["did"] for done in raw["passes"]], (raw.get("check") or {}).get("largest_difference"), raw)


def quantize(model: PathLike, output: PathLike, *, to: str = "int8", samples: Samples | None = None,
             labels: PathLike | Array | None = None, dynamic: bool = False, format: str | None = None,
             calibrate: str | None = None, percentile: float | None = None, max_drop: float | str | None = None,
             exclude: Iterable[str] | None = None, only: Iterable[str] | None = None, per_tensor: bool = False,
             symmetric: bool = False, equalize: bool = True, bias_correction: bool = True, keep_io: bool = False,
             cache: PathLike | None = None, tensorrt_cache: PathLike | None = None,
             dims: Mapping[str, int] | None = None, show: bool = False) -> Quantized:
    """The model in fewer bits, as standard ONNX. `max_drop` (0.01, or "1%") keeps in float what costs more."""
    words = ["quantize", _path(model), "-o", _path(output), "--to", to, "--json",
             *_share(max_drop, "--max-drop"), *_each("--exclude", exclude), *_each("--only", only),
             *_options("--set", dims),
             *_flags(dynamic=dynamic, per_tensor=per_tensor, symmetric=symmetric, keep_io=keep_io,
                     no_equalize=not equalize, no_bias_correction=not bias_correction)]
    for option, value in (("--format", format), ("--calibrate", calibrate), ("--percentile", percentile),
                          ("--cache", cache), ("--tensorrt-cache", tensorrt_cache)):
        if value is not None:
            words += [option, str(value)]
    with _files() as files:
        _, raw, _ = _run([*words, *files.samples(samples), *files.labels(labels)], show=show)
    verdict = raw.get("verdict") or {}
    ranking = (raw.get("search") or {}).get("ranking") or []
    kept = [node["node"] for node in ranking if node.get("kept_float")]
    return Quantized(Path(output), raw["to"], raw["bytes_before"], raw["bytes_after"], raw["notes"],
                     verdict.get("relative_error"), verdict.get("agreement"), verdict.get("accuracy"), kept, raw)


def prune(model: PathLike, output: PathLike, *, ratio: float, samples: Samples | None = None,
          labels: PathLike | Array | None = None, dims: Mapping[str, int] | None = None, show: bool = False) -> Pruned:
    """The model with this share of its channels removed, and with samples what that costs."""
    words = ["prune", _path(model), "-o", _path(output), "--ratio", repr(float(ratio)), "--json",
             *_options("--set", dims)]
    with _files() as files:
        _, raw, _ = _run([*words, *files.samples(samples), *files.labels(labels)], show=show)
    return Pruned(Path(output), raw["parameters_before"], raw["parameters_after"], raw["multiply_adds_before"],
                  raw["multiply_adds_after"], raw.get("relative_error"), raw.get("agreement"), raw.get("accuracy"), raw)


def verify(candidate: PathLike, against: PathLike, *, samples: Samples, labels: PathLike | Array | None = None,
           max_diff: float | str | None = None, max_drop: float | str | None = None, layers: bool = False,
           engine: str | None = None, reference_engine: str | None = None, dims: Mapping[str, int] | None = None,
           show: bool = False) -> Verified:
    """How far a candidate's answers are from the reference's. Beyond `max_diff` or `max_drop` it is not ok."""
    words = ["verify", _path(candidate), "--against", _path(against), "--json",
             *_share(max_diff, "--max-diff"), *_share(max_drop, "--max-drop"), *_options("--set", dims),
             *_flags(layers=layers)]
    for option, value in (("--engine", engine), ("--reference-engine", reference_engine)):
        if value is not None:
            words += [option, value]
    with _files() as files:
        _, raw, _ = _run([*words, *files.samples(samples), *files.labels(labels)], show=show, may_fail=True)
    outputs = [OutputError(o["name"], o["is_exact"], _real(o["max_error"]), _real(o["mean_error"]),
                           _known(o.get("relative_error")), _known(o.get("cosine")), _known(o.get("sqnr_db")), o)
               for o in raw["outputs"]]
    return Verified(raw["ok"], raw["samples"], outputs, [str(reason) for reason in raw["over_budget"]], raw)


def benchmark(model: PathLike, *, engine: str | None = None, engine_options: Mapping[str, Any] | None = None,
              threads: int = 1, seconds: float = 2, runs: int | None = None, rate: float | None = None,
              streams: int | None = None, scenario: str | None = None, batch: int | None = None,
              weights: str | None = None, inputs: Samples | None = None, dims: Mapping[str, int] | None = None,
              profile: bool = False, show: bool = False) -> Benchmarked:
    """How long runs take. With `rate`, latency counts from when a run was due."""
    words = ["bench", _path(model), "--json", "--threads", str(threads), *_options("--set", dims),
             *_options("--engine-option", engine_options), *_flags(profile=profile)]
    words += ["--seconds", f"{seconds:g}"] if runs is None else ["--runs", str(runs)]
    for option, value in (("--engine", engine), ("--rate", rate), ("--streams", streams), ("--scenario", scenario),
                          ("--batch", batch), ("--weights", weights)):
        if value is not None:
            words += [option, str(value)]
    with _files() as files:
        _, raw, _ = _run([*words, *files.samples(inputs, "--input")], show=show)
    load = raw["load"]
    latency = load["latency"]
    shares = {round(p["share"], 6): p["us"] for p in latency["percentiles"]}
    return Benchmarked(engine or "native", latency["queries"], shares[0.5], shares[0.9], shares[0.99],
                       shares.get(0.999), latency["max_us"], latency["mean_us"], load["throughput_hz"],
                       load.get("load_ms"), load.get("resident_bytes"), raw.get("steps", []), raw)


def build(recipe: PathLike = "slipway.toml", *, target: str | None = None, output: PathLike | None = None,
          seconds: float | None = None, report: PathLike | None = None, show: bool = False) -> Built:
    """Tries all that the recipe allows and writes the fastest that keeps its budget to a folder of artifacts."""
    words = ["build", _path(recipe), "--json"]
    for option, value in (("--for", target), ("-o", output), ("--seconds", seconds), ("--report", report)):
        if value is not None:
            words += [option, f"{value:g}" if isinstance(value, float) else str(value)]
    code, raw, _ = _run(words, show=show, may_fail=True)
    candidates = [_candidate(each) for each in raw["candidates"]]
    chosen = raw.get("chosen")
    is_chosen = code == 0 and isinstance(chosen, int) and 0 <= chosen < len(candidates)
    folder = Path(output) if output is not None else Path(recipe).parent / "artifacts"
    page = Path(report) if report is not None else folder / "report.html" if code == 0 else None
    return Built(code == 0, raw["verdict"], list(raw["reasons"]), candidates[chosen] if is_chosen else None, candidates,
                 folder if code == 0 else None, page, raw)


def _candidate(raw: dict[str, Any]) -> Candidate:
    latency = raw.get("latency") or {}
    return Candidate(raw["engine"], raw["precision"], raw["threads"], raw["outcome"], raw.get("reason", ""),
                     latency.get("p50_us"), latency.get("p99_us"), raw)


def inspect(model: PathLike, *, dims: Mapping[str, int] | None = None) -> Inspected:
    """What a model contains and costs."""
    _, raw, _ = _run(["inspect", _path(model), "--json", *_options("--set", dims)])
    operators = {row["operator"]: row["nodes"] for row in raw.get("operators", [])}
    return Inspected(raw["name"], raw.get("producer", ""), raw["inputs"], raw["outputs"],
                     raw.get("nodes", raw.get("steps") if isinstance(raw.get("steps"), int) else 0),
                     raw.get("parameters", 0), raw.get("multiply_adds"), operators, raw)


def check(model: PathLike) -> Checked:
    """Whether a model is valid; each problem with the reason and the way out."""
    code, out, said = run_program(["check", _path(model), "--json"])
    if out.strip():
        raw = json.loads(out)
        return Checked(raw["ok"], raw["problems"], raw)
    if code == 2:
        raise UsageError(said.strip().removeprefix("error: "))
    problem = {"message": said.strip().removeprefix("error: ")}
    return Checked(False, [problem], {"ok": False, "problems": [problem]})


def compile(model: PathLike, output: PathLike, *, weights: str | None = None, batch: int | str | None = None,
            windows: Mapping[str, int | tuple[int, int]] | None = None, states: Mapping[str, str] | None = None,
            dims: Mapping[str, int] | None = None) -> Compiled:
    """The model as a plan, which a robot runs without any of this."""
    slides = {name: axis if isinstance(axis, int) else f"{axis[0]}:{axis[1]}" for name, axis in (windows or {}).items()}
    words = ["compile", _path(model), "-o", _path(output), *_options("--slide", slides),
             *_options("--state", states), *_options("--set", dims)]
    for option, value in (("--weights", weights), ("--batch", batch)):
        if value is not None:
            words += [option, str(value)]
    code, _, said = run_program(words)
    if code != 0:
        message = said.strip().removeprefix("error: ")
        raise UsageError(message) if code == 2 else CommandError(message, code)
    return Compiled(Path(output), said)


def _known(value: Any) -> float | None:
    return None if value is None else _real(value)


def _real(value: Any) -> float:
    return float(value)  # the program writes "inf" and "nan" as text
