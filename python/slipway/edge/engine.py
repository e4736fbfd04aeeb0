"""A model with a log, and the script around it: python -m slipway.edge."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Union

from ..errors import SlipwayError, UsageError
from ..session import InferenceSession, SessionOptions
from .model import Model

if TYPE_CHECKING:
    from types import TracebackType

PathLike = Union[str, "os.PathLike[str]"]

_LOGGER = "slipway.edge"


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("a whole number, 0 or more")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("text")
    return value


def _counts(value: Any) -> list[int]:
    if not isinstance(value, list):
        raise ValueError("a list of whole numbers")
    return [_count(each) for each in value]


def _extents(value: Any) -> dict[str, int]:
    if not isinstance(value, dict):
        raise ValueError("a table of names and whole numbers")
    return {str(name): _count(extent) for name, extent in value.items()}


# What a configuration may say: its key, the session option that it sets, how its value is read.
_SETTINGS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "threads": ("intra_op_num_threads", _count),
    "weights": ("weights", _text),
    "dims": ("dims", _extents),
    "cores": ("cores", _counts),
    "spin_us": ("spin_us", _count),
}


def read_config(path: PathLike) -> SessionOptions:
    """Session options from a file, .json or (with Python 3.11 and later) .toml: threads, weights, dims, cores,
    spin_us."""
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the configuration {file} cannot be read: {error}") from error
    options = SessionOptions()
    for key, value in _parsed(file, text).items():
        if key not in _SETTINGS:
            raise UsageError(f"{file}: there is no setting '{key}': it may have {', '.join(_SETTINGS)}")
        attribute, read = _SETTINGS[key]
        try:
            setattr(options, attribute, read(value))
        except ValueError as error:
            raise UsageError(f"{file}: '{key}' takes {error}, and it is {value!r}") from None
    return options


def _parsed(file: Path, text: str) -> dict[str, Any]:
    try:
        if file.suffix == ".json":
            settings = json.loads(text)
        elif file.suffix == ".toml" and sys.version_info >= (3, 11):
            import tomllib

            settings = tomllib.loads(text)
        else:
            raise UsageError(f"the configuration {file} is neither .json nor .toml (which needs Python 3.11): "
                             "write it as .json")
    except ValueError as error:
        if isinstance(error, SlipwayError):
            raise
        raise UsageError(f"the configuration {file} cannot be read: {error}") from error
    if not isinstance(settings, dict):
        raise UsageError(f"the configuration {file} is no table of settings: write {{\"threads\": 2}}")
    return settings


class EdgeInferenceEngine:
    """A model, loaded once and run on what comes; what it does is logged as "slipway.edge".

    Where neither that logger nor one above it has a handler, it gets one that writes to standard error.
    """

    def __init__(self, model_path: PathLike, config_path: PathLike | None = None) -> None:
        self.model_path = model_path
        self.config_path = config_path
        self.logger = self._setup_logger()
        self._model = self._load_model()

    @property
    def engine(self) -> InferenceSession:
        """The session that runs the model."""
        return self._model.session

    def infer(self, input_data: Any) -> Any:
        """The model's output for an array, or for a dict of arrays by name where the model has several inputs.

        Numbers are converted to the model's type where nothing is lost but precision. A model with several outputs
        gives a dict of arrays by name.
        """
        return self._model.run(self._model.arrays(input_data))

    def close(self) -> None:
        self._model.close()

    def __enter__(self) -> EdgeInferenceEngine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def _setup_logger(self) -> logging.Logger:
        logger = logging.getLogger(_LOGGER)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.INFO)
        if not logger.hasHandlers():
            handler = logging.StreamHandler()
            handler.setFormatter(logging.Formatter("%(asctime)s - %(name)s - %(levelname)s - %(message)s"))
            logger.addHandler(handler)
        return logger

    def _load_model(self) -> Model:
        try:
            options = read_config(self.config_path) if self.config_path is not None else None
            model = Model(self.model_path, options)
        except Exception as error:
            self.logger.error("Failed to load model: %s", error)
            raise
        self.logger.info("Model loaded successfully from %s", self.model_path)
        return model


def _load(path: str) -> Any:
    """The array of an .npy, the dict of arrays of an .npz."""
    import numpy

    try:
        loaded = numpy.load(path, allow_pickle=False)
        if isinstance(loaded, numpy.ndarray):
            return loaded
        with loaded:
            return {name: loaded[name] for name in loaded.files}
    except (OSError, ValueError, EOFError) as error:
        raise UsageError(f"the input {path} cannot be read: {error}: give an .npy, or an .npz with an array for each "
                         "input") from error


def _save(path: str, result: Any) -> None:
    import numpy

    if isinstance(result, dict) and not path.endswith(".npz"):
        raise UsageError(f"the model has the outputs {', '.join(result)}, and {path} holds one array: name an .npz")
    try:
        with open(path, "wb") as file:
            if path.endswith(".npz"):
                arrays = result if isinstance(result, dict) else {"output": result}
                numpy.savez(file, **arrays)
            else:
                numpy.save(file, result)
    except OSError as error:
        raise UsageError(f"the results cannot be written to {path}: {error}") from error


def main(words: Sequence[str] | None = None) -> int:
    """The script: 0 done, 1 it failed with a sentence on standard error, 2 bad usage."""
    import argparse

    parser = argparse.ArgumentParser(prog="python -m slipway.edge", description="Runs a model once on data of a file.")
    parser.add_argument("--model", required=True, help="the model: .onnx, or a .plan of slipway compile")
    parser.add_argument("--input", required=True, help="the data: .npy, or .npz with an array for each input")
    parser.add_argument("--output", help="where results go: .npy, or .npz for several outputs")
    parser.add_argument("--config", help="threads, weights, dims, cores, spin_us: .json or .toml")
    args = parser.parse_args(words)
    try:
        with EdgeInferenceEngine(args.model, args.config) as engine:
            data = _load(args.input)
            start = time.perf_counter()
            result = engine.infer(data)
            seconds = time.perf_counter() - start
        print(f"Inference completed in {seconds:.3f}s")
        for name, array in result.items() if isinstance(result, dict) else [("", result)]:
            print(f"Output shape: {f'{name} ' if name else ''}{array.shape}")
        if args.output:
            _save(args.output, result)
            print(f"Results saved to {args.output}")
    except SlipwayError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0
