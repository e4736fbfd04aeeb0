"""A model that is given arrays as people have them: the one input without its name, float64, lists, torch's tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InputError, InputTypeError
from ..session import InferenceSession, ModelSource, NodeArg, SessionOptions

# ONNX's names of types to NumPy's; what is not here is handed to the session as it is.
_NUMPY_TYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int8)": "int8",
    "tensor(int16)": "int16",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(uint8)": "uint8",
    "tensor(uint16)": "uint16",
    "tensor(uint32)": "uint32",
    "tensor(uint64)": "uint64",
    "tensor(bool)": "bool",
}


def array_of(value: Any, port: NodeArg, *, copy: bool = False) -> Any:
    """`value` as an array of the input's type, one row after the other in memory. Numbers are converted where nothing
    is lost but precision (float64 to float32, whole numbers to float), never float to whole numbers."""
    import numpy

    wanted = _NUMPY_TYPES.get(port.type)
    if wanted is None:
        return value
    try:
        array = numpy.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputTypeError(f"input '{port.name}' takes an array of {wanted}, and {type(value).__name__} cannot be "
                             f"read as one ({error}): give a NumPy array, of a tensor .detach().cpu().numpy()"
                             ) from error
    if not numpy.can_cast(array.dtype, wanted, casting="same_kind"):
        raise InputTypeError(f"input '{port.name}' takes an array of {wanted}, and one of {array.dtype} was given: "
                             f"convert it as you mean it, array.astype('{wanted}')")
    converted = array.astype(wanted, order="C", copy=copy)
    return numpy.require(converted, requirements=["C", "A"])


class Model:
    """A session, its own or one that is lent, with the calls of the helpers."""

    def __init__(self, source: ModelSource | InferenceSession, options: SessionOptions | None = None) -> None:
        self.is_own = not isinstance(source, InferenceSession)
        self.session = source if isinstance(source, InferenceSession) else InferenceSession(source, options)
        self.inputs = self.session.get_inputs()
        self.outputs = self.session.get_outputs()

    def arrays(self, data: Any, *, copy: bool = False) -> dict[str, Any]:
        """The run's inputs: of an array for the only input, or of a dict of arrays by name."""
        by_name = {port.name: port for port in self.inputs}
        if isinstance(data, Mapping):
            return {name: array_of(value, by_name[name], copy=copy) if name in by_name else value
                    for name, value in data.items()}
        if len(self.inputs) != 1:
            raise InputError(f"the model takes {len(self.inputs)} inputs: give a dict of arrays by name, "
                             f"of {', '.join(by_name)}")
        return {self.inputs[0].name: array_of(data, self.inputs[0], copy=copy)}

    def run(self, arrays: Mapping[str, Any]) -> Any:
        """The array of a model with one output; of a model with several, a dict of arrays by name."""
        results = self.session.run(None, arrays)
        if len(results) == 1:
            return results[0]
        return {port.name: result for port, result in zip(self.outputs, results)}

    def zeros(self) -> dict[str, Any]:
        """Inputs of zeros, every open dimension 1."""
        import numpy

        arrays = {}
        for port in self.inputs:
            wanted = _NUMPY_TYPES.get(port.type)
            if wanted is None:
                raise InputTypeError(f"zeros cannot be made for input '{port.name}' of type {port.type}: "
                                     "give inputs of your own")
            arrays[port.name] = numpy.zeros([extent if isinstance(extent, int) else 1 for extent in port.shape], wanted)
        return arrays

    def close(self) -> None:
        if self.is_own:
            self.session.close()
