"""A model that steers: the last readings of its sensors in, a command in [-1, 1] out."""

from __future__ import annotations

import math
import threading
from typing import Any

from ..errors import InputError, InputTypeError, RunError, UnsupportedModelError, UsageError
from ..session import InferenceSession, ModelSource, SessionOptions
from .model import Model

_PADDINGS = ("first", "zeros")


class AutopilotInference:
    """Keeps the window of the newest readings ([20, 25] of the autopilot) and asks the model about it.

    Each call gives a command as a float, held to [-1, 1]. A window that is not full yet is padded at its start: by its
    first reading over and over (`padding="first"`, what the autopilot of examples/ saw at the start of a voyage), or by
    zeros. Any thread may call; one call is answered after the other.
    """

    def __init__(self, model_path: ModelSource | InferenceSession, *, padding: str = "first",
                 sequence_length: int | None = None, options: SessionOptions | None = None) -> None:
        """`sequence_length`: of a model that leaves it open."""
        import numpy

        if padding not in _PADDINGS:
            raise UsageError(f"padding '{padding}' is none: give {' or '.join(_PADDINGS)}")
        self._model = Model(model_path, options)
        self.sequence_length, self.features = self._window_of(sequence_length)
        self._padding = padding
        self._name = self._model.inputs[0].name
        self._window = numpy.zeros((1, self.sequence_length, self.features), numpy.float32)
        self._filled = 0
        self._lock = threading.Lock()

    @property
    def window(self) -> Any:
        """A copy of the window, [sequence_length, features], the oldest reading first, padding and all."""
        with self._lock:
            return self._window[0].copy()

    def predict(self, sequence: Any) -> float:
        """The command for a sequence [readings, features], the oldest first: its newest sequence_length readings, or
        all of a shorter one, padded. The window is this one then, and push() goes on from it."""
        rows = self._rows(sequence)
        with self._lock:
            self._fill(rows[-self.sequence_length:])
            return self._command()

    def push(self, sample: Any) -> float:
        """The command after one more reading, [features]."""
        import numpy

        row = self._numbers(sample)
        if row.shape != (self.features,):
            raise InputError(f"a reading has {self.features} numbers, and an array of shape {list(row.shape)} was "
                             "given: push() takes one reading, predict() a sequence of them")
        with self._lock:
            if self._filled == 0:
                self._fill(row[numpy.newaxis])
            else:
                self._window[0, :-1] = self._window[0, 1:]
                self._window[0, -1] = row
                self._filled = min(self._filled + 1, self.sequence_length)
            return self._command()

    def reset(self) -> None:
        """Forgets every reading, as before the first one."""
        with self._lock:
            self._window[:] = 0
            self._filled = 0

    def close(self) -> None:
        self._model.close()

    def __enter__(self) -> AutopilotInference:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _window_of(self, length: int | None) -> tuple[int, int]:
        inputs = self._model.inputs
        shape = inputs[0].shape if inputs else []
        if len(inputs) != 1 or len(shape) != 3 or inputs[0].type != "tensor(float)" or not isinstance(shape[2], int):
            described = ", ".join(f"{port.name} {port.type} {port.shape}" for port in inputs)
            raise UnsupportedModelError(f"AutopilotInference takes a model with one input of float32 [batch, readings, "
                                        f"features], and this one has {described}: run it by InferenceSession")
        if isinstance(shape[0], int) and shape[0] != 1:
            raise UnsupportedModelError(f"the model takes batches of {shape[0]}, and an autopilot asks about one "
                                        "window: export or compile it with batch 1 or an open batch")
        if isinstance(shape[1], int):
            if length not in (None, shape[1]):
                raise UsageError(f"sequence_length is {length}, and the model's windows have {shape[1]} readings")
            return shape[1], shape[2]
        if length is None or length < 1:
            raise UsageError("the model leaves the number of readings open: give sequence_length, as 20")
        return length, shape[2]

    def _numbers(self, value: Any) -> Any:
        import numpy

        try:
            array = numpy.asarray(value)
            if array.dtype.kind not in "fiub":
                raise ValueError(f"it holds {array.dtype}")
            return array.astype(numpy.float32, copy=False)
        except (TypeError, ValueError, RuntimeError) as error:
            raise InputTypeError(f"readings are an array of numbers, and {type(value).__name__} was given: "
                                 f"{error}") from error

    def _rows(self, sequence: Any) -> Any:
        rows = self._numbers(sequence)
        if rows.ndim == 3 and rows.shape[0] == 1:
            rows = rows[0]
        if rows.ndim != 2 or rows.shape[1] != self.features or rows.shape[0] == 0:
            raise InputError(f"a sequence has the shape [readings, {self.features}] with one reading at least, and "
                             f"{list(rows.shape)} was given")
        return rows

    def _fill(self, rows: Any) -> None:
        missing = self.sequence_length - len(rows)
        self._window[0, :missing] = rows[0] if self._padding == "first" else 0
        self._window[0, missing:] = rows
        self._filled = len(rows)

    def _command(self) -> float:
        result = self._model.run({self._name: self._window})
        if isinstance(result, dict):
            result = next(iter(result.values()))
        if result.size != 1:
            raise UnsupportedModelError(f"an autopilot's model gives one number, and this one an array of shape "
                                        f"{list(result.shape)}: run it by InferenceSession")
        command = float(result.reshape(()))
        if not math.isfinite(command):
            raise RunError(f"the model answered {command}, which is no command: look whether a sensor gave NaN or "
                           "infinity, call reset(), and steer by something else until then")
        return min(1.0, max(-1.0, command))
