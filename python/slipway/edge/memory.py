"""A model with as little memory as it needs, given back when it is no longer wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..session import InferenceSession, ModelSource, SessionOptions
from .model import Model


class MemoryEfficientInference:
    """A model on one thread, warmed up, whose memory cleanup() gives back to the system.

    `weights` stores them in fewer bits: "f16" or "bf16" in half the memory, "int8" in a quarter; a plan has its weights
    as it was compiled. The warm-up runs zeros, or `warm_up` where they are no input of the model's: an array, or a dict
    of arrays by name; False: no warm-up.
    """

    def __init__(self, model_path: ModelSource, *, weights: str = "f32", warm_up: Any = None,
                 options: SessionOptions | None = None) -> None:
        if options is None:
            options = SessionOptions()
            options.intra_op_num_threads = 1
            options.weights = weights
        self._model = Model(model_path, options)
        if warm_up is not False:
            try:
                self._warm_up(warm_up)
            except BaseException:
                self.cleanup()
                raise

    @property
    def model(self) -> InferenceSession:
        """The session that runs the model."""
        return self._model.session

    def predict(self, input_tensor: Any) -> Any:
        """The model's output for an array (or a dict of arrays by name); a new array, the caller's. Of a model with
        several outputs, a dict of arrays by name."""
        return self._model.run(self._model.arrays(input_tensor))

    def cleanup(self) -> None:
        """Gives the memory back; predict() raises ClosedError then. May be called again."""
        self._model.session.close()
        _trim()

    def __enter__(self) -> MemoryEfficientInference:
        return self

    def __exit__(self, *exception: object) -> None:
        self.cleanup()

    def _warm_up(self, inputs: Any) -> None:
        given: Mapping[str, Any] = self._model.zeros() if inputs is None else self._model.arrays(inputs)
        self._model.run(given)


def _trim() -> None:
    """Freed memory goes back to the system, where the C library can do that (glibc)."""
    import ctypes

    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        return
