"""From a trained model to what a robot runs, a step at a time: export, convert, measure, and one day deploy.

    deployment = slipway.Deployment("policy.pt")
    deployment.export_onnx({"image": image, "robot_state": state}, "policy.onnx")
    deployment.convert("policy.onnx", precision="fp16")
    print(f"{deployment.benchmark(num_runs=100):.2f} ms")
"""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union

from . import toolchain
from .errors import (
    CommandError,
    InvalidModelError,
    MissingPackageError,
    ModelNotFoundError,
    NotAvailableError,
    UsageError,
)
from .results import Benchmarked, Inspected, _bytes, _micros, _number, _percent, _Shown

PathLike = Union[str, "os.PathLike[str]"]

# What convert() may be asked for: how the plan stores weights, what TensorRT is told.
PRECISIONS: dict[str, tuple[str, dict[str, str]]] = {
    "fp32": ("f32", {}),
    "fp16": ("f16", {"fp16": "on"}),
    "bf16": ("bf16", {}),
    "int8-weights": ("int8", {}),
    "int8": ("f32", {"int8": "on"}),
}
_FOR_TENSORRT = ("fp32", "fp16", "int8")


@dataclass
class Converted(_Shown):
    """Of convert(): what was written (a plan; of TensorRT the folder that keeps the engine it built) and how far its
    answers are from the model's on the samples."""

    path: Path
    engine: str
    precision: str
    max_batch_size: int
    bytes: int
    relative_error: float | None
    notes: list[str]
    runs: Path = field(repr=False)
    """What is given to the engine: the plan, or the ONNX model."""
    options: dict[str, str] = field(default_factory=dict, repr=False)

    def _rows(self) -> list[tuple[str, str]]:
        error = "not known" if self.relative_error is None else _percent(self.relative_error)
        return [("written", str(self.path)), ("engine", self.engine), ("precision", self.precision),
                ("largest batch", str(self.max_batch_size)), ("file", _bytes(self.bytes)), ("error", error),
                *(("note", note) for note in self.notes)]


@dataclass
class Profiled(_Shown):
    """Of profile_performance(): latency in milliseconds, runs a second, resident memory."""

    device: str
    runs: int
    mean_ms: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    throughput_hz: float
    memory_bytes: int | None
    benchmarked: Benchmarked = field(repr=False)

    def _rows(self) -> list[tuple[str, str]]:
        return [("device", self.device), ("runs", f"{self.runs:,}"), ("mean", _micros(1000 * self.mean_ms)),
                ("median", _micros(1000 * self.p50_ms)), ("p99", _micros(1000 * self.p99_ms)),
                ("worst", _micros(1000 * self.max_ms)), ("throughput", f"{_number(self.throughput_hz)} runs/s"),
                ("memory", _bytes(self.memory_bytes))]

    def _plot(self) -> str:
        return self.benchmarked._plot()


class Deployment:
    """One model on its way to a device.

    `model_path`: a file of torch.save() or TorchScript, a torch.nn.Module, an .onnx, or a .plan. Of a file that holds
    weights alone (a state dict) `model` is the network that they belong to. Loading a file of torch.save() runs code
    that is in it: load only what you trust.
    """

    def __init__(self, model_path: Any, *, model: Any = None, target: str | None = None, device: str | None = None,
                 threads: int = 1) -> None:
        """`target` is the device's address and `device` what it is, both for deploy()."""
        if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
            raise UsageError(f"threads is {threads!r}: give a whole number, 1 or more")
        self.model_path = model_path
        self.target = target
        self.device = device
        self.threads = threads
        self.converted: Converted | None = None
        """What convert() made last."""
        suffix = Path(model_path).suffix if isinstance(model_path, (str, os.PathLike)) else ""
        self.onnx_path: Path | None = Path(model_path) if suffix == ".onnx" else None
        """What export_onnx() wrote last, or the model where it is ONNX."""
        self._is_ready = suffix in (".onnx", ".plan")
        self._model = model

    def export_onnx(self, sample_inputs: Any, output_path: PathLike, *, opset: int | None = None,
                    dynamic_axes: Any = None, **more: Any) -> Any:
        """Writes the model as ONNX, by slipway.export.torch, which compares it with PyTorch's answers first.

        `sample_inputs`: a tensor, a tuple of them, or a dict by name. The batch of every input stays open unless
        `dynamic_axes` says otherwise; `more` is slipway.export.torch's.
        """
        if self._is_ready:
            raise UsageError(f"{self.model_path} is exported already: go on with convert()")
        from . import export

        exported = export.torch(self._module(), sample_inputs, output_path, opset=opset, dynamic_axes=dynamic_axes,
                                **more)
        self.onnx_path = Path(output_path)
        return exported

    def convert(self, onnx_path: PathLike | None = None, precision: str = "fp32", max_batch_size: int = 1, *,
                samples: toolchain.Samples | None = None, engine: str = "native",
                output_path: PathLike | None = None) -> Converted:
        """Makes of an ONNX model what runs fast.

        `precision`: fp32; fp16, bf16 or int8-weights, the weights of products and recurrent layers in half or a quarter
        of the memory; int8, activations and the weights of convolutions too, for which `samples` are data such as the
        model gets (a path, an array or a dict of arrays; the first axis counts them). With samples the result says how
        far its answers are from the model's.

        `engine`: "native", a plan at `output_path`, by default beside the model; or "tensorrt", which needs TensorRT
        and NVIDIA's GPU on this machine, and keeps what it built in the folder `output_path`.
        """
        source = Path(onnx_path) if onnx_path is not None else self.onnx_path
        if source is None:
            raise UsageError("there is no ONNX model to convert: call export_onnx() first, or give onnx_path")
        if not source.is_file():
            raise ModelNotFoundError(f"{source}: there is no such file: call export_onnx() first, or look at its name")
        if precision not in PRECISIONS:
            raise UsageError(f"there is no precision '{precision}': there are {', '.join(PRECISIONS)}")
        if isinstance(max_batch_size, bool) or not isinstance(max_batch_size, int) or max_batch_size < 1:
            raise UsageError(f"max_batch_size is {max_batch_size!r}: give a whole number, 1 or more")
        if precision == "int8" and samples is None:
            raise UsageError("int8 needs samples to choose its scales by: give samples=..., data such as the model gets, "
                             "or take int8-weights, which needs none")
        if engine == "native":
            converted = self._to_plan(source, precision, max_batch_size, samples, output_path)
        elif engine == "tensorrt":
            converted = self._to_tensorrt(source, precision, max_batch_size, samples, output_path)
        else:
            raise UsageError(f"convert() knows no engine '{engine}': there are native and tensorrt")
        self.converted = converted
        return converted

    def benchmark(self, num_runs: int = 100) -> float:
        """How long a run takes on this machine on average, in milliseconds, of what convert() made last, or of the
        model where it is ONNX or a plan. Runs until the caches are warm are not counted."""
        return self._measured(num_runs).mean_us / 1000

    def profile_performance(self, model: PathLike | None = None, device: str = "cpu",
                            num_iterations: int = 100) -> Profiled:
        """Latency, throughput and memory of runs on this machine, of what convert() made last or of the .onnx or .plan
        given. `device`: "cpu", or "cuda" for TensorRT."""
        if device not in ("cpu", "cuda"):
            raise UsageError(f"there is no device '{device}': there are cpu and cuda")
        if device == "cuda":
            _need_tensorrt()
        done = self._measured(num_iterations, model, "tensorrt" if device == "cuda" else None)
        return Profiled(device, done.runs, done.mean_us / 1000, done.p50_us / 1000, done.p99_us / 1000,
                        done.max_us / 1000, done.throughput_hz, done.resident_bytes, done)

    def deploy(self, **options: Any) -> None:
        """Not there yet: raises NotAvailableError."""
        written = self.converted.path if self.converted is not None else None
        what = str(written) if written is not None else "the plan that convert() makes"
        where = f"{self.target}" if self.target else "the device"
        asked = f" (nor its options {', '.join(sorted(options))})" if options else ""
        raise NotAvailableError(f"this version of Slipway has no deployment yet{asked}: nothing was sent to {where}. "
                                f"Copy {what} there yourself, and run it by slipway.InferenceSession or libslipway")

    def _module(self) -> Any:
        """What slipway.export.torch is given: the file or module as it is, or the network with the file's weights."""
        is_file = isinstance(self.model_path, (str, os.PathLike))
        if self._model is None or not is_file:
            return self.model_path
        return _with_weights(self._model, Path(self.model_path))

    def _to_plan(self, source: Path, precision: str, max_batch_size: int, samples: toolchain.Samples | None,
                 output_path: PathLike | None) -> Converted:
        plan = Path(output_path) if output_path is not None else source.with_suffix(".plan")
        compiled, notes = source, []
        if precision == "int8":
            compiled = plan.with_name(f"{plan.stem}_int8.onnx")
            notes += toolchain.quantize(source, compiled, to="int8", samples=samples).notes
        notes += _compile(compiled, plan, PRECISIONS[precision][0], max_batch_size)
        error = None
        if samples is not None:
            known = [output.relative_error for output in _verified(plan, source, samples, notes)
                     if output.relative_error is not None]
            error = max(known, default=None)
        return Converted(plan, "native", precision, max_batch_size, plan.stat().st_size, error, notes, plan)

    def _to_tensorrt(self, source: Path, precision: str, max_batch_size: int, samples: toolchain.Samples | None,
                     output_path: PathLike | None) -> Converted:
        if precision not in _FOR_TENSORRT:
            raise UsageError(f"TensorRT is not asked for {precision}: take {', '.join(_FOR_TENSORRT)}, or "
                             "engine='native'")
        _need_tensorrt()
        folder = Path(output_path) if output_path is not None else source.with_suffix(".tensorrt")
        folder.mkdir(parents=True, exist_ok=True)
        options = {**PRECISIONS[precision][1], "engine_cache": str(folder)}
        if precision == "int8":
            if not isinstance(samples, (str, os.PathLike)):
                raise UsageError("TensorRT reads int8's samples from a file: give the path of an .npz, or an .npy")
            options["samples"] = os.fspath(samples)
        toolchain.benchmark(source, engine="tensorrt", engine_options=options, runs=1, batch=max_batch_size)
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        return Converted(folder, "tensorrt", precision, max_batch_size, size, None, [], source, options)

    def _measured(self, runs: int, model: PathLike | None = None, engine: str | None = None) -> Benchmarked:
        if isinstance(runs, bool) or not isinstance(runs, int) or runs < 1:
            raise UsageError(f"the number of runs is {runs!r}: give a whole number, 1 or more")
        if model is not None:
            return toolchain.benchmark(model, engine=engine, threads=self.threads, runs=runs)
        if self.converted is not None and (engine is None or engine == self.converted.engine):
            made = self.converted
            is_native = made.engine == "native"
            return toolchain.benchmark(made.runs, engine=None if is_native else made.engine,
                                       engine_options=made.options, threads=self.threads, runs=runs)
        ready = self.model_path if self._is_ready else self.onnx_path
        if ready is None:
            raise UsageError("there is nothing to measure yet: call export_onnx() and convert() first")
        return toolchain.benchmark(ready, engine=engine, threads=self.threads, runs=runs)


class JetsonDeployment(Deployment):
    """Deployment with the names of a Jetson: its address, its model, and convert_tensorrt()."""

    def __init__(self, model_path: Any, jetson_ip: str | None = None, jetson_model: str | None = None, *,
                 model: Any = None, threads: int = 1) -> None:
        super().__init__(model_path, model=model, target=jetson_ip, device=jetson_model, threads=threads)

    @property
    def jetson_ip(self) -> str | None:
        return self.target

    @property
    def jetson_model(self) -> str | None:
        return self.device

    def convert_tensorrt(self, onnx_path: PathLike | None = None, precision: str = "fp16", max_batch_size: int = 1, *,
                         samples: toolchain.Samples | None = None, output_path: PathLike | None = None) -> Converted:
        """convert() by TensorRT where this machine has it. Where it has not, a plan of Slipway's own is made in its
        place and a warning says so; convert(..., engine="tensorrt") raises NotAvailableError instead."""
        why_not = tensorrt_missing()
        if why_not is None:
            return self.convert(onnx_path, precision, max_batch_size, samples=samples, engine="tensorrt",
                                output_path=output_path)
        warnings.warn(f"TensorRT is not here, so that a plan of Slipway's own is made in its place ({why_not})",
                      stacklevel=2)
        converted = self.convert(onnx_path, precision, max_batch_size, samples=samples, output_path=output_path)
        converted.notes.append(f"made by Slipway, not by TensorRT: {why_not}")
        return converted


def tensorrt_missing() -> str | None:
    """None where TensorRT can run models on this machine; or why not and what to install."""
    _, raw, _ = toolchain._run(["engines", "tensorrt", "--json"])
    for engine in raw["engines"]:
        if engine["name"] == "tensorrt":
            return None if engine["present"] else str(engine["install"])
    return "this Slipway knows no TensorRT: install one that was built with its headers"


def _need_tensorrt() -> None:
    why_not = tensorrt_missing()
    if why_not is not None:
        raise NotAvailableError(f"TensorRT cannot be used on this machine: {why_not}. engine='native' makes a plan "
                                "that runs on the processor")


def _compile(model: Path, plan: Path, weights: str, max_batch_size: int) -> list[str]:
    """Makes the plan for batches up to max_batch_size, and says what is to know of it."""
    fixed = _fixed_batch(toolchain.inspect(model))
    if fixed is not None:
        if fixed < max_batch_size:
            raise UsageError(f"{model} takes batches of {fixed} alone, and max_batch_size is {max_batch_size}: export "
                             "it with an open batch")
        toolchain.compile(model, plan, weights=weights)
        return [f"the model takes batches of {fixed}"] if fixed > 1 else []
    if max_batch_size == 1:
        toolchain.compile(model, plan, weights=weights, batch=1)
        return []
    try:
        toolchain.compile(model, plan, weights=weights, batch="any")
        return []
    except CommandError as error:
        if "batch cannot stay open" not in str(error):
            raise
    toolchain.compile(model, plan, weights=weights, batch=max_batch_size)
    return [f"this model's batch cannot stay open in a plan: it takes batches of exactly {max_batch_size}"]


def _fixed_batch(inspected: Inspected) -> int | None:
    """The first extent of the inputs where each is definite; None where one is open."""
    firsts = [port["shape"][0] for port in inspected.inputs if port.get("shape")]
    return max(firsts) if firsts and all(isinstance(extent, int) for extent in firsts) else None


def _verified(plan: Path, source: Path, samples: toolchain.Samples, notes: list[str]) -> list[Any]:
    try:
        return list(toolchain.verify(plan, source, samples=samples).outputs)
    except CommandError as error:
        notes.append(f"not compared with the model: {error}")
        return []


def _with_weights(model: Any, path: Path) -> Any:
    """The network with the state dict of the file, which may also lie in a checkpoint under "state_dict" or
    "model_state_dict"."""
    try:
        torch: Any = importlib.import_module("torch")
    except ImportError as error:
        raise MissingPackageError("reading weights of PyTorch needs torch: pip install torch") from error
    if not path.is_file():
        raise ModelNotFoundError(f"{path}: there is no such file")
    try:
        loaded = torch.load(str(path), map_location="cpu")
        for key in ("state_dict", "model_state_dict"):
            if isinstance(loaded, Mapping) and isinstance(loaded.get(key), Mapping):
                loaded = loaded[key]
        if isinstance(loaded, torch.nn.Module):
            loaded = loaded.state_dict()
        model.load_state_dict(loaded)
    except Exception as error:  # torch raises what it likes of a damaged file
        raise InvalidModelError(f"{path} does not hold the weights of this {type(model).__name__}: "
                                f"{str(error).strip().splitlines()[0] if str(error).strip() else error!r}") from error
    return model
