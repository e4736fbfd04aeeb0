"""Running a model: the calls of onnxruntime, by Slipway's own engine.

    import slipway as ort

    session = ort.InferenceSession("autopilot.onnx")
    rudder, = session.run(None, {"sensors": window})

README.md lists what differs from onnxruntime.
"""

from __future__ import annotations

import enum
import os
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Union

from . import _slipway
from .errors import NotAvailableError, UsageError

if TYPE_CHECKING:
    from .binding import IOBinding, OrtValue

ModelSource = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview]

_PROVIDER = "CPUExecutionProvider"
_WITHOUT_EFFECT = ("disabled_optimizers", "enable_fallback", "read_config_from_model")  # onnxruntime's arguments


class GraphOptimizationLevel(enum.IntEnum):
    """How much a model is changed before it runs. Slipway's results are the same bits at every level."""

    ORT_DISABLE_ALL = 0
    ORT_ENABLE_BASIC = 1
    ORT_ENABLE_EXTENDED = 2
    ORT_ENABLE_LAYOUT = 3
    ORT_ENABLE_ALL = 99


class ExecutionMode(enum.IntEnum):
    """Accepted and of no effect: steps run one after the other, each on all threads of the session."""

    ORT_SEQUENTIAL = 0
    ORT_PARALLEL = 1


class _Options:
    """Only what __init__ sets can be set: what is misspelt would have no effect, and nobody would know."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not hasattr(self, "_is_made") or hasattr(self, name):
            return object.__setattr__(self, name, value)
        from difflib import get_close_matches

        known = [each for each in vars(self) if not each.startswith("_")]
        close = get_close_matches(name, known, 1)
        hint = f": did you mean '{close[0]}'?" if close else f": there are {', '.join(known)}"
        raise AttributeError(f"{type(self).__name__} has no option '{name}'{hint}")


class SessionOptions(_Options):
    """How a session is made. The first part is onnxruntime's, the second Slipway's own."""

    def __init__(self) -> None:
        self.intra_op_num_threads = 0
        """Threads of a run; 0: as many as there are cores. Small models run on one, whatever is asked for."""
        self.inter_op_num_threads = 0
        self.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_ALL
        self.execution_mode = ExecutionMode.ORT_SEQUENTIAL
        self.enable_profiling = False
        self.profile_file_prefix = ""
        self.optimized_model_filepath = ""
        """Where slipway.optimize() writes what it makes of the model, before the session is there."""
        self.enable_mem_pattern = True
        self.enable_mem_reuse = True
        self.enable_cpu_mem_arena = True
        self.log_severity_level = 2
        self.log_verbosity_level = 0
        self.logid = ""
        self.use_deterministic_compute = True
        self.use_per_session_threads = True

        self.weights = "f32"
        """How weights are stored: f32, f16, bf16 or int8."""
        self.windows: dict[str, int | tuple[int, int]] = {}
        """Inputs that are windows which slide: {"telemetry": 2} says that axis 2 is time and that a run brings the
        newest position; {"telemetry": (2, 5)}: the newest five."""
        self.states: dict[str, str] = {}
        """States that the session keeps from run to run: {"h_out": "h_in"}; neither is the caller's any more."""
        self.dims: dict[str, int] = {}
        """Extents of open dimensions that are the same in every run."""
        self.cores: list[int] = []
        """Thread i runs on cores[i]; empty: anywhere."""
        self.spin_us = 0
        """How long helping threads spin for the next run before they sleep."""
        self.copy_inputs = False
        """Convert and copy arrays of another type or order, instead of refusing them."""
        self._config: dict[str, str] = {}
        self._is_made = True

    def add_session_config_entry(self, key: str, value: str) -> None:
        """Kept for get_session_config_entry(); Slipway has none of these switches."""
        self._config[key] = value

    def get_session_config_entry(self, key: str) -> str:
        if key not in self._config:
            raise UsageError(f"there is no session config entry '{key}'")
        return self._config[key]

    def add_free_dimension_override_by_name(self, name: str, extent: int) -> None:
        """The open dimension `name` has this extent in every run."""
        self.dims[name] = extent

    def register_custom_ops_library(self, path: str) -> None:
        raise NotAvailableError("Slipway has no custom operators: a model is made of ONNX's own")

    def _for_session(self) -> dict[str, Any]:
        threads = int(self.intra_op_num_threads)
        if threads < 0:
            raise UsageError(f"intra_op_num_threads is {threads}: give 0 for all cores, or a number of threads")
        windows = {name: axis if isinstance(axis, tuple) else (axis, 1) for name, axis in self.windows.items()}
        return {
            "threads": threads or _usable_cores(),
            "weights": self.weights,
            "windows": windows,
            "states": dict(self.states),
            "dims": dict(self.dims),
            "cores": list(self.cores),
            "spin_us": self.spin_us,
            "copy_inputs": bool(self.copy_inputs),
        }


class RunOptions(_Options):
    """Accepted; `terminate` keeps a run from beginning, the rest is of no effect."""

    def __init__(self) -> None:
        self.log_severity_level = 2
        self.log_verbosity_level = 0
        self.logid = ""
        self.terminate = False
        self.only_execute_path_to_fetches = False
        self._config: dict[str, str] = {}
        self._is_made = True

    def add_run_config_entry(self, key: str, value: str) -> None:
        """Kept for get_run_config_entry(); Slipway has none of these switches."""
        self._config[key] = value

    def get_run_config_entry(self, key: str) -> str:
        if key not in self._config:
            raise UsageError(f"there is no run config entry '{key}'")
        return self._config[key]


class NodeArg:
    """An input or output: `name`, `type` as "tensor(float)", `shape` with extents, names of open ones, or None."""

    def __init__(self, name: str, type: str, shape: list[int | str | None]) -> None:
        self.name = name
        self.type = type
        self.shape = shape

    def __repr__(self) -> str:
        return f"NodeArg(name='{self.name}', type='{self.type}', shape={self.shape})"


class ModelMetadata:
    """What a model's file says of itself."""

    producer_name: str
    graph_name: str
    domain: str
    description: str
    graph_description: str
    version: int
    custom_metadata_map: dict[str, str]

    def __init__(self, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            setattr(self, name, value)

    def __repr__(self) -> str:
        return f"ModelMetadata({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


class InferenceSession(_slipway.Session):
    """A model (an .onnx, a .plan of `slipway compile`, or such a file's bytes), ready to run.

    Any thread may call run(). Inputs are read and outputs written in place; the interpreter's lock is released
    meanwhile. An array of another type, shape or order than the model's is refused with a sentence.
    """

    def __init__(
        self,
        path_or_bytes: ModelSource,
        sess_options: SessionOptions | None = None,
        providers: Sequence[str | tuple[str, Mapping[str, Any]]] | None = None,
        provider_options: Sequence[Mapping[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        unknown = [name for name in kwargs if name not in _WITHOUT_EFFECT]
        if unknown:
            raise UsageError(f"InferenceSession takes no argument '{unknown[0]}'")
        _check_providers(providers)
        self._options = sess_options if sess_options is not None else SessionOptions()
        super().__init__(path_or_bytes, self._options._for_session())
        if self._options.optimized_model_filepath:
            _write_optimized(path_or_bytes, self._options.optimized_model_filepath)

    def __repr__(self) -> str:
        if self.is_closed:
            return "InferenceSession(closed)"
        takes, gives = (", ".join(f"{each.name}: {each.type} {each.shape}" for each in ports)
                        for ports in (self.get_inputs(), self.get_outputs()))
        return f"InferenceSession({takes} -> {gives})"

    def get_inputs(self) -> list[NodeArg]:
        return [NodeArg(*described) for described in self.describe_inputs()]

    def get_outputs(self) -> list[NodeArg]:
        return [NodeArg(*described) for described in self.describe_outputs()]

    def get_overridable_initializers(self) -> list[NodeArg]:
        """None: inputs with a default value have that value."""
        return []

    def get_modelmeta(self) -> ModelMetadata:
        return ModelMetadata(self.metadata())

    def get_session_options(self) -> SessionOptions:
        return self._options

    def get_providers(self) -> list[str]:
        return [_PROVIDER]

    def get_provider_options(self) -> dict[str, dict[str, str]]:
        return {_PROVIDER: {}}

    def set_providers(
        self, providers: Sequence[str] | None = None, provider_options: Sequence[Mapping[str, Any]] | None = None
    ) -> None:
        _check_providers(providers)

    def enable_fallback(self) -> None:
        pass

    def disable_fallback(self) -> None:
        pass

    def end_profiling(self) -> str:
        raise NotAvailableError("profiles are made by the toolchain: slipway.benchmark(model, profile=True)")

    def run_async(self, output_names: Sequence[str] | None, input_feed: Mapping[str, Any],
                  callback: Callable[[list[Any], Any, str], None], user_data: Any = None,
                  run_options: Any = None) -> None:
        """run() on a thread of its own, which then calls callback(results, user_data, error), the error "" where there
        is none."""

        def work() -> None:
            results: list[Any] = []
            error = ""
            try:
                results = self.run(output_names, input_feed, run_options)
            except Exception as raised:
                error = str(raised)
            callback(results, user_data, error)

        threading.Thread(target=work, name="slipway run_async").start()

    def io_binding(self) -> IOBinding:
        from .binding import IOBinding

        return IOBinding(self)

    def run_with_iobinding(self, iobinding: IOBinding, run_options: Any = None) -> None:
        iobinding.run(run_options)

    def run_with_ort_values(
        self, output_names: Sequence[str] | None, input_dict_ort_values: Mapping[str, OrtValue], run_options: Any = None
    ) -> list[OrtValue]:
        from .binding import run_with_ort_values

        return run_with_ort_values(self, output_names, input_dict_ort_values)

    @property
    def state(self) -> bytes:
        """What the session keeps from run to run (states, the past of windows). It can be given to any session of
        the same model and options, on this machine or another."""
        return self.snapshot()

    @state.setter
    def state(self, state: bytes) -> None:
        self.restore(state)

    def __enter__(self) -> InferenceSession:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def get_available_providers() -> list[str]:
    return [_PROVIDER]


def get_all_providers() -> list[str]:
    return [_PROVIDER]


def get_device() -> str:
    return "CPU"


def get_version_string() -> str:
    """Slipway's, as `__version__`."""
    return _slipway.version


def get_build_info() -> str:
    return f"slipway {_slipway.version}"


def set_default_logger_severity(severity: int) -> None:
    """Accepted and of no effect: Slipway logs nothing; what goes wrong is raised."""


def set_default_logger_verbosity(verbosity: int) -> None:
    """Accepted and of no effect."""


def set_seed(seed: int) -> None:
    """Accepted and of no effect: operators that draw random numbers and state no seed draw the same in every run."""


def disable_telemetry_events() -> None:
    """Accepted and of no effect: there are none."""


def enable_telemetry_events() -> None:
    """Accepted and of no effect: there are none."""


def _check_providers(providers: Sequence[str | tuple[str, Mapping[str, Any]]] | None) -> None:
    names = [p if isinstance(p, str) else p[0] for p in providers or []]
    others = [name for name in names if name != _PROVIDER]
    if others:
        where = "instead" if _PROVIDER in names else "in its place"
        warnings.warn(
            f"{', '.join(others)}: slipway.InferenceSession runs on the processor {where}. 'slipway engines' lists "
            "what else can run models here, 'slipway run --engine' and 'slipway build' use it.",
            stacklevel=3,
        )


def _write_optimized(source: ModelSource, path: str) -> None:
    import tempfile

    from .toolchain import optimize

    if isinstance(source, (str, os.PathLike)):
        optimize(source, path)
        return
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(source)
        file.flush()
        optimize(file.name, path)


def _usable_cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


os.register_at_fork(after_in_child=_slipway.note_fork)
