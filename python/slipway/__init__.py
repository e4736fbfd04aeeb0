"""Slipway: a trained model, from a file to a robot that keeps running it.

Sessions have onnxruntime's calls; what fails raises one of slipway.errors. The toolchain's steps are functions with
the names of the program's commands.
"""

from __future__ import annotations

from typing import Any

from ._slipway import version as __version__
from .errors import (
    ClosedError,
    CommandError,
    ExportError,
    ForkedError,
    InputError,
    InputTypeError,
    InvalidModelError,
    MissingPackageError,
    ModelNotFoundError,
    NotAvailableError,
    RunError,
    SlipwayError,
    TimedOutError,
    UnsupportedModelError,
    UsageError,
)
from .session import (
    ExecutionMode,
    GraphOptimizationLevel,
    InferenceSession,
    ModelMetadata,
    NodeArg,
    RunOptions,
    SessionOptions,
    disable_telemetry_events,
    enable_telemetry_events,
    get_all_providers,
    get_available_providers,
    get_build_info,
    get_device,
    get_version_string,
    set_default_logger_severity,
    set_default_logger_verbosity,
    set_seed,
)

# Read when they are first asked for, so that `import slipway` costs next to nothing.
_LATER = {
    "binding": ("IOBinding", "OrtValue"),
    "toolchain": ("benchmark", "build", "check", "compile", "inspect", "optimize", "prune", "quantize", "verify"),
    "deployment": ("Deployment", "JetsonDeployment"),
    "edge": ("AutopilotInference", "EdgeInferenceEngine", "EdgeMonitor", "MemoryEfficientInference",
             "MultiThreadedInference", "health_check", "model_hmac", "verify_model_integrity"),
}
_MODULES = ("binding", "deployment", "edge", "errors", "export", "results", "session", "toolchain")
_HOME = {name: module for module, names in _LATER.items() for name in names}


def __getattr__(name: str) -> Any:
    import importlib

    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _HOME:
        return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    message = f"module '{__name__}' has no attribute '{name}'"
    from .left_out import COMMANDS, why

    raise AttributeError(f"{message}: {why(name)}" if name in COMMANDS else message)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME, *_MODULES])
