"""Values and bindings as onnxruntime has them. Everything is in the processor's memory, where NumPy's arrays are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .errors import InputError, NotAvailableError

if TYPE_CHECKING:
    from .session import InferenceSession

_NAMES = {"float32": "float", "float64": "double"}


def _check_device(device_type: str) -> None:
    if device_type.lower() != "cpu":
        raise NotAvailableError(f"there is no device '{device_type}' for arrays: Slipway's sessions run on the processor, "
                                "give 'cpu'")


class OrtValue:
    """An array, not copied."""

    def __init__(self, array: Any) -> None:
        self._array = array

    @staticmethod
    def ortvalue_from_numpy(array: Any, device_type: str = "cpu", device_id: int = 0) -> OrtValue:
        import numpy

        _check_device(device_type)
        return OrtValue(numpy.asarray(array))

    @staticmethod
    def ortvalue_from_shape_and_type(shape: Sequence[int], element_type: Any, device_type: str = "cpu",
                                     device_id: int = 0) -> OrtValue:
        import numpy

        _check_device(device_type)
        return OrtValue(numpy.empty(tuple(shape), element_type))

    def numpy(self) -> Any:
        return self._array

    def shape(self) -> list[int]:
        return list(self._array.shape)

    def element_type_name(self) -> str:
        return str(self._array.dtype)

    def data_type(self) -> str:
        name = str(self._array.dtype)
        return f"tensor({_NAMES.get(name, name)})"

    def device_name(self) -> str:
        return "cpu"

    def has_value(self) -> bool:
        return True

    def is_tensor(self) -> bool:
        return True

    def is_sparse_tensor(self) -> bool:
        return False

    def is_tensor_sequence(self) -> bool:
        return False

    def data_ptr(self) -> int:
        return int(self._array.ctypes.data)

    def update_inplace(self, array: Any) -> None:
        self._array[...] = array


class IOBinding:
    """Inputs and places for outputs, by name, for InferenceSession.run_with_iobinding()."""

    def __init__(self, session: InferenceSession) -> None:
        self._session = session
        self._inputs: dict[str, Any] = {}
        self._outputs: dict[str, Any] = {}  # None: a new array for each run
        self._results: list[Any] = []

    def bind_cpu_input(self, name: str, array: Any) -> None:
        self._inputs[name] = array

    def bind_ortvalue_input(self, name: str, value: OrtValue) -> None:
        self._inputs[name] = value.numpy()

    def bind_input(self, name: str, device_type: str, device_id: int, element_type: Any, shape: Sequence[int],
                   buffer_ptr: int) -> None:
        _check_device(device_type)
        self._inputs[name] = _array_at(buffer_ptr, element_type, shape)

    def bind_output(self, name: str, device_type: str = "cpu", device_id: int = 0, element_type: Any = None,
                    shape: Sequence[int] | None = None, buffer_ptr: int | None = None) -> None:
        _check_device(device_type)
        if buffer_ptr is None:
            self._outputs[name] = None
        elif element_type is None or shape is None:
            raise InputError(f"output '{name}' is bound to memory without its element type and shape: give both")
        else:
            self._outputs[name] = _array_at(buffer_ptr, element_type, shape)

    def bind_ortvalue_output(self, name: str, value: OrtValue) -> None:
        self._outputs[name] = value.numpy()

    def get_outputs(self) -> list[OrtValue]:
        return [OrtValue(array) for array in self._results]

    def copy_outputs_to_cpu(self) -> list[Any]:
        return list(self._results)

    def clear_binding_inputs(self) -> None:
        self._inputs.clear()

    def clear_binding_outputs(self) -> None:
        self._outputs.clear()

    def synchronize_inputs(self) -> None:
        pass

    def synchronize_outputs(self) -> None:
        pass

    def run(self, run_options: Any = None) -> None:
        names = list(self._outputs)
        if not any(place is not None for place in self._outputs.values()):
            self._results = self._session.run(names or None, self._inputs, run_options)
            return
        unplaced = [name for name in names if self._outputs[name] is None]
        if unplaced:
            raise InputError(f"output '{unplaced[0]}' has no place while others have: bind all of them, or none, to memory")
        self._session.run_into(self._inputs, self._outputs)
        self._results = list(self._outputs.values())


def run_with_ort_values(session: InferenceSession, output_names: Sequence[str] | None,
                        feed: Mapping[str, OrtValue]) -> list[OrtValue]:
    return [OrtValue(array) for array in session.run(output_names, {name: value.numpy() for name, value in feed.items()})]


def _array_at(pointer: int, element_type: Any, shape: Sequence[int]) -> Any:
    """Memory of the caller, who keeps it until the last run."""
    import ctypes

    import numpy

    dtype = numpy.dtype(element_type)
    count = int(numpy.prod(shape, dtype=numpy.int64))
    if count < 0 or any(extent < 0 for extent in shape):
        raise InputError(f"a shape cannot be {list(shape)}")
    memory = (ctypes.c_char * (count * dtype.itemsize)).from_address(pointer)
    return numpy.frombuffer(memory, dtype).reshape(tuple(shape))
