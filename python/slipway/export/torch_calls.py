"""The two exporters of PyTorch."""

from __future__ import annotations

import contextlib
import inspect
import io
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import ExportError, MissingPackageError, NotAvailableError, UsageError
from .torch_inputs import Inputs

_MOST_IN_ONE_FILE = 1_500_000_000  # an ONNX file ends at 2 GiB

Open = Mapping[str, Mapping[int, str]]


def newest_opset(torch: Any, dynamo: bool) -> int | None:
    """The newest that this exporter writes, where torch tells."""
    constants = getattr(torch.onnx, "_constants", None)
    names = ["ONNX_MAX_OPSET", "onnx_main_opset"] if dynamo else [
        "ONNX_TORCHSCRIPT_EXPORTER_MAX_OPSET", "ONNX_MAX_OPSET", "onnx_main_opset"]
    return next((int(getattr(constants, name)) for name in names if hasattr(constants, name)), None)


def default_opset(torch: Any, dynamo: bool) -> int:
    """17 is the first in which a layer normalisation is one node; the dynamo exporter writes none before 18."""
    return 18 if dynamo else min(17, newest_opset(torch, dynamo) or 14)


def write_legacy(torch: Any, inputs: Inputs, outputs: Sequence[str], axes: Open, opset: int, file: Path) -> list[str]:
    """By tracing. Gives what PyTorch warned of in the module's own code: what a trace cannot follow."""
    options: dict[str, Any] = {"dynamo": False} if _has_dynamo(torch) else {}
    with _quiet(torch) as said, _explained(torch, inputs, opset, dynamo=False):
        torch.onnx.export(inputs.module, inputs.build(inputs.leaves), str(file), opset_version=opset,
                          input_names=list(inputs.names), output_names=list(outputs),
                          dynamic_axes={name: dict(each) for name, each in axes.items()}, **options)
    own = str(Path(torch.__file__).parent)
    return list(dict.fromkeys(_words(each) for each in said if issubclass(each.category, torch.jit.TracerWarning)
                              and not each.filename.startswith(own)))


def write_dynamo(torch: Any, inputs: Inputs, outputs: Sequence[str], axes: Open, opset: int, file: Path) -> list[str]:
    """By torch.export."""
    if not _has_dynamo(torch):
        raise NotAvailableError(f"this is torch {torch.__version__}, which has the legacy exporter alone: leave dynamo "
                                "out, or pip install 'torch>=2.5' onnxscript")
    labels = {label: torch.export.Dim(label) for label in inputs.labels()}
    shapes = [{axis: labels[label] for axis, label in inputs.axes.get(name, {}).items()} for name in inputs.names]
    # It takes an extent of 1 for a constant.
    leaves = inputs.at(torch, {label: max(2, inputs.extent(label)) for label in labels})
    arguments = inputs.build(leaves)
    with _quiet(torch), _explained(torch, inputs, opset, dynamo=True):
        torch.onnx.export(inputs.module, arguments, str(file), opset_version=opset, input_names=list(inputs.names),
                          output_names=list(outputs), dynamic_shapes=_as_called(inputs, inputs.build(shapes)),
                          dynamo=True, verbose=False, external_data=_bytes(inputs.module) > _MOST_IN_ONE_FILE)
    return []


def _has_dynamo(torch: Any) -> bool:
    parameters = inspect.signature(torch.onnx.export).parameters
    return "dynamo" in parameters and "dynamic_shapes" in parameters


def _bytes(module: Any) -> int:
    """Of the weights."""
    return sum(each.numel() * each.element_size() for each in (*module.parameters(), *module.buffers()))


def _as_called(inputs: Inputs, shapes: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments that *arguments takes are one tuple to torch.export."""
    plain = 0
    for parameter in inspect.signature(inputs.module.forward).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            return (*shapes[:plain], tuple(shapes[plain:]))
        plain += 1
    return shapes


@contextlib.contextmanager
def _quiet(torch: Any) -> Iterator[list[warnings.WarningMessage]]:
    """Without PyTorch's talk; its warnings are kept."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            yield said
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def _explained(torch: Any, inputs: Inputs, opset: int, dynamo: bool) -> Iterator[None]:
    newest = newest_opset(torch, dynamo)
    if newest is not None and not 7 <= opset <= newest:
        raise UsageError(f"opset is {opset}: this torch, {torch.__version__}, writes 7 to {newest}; 'slipway optimize "
                         "--opset' converts to others")
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingPackageError(f"this exporter of PyTorch needs {error.name}, which is not installed here: pip "
                                  f"install {error.name}") from error
    except Exception as error:
        way_out = "" if dynamo or not _has_dynamo(torch) else "; dynamo=True may"
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise ExportError(f"PyTorch's exporter cannot write {type(inputs.module).__name__}: "
                          f"{lines[0] if lines else type(error).__name__}{way_out}") from error


def _words(warning: warnings.WarningMessage) -> str:
    """A tracer's warning with the line that it is about."""
    place = f"{Path(warning.filename).name}:{warning.lineno}"
    return f"{place}: {' '.join(str(warning.message).split())}"
