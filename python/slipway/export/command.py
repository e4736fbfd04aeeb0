"""The command `slipway export`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from ..errors import SlipwayError, UsageError
from ..results import Exported
from .sklearn_model import sklearn
from .stage import package
from .torch_model import torch

_CODES = "exit codes: 0 done, 1 the model or a file is not what it should be, 2 bad usage"

_TOP = f"""usage: slipway export torch MODEL.pt -o MODEL.onnx --input NAME=SHAPE [OPTION...]
       slipway export sklearn MODEL.pkl -o MODEL.onnx [OPTION...]

A model of PyTorch or scikit-learn as ONNX. Before the file is there it is checked, run by Slipway, and
compared with what the framework says.

slipway export torch --help and slipway export sklearn --help tell more, with an example.
{_CODES}
"""

_TORCH = f"""usage: slipway export torch MODEL -o FILE --input NAME=SHAPE [OPTION...]

MODEL is a file of torch.save(module, ...) or of TorchScript. A file with weights alone (a state dict) is
not enough: it does not say which network they belong to. The folder with the source of the module's class
has to be in PYTHONPATH; TorchScript needs none.
MODEL is a pickle: LOADING IT RUNS CODE THAT IS IN IT. Give --trust when you know where it comes from.

  -o FILE              where the ONNX file goes
  --input NAME=SHAPE   an input, as image=1,3,224,224, filled with random numbers; tokens=1,32:int64 has
                       elements of that type, 0 and 1 (may be repeated)
  --sample FILE        inputs from a file: .npz by name, .npy for a model of one input
  --output-name NAME   the name of an output, in their order (may be repeated)
  --open NAME.AXIS=DIM this axis of an input is open, under this name, and no other; without, axis 0 is,
                       as 'batch' (may be repeated)
  --fixed              no axis is open
  --opset N            the version of the operator set: 17, or the newest that this torch writes
  --dynamo             the exporter of torch 2.5 and newer, by torch.export
  --save-pt FILE       save the module, too
  --tolerance SHARE    what an output may differ by, of its largest magnitude: 1e-4
  --trust              run the code in MODEL
  --json               print what was done as JSON

example: slipway export torch policy.pt -o policy.onnx --input image=1,3,224,224 --input robot_state=1,48 --trust
{_CODES}
"""

_SKLEARN = f"""usage: slipway export sklearn MODEL -o FILE [OPTION...]

MODEL is a fitted estimator or pipeline in a file of pickle or joblib.
LOADING IT RUNS CODE THAT IS IN IT. Give --trust when you know where it comes from.

  -o FILE              where the ONNX file goes
  --sample FILE        rows such as the model gets, .npy or with pandas .csv, to compare on; columns of a
                       .csv are inputs of their own where the model picks them by name
  --features N         how many features there are, where the model does not say
  --output-name NAME   the name of an output, in their order (may be repeated)
  --zipmap             a classifier's probabilities as a list of dicts
  --opset N            the version of the operator set: 17, or the newest that this skl2onnx writes
  --tolerance SHARE    what an output may differ by, of its largest magnitude: 1e-4
  --trust              run the code in MODEL
  --json               print what was done as JSON

example: slipway export sklearn trees.pkl -o trees.onnx --sample laps.npy --trust
{_CODES}
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} ({self.prog} --help tells more)")


def main(words: Sequence[str]) -> int:
    """`words` are what follows `slipway export`."""
    frameworks: dict[str, tuple[str, Callable[[Sequence[str]], Exported]]] = {
        "torch": (_TORCH, _export_torch), "sklearn": (_SKLEARN, _export_sklearn)}
    asks = any(word in ("-h", "--help") for word in words)
    named = next((word for word in words if word in frameworks), None)
    if asks:
        print(frameworks[named][0] if named else _TOP, end="")
        return 0
    try:
        if not words:
            raise UsageError("a framework is missing: slipway export torch, or slipway export sklearn (slipway export "
                             "--help tells more)")
        if words[0] not in frameworks:
            raise UsageError(f"there is no exporter '{words[0]}': there are torch and sklearn")
        result = frameworks[words[0]][1](words[1:])
    except UsageError as error:
        return _said(error, 2)
    except (SlipwayError, OSError) as error:
        return _said(error, 1)
    except KeyboardInterrupt:
        return 130
    if "--json" in words:
        print(json.dumps(dataclasses.asdict(result), default=str, indent=2))
    else:
        print(result)
    return 0


def _said(error: Exception, code: int) -> int:
    print(f"error: {error}", file=sys.stderr)
    return code


def _parser(framework: str) -> _Parser:
    parser = _Parser(prog=f"slipway export {framework}", add_help=False, allow_abbrev=False)
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("-o", dest="output", required=True)
    parser.add_argument("--sample")
    parser.add_argument("--output-name", action="append")
    parser.add_argument("--opset", type=int)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--trust", action="store_true")
    parser.add_argument("--json", action="store_true")
    return parser


def _check_trust(given: argparse.Namespace) -> None:
    if not given.trust:
        raise UsageError(f"{given.model} is a pickle, and loading it runs code that is in it: give --trust when you "
                         "know where it comes from")


def _export_torch(words: Sequence[str]) -> Exported:
    parser = _parser("torch")
    parser.add_argument("--input", action="append", default=[])
    parser.add_argument("--open", action="append", default=[])
    parser.add_argument("--fixed", action="store_true")
    parser.add_argument("--dynamo", action="store_true")
    parser.add_argument("--save-pt")
    given = parser.parse_args(list(words))
    if given.fixed and given.open:
        raise UsageError("--fixed and --open exclude each other")
    if bool(given.sample) == bool(given.input):
        raise UsageError("the inputs are missing: give --input NAME=SHAPE for each, as --input image=1,3,224,224; or "
                         "--sample FILE" if not given.sample else "--input and --sample exclude each other")
    inputs = _sample(given.sample) if given.sample else _random(given.input)
    axes = False if given.fixed else _axes(given.open)
    _check_trust(given)
    sys.path.insert(0, os.getcwd())  # as `python -m` has it: the class of the module may be there
    return torch(given.model, inputs, given.output, opset=given.opset, dynamic_axes=axes,
                 output_names=given.output_name, dynamo=given.dynamo, save_pt=given.save_pt, tolerance=given.tolerance)


def _export_sklearn(words: Sequence[str]) -> Exported:
    parser = _parser("sklearn")
    parser.add_argument("--features", type=int)
    parser.add_argument("--zipmap", action="store_true")
    given = parser.parse_args(list(words))
    _check_trust(given)
    sys.path.insert(0, os.getcwd())
    sample = _sample(given.sample) if given.sample else None
    return sklearn(given.model, given.output, n_features=given.features, sample=sample, output_names=given.output_name,
                   opset=given.opset, zipmap=given.zipmap, tolerance=given.tolerance)


def _sample(path: str) -> Any:
    """What a file holds: an array, or arrays by name; of a .csv a data frame."""
    import numpy

    if not Path(path).is_file():
        raise UsageError(f"--sample {path}: there is no such file")
    if path.endswith(".csv"):
        return package("pandas", "reading a .csv", "pandas").read_csv(path)
    try:
        loaded = numpy.load(path, allow_pickle=False)
        return dict(loaded) if isinstance(loaded, numpy.lib.npyio.NpzFile) else loaded
    except (ValueError, OSError, EOFError) as error:
        raise UsageError(f"--sample {path}: not a .npy or .npz file of numbers: {error}") from error


def _random(options: Sequence[str]) -> Any:
    """The arrays of --input, always the same ones."""
    import numpy

    random = numpy.random.default_rng(0)
    arrays: dict[str, Any] = {}
    for option in options:
        name, has_name, described = option.rpartition("=")
        extents, _, element = described.partition(":")
        try:
            shape = [int(extent) for extent in extents.split(",")]
            kind = numpy.dtype(element or "float32")
        except (ValueError, TypeError):
            raise UsageError(f"--input {option}: give NAME=SHAPE, as image=1,3,224,224, or with a type, as "
                             "tokens=1,32:int64") from None
        if min(shape) < 1 or kind.kind not in "fiub":
            raise UsageError(f"--input {option}: extents are 1 or more, elements numbers or bool")
        if name in arrays:
            raise UsageError(f"--input {option}: there are two inputs of the name '{name}'")
        drawn = random.standard_normal(shape) if kind.kind == "f" else random.integers(0, 2, shape)
        arrays[name] = drawn.astype(kind)
    if "" in arrays and len(arrays) > 1:
        raise UsageError("--input: where a model has several inputs, give each with its name")
    return arrays[""] if "" in arrays else arrays


def _axes(options: Sequence[str]) -> dict[str, dict[int, str]] | None:
    axes: dict[str, dict[int, str]] = {}
    for option in options:
        where, _, label = option.partition("=")
        name, _, axis = where.rpartition(".")
        if not (name and label and axis.lstrip("-").isdigit()):
            raise UsageError(f"--open {option}: give NAME.AXIS=DIM, as image.2=height")
        axes.setdefault(name, {})[int(axis)] = label
    return axes or None
