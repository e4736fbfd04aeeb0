"""Values and bindings as onnxruntime has them. Everything is in the processor's memory, where NumPy's arrays are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .errors import InputError, NotAvailableError

if TYPE_CHECKING:
    from .session import InferenceSession, NodeArg

_NAMES = {"float32": "float", "float64": "double"}
_ONNX_TYPES = ("undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16",
               "double", "uint32", "uint64", "complex64", "complex128", "bfloat16")


def _check_device(device_type: str) -> None:
    if device_type.lower() != "cpu":
        raise NotAvailableError(f"there is no device '{device_type}' for arrays: Slipway's sessions run on the processor, "
                                "give 'cpu'")


class OrtValue:
    """An array, not copied; or what else a run gives (a list, a dict)."""

    def __init__(self, value: Any) -> None:
        self._value = value

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

    @staticmethod
    def from_dlpack(tensor: Any, is_bool_tensor: bool = False) -> OrtValue:
        """Of another library's tensor in the processor's memory; not copied."""
        import numpy

        array = numpy.from_dlpack(tensor)
        return OrtValue(array.view(numpy.bool_) if is_bool_tensor else array)

    def __dlpack__(self, **options: Any) -> Any:
        return self._array().__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self._array().__dlpack_device__()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        import numpy

        array = self._array()
        return numpy.array(array, dtype) if copy else numpy.asarray(array, dtype)

    def numpy(self) -> Any:
        return self._value

    def shape(self) -> list[int]:
        return list(self._array().shape)

    def element_type(self) -> int:
        """As onnx.TensorProto.DataType numbers it."""
        return _ONNX_TYPES.index(_type_name(self._array()))

    def element_type_name(self) -> str:
        return str(self._array().dtype)

    def data_type(self) -> str:
        return _described(self._value)

    def device_name(self) -> str:
        return "cpu"

    def has_value(self) -> bool:
        return self._value is not None

    def is_tensor(self) -> bool:
        return hasattr(self._value, "dtype")

    def is_sparse_tensor(self) -> bool:
        return False

    def is_tensor_sequence(self) -> bool:
        return isinstance(self._value, list) and all(hasattr(item, "dtype") for item in self._value)

    def tensor_size_in_bytes(self) -> int:
        return int(self._array().nbytes)

    def data_ptr(self) -> int:
        return int(self._array().ctypes.data)

    def update_inplace(self, array: Any) -> None:
        self._array()[...] = array

    def _array(self) -> Any:
        if not self.is_tensor():
            raise InputError(f"this value is a {self.data_type()}, not one array: numpy() gives what is in it")
        return self._value


def _type_name(array: Any) -> str:
    name = "string" if array.dtype.kind in "OSU" else str(array.dtype)
    return _NAMES.get(name, name)


def _described(value: Any) -> str:
    """As onnxruntime writes types."""
    if isinstance(value, list):
        return f"seq({_described(value[0]) if value else 'unknown'})"
    if isinstance(value, dict):
        keys = "string" if any(isinstance(key, str) for key in value) else "int64"
        return f"map({keys},tensor(float))"
    return f"tensor({_type_name(value)})"


class IOBinding:
    """Inputs and places for outputs, by name, for InferenceSession.run_with_iobinding()."""

    def __init__(self, session: InferenceSession) -> None:
        self._session = session
        self._inputs: dict[str, Any] = {}
        self._outputs: dict[str, Any] = {}  # None: a new array for each run
        self._results: list[Any] = []

    def bind_cpu_input(self, name: str, array: Any) -> None:
        self._bind_input(name, array)

    def bind_ortvalue_input(self, name: str, value: OrtValue) -> None:
        self._bind_input(name, value.numpy())

    def bind_input(self, name: str, device_type: str, device_id: int, element_type: Any, shape: Sequence[int],
                   buffer_ptr: int) -> None:
        _check_device(device_type)
        self._bind_input(name, _array_at(buffer_ptr, element_type, shape))

    def bind_output(self, name: str, device_type: str = "cpu", device_id: int = 0, element_type: Any = None,
                    shape: Sequence[int] | None = None, buffer_ptr: int | None = None) -> None:
        _check_device(device_type)
        if buffer_ptr is None:
            self._bind_output(name, None)
        elif element_type is None or shape is None:
            raise InputError(f"output '{name}' is bound to memory without its element type and shape: give both")
        else:
            self._bind_output(name, _array_at(buffer_ptr, element_type, shape))

    def bind_ortvalue_output(self, name: str, value: OrtValue) -> None:
        self._bind_output(name, value.numpy())

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
        places = [place for place in self._outputs.values() if place is not None]
        if places and len(places) == len(self._outputs):
            self._session.run_into(self._inputs, self._outputs)
            self._results = places
            return
        self._results = self._session.run(list(self._outputs) or None, self._inputs, run_options)
        for i, (name, place) in enumerate(self._outputs.items()):
            if place is not None:
                _copy_to(place, self._results[i], name)
                self._results[i] = place

    def _bind_input(self, name: str, array: Any) -> None:
        _check_name(name, "input", self._session.get_inputs())
        self._inputs[name] = array

    def _bind_output(self, name: str, place: Any) -> None:
        _check_name(name, "output", self._session.get_outputs())
        self._outputs[name] = place


def _check_name(name: str, kind: str, known: Sequence[NodeArg]) -> None:
    if all(each.name != name for each in known):
        raise InputError(f"the model has no {kind} '{name}': there are {', '.join(each.name for each in known)}")


def _copy_to(place: Any, result: Any, name: str) -> None:
    if getattr(result, "shape", None) != place.shape or result.dtype != place.dtype:
        raise InputError(f"output '{name}' is a {_described(result)} of shape {getattr(result, 'shape', '-')}, the place for "
                         f"it a {_described(place)} of shape {place.shape}")
    place[...] = result


def run_with_ort_values(session: InferenceSession, output_names: Sequence[str] | None,
                        feed: Mapping[str, OrtValue]) -> list[OrtValue]:
    return [OrtValue(made) for made in session.run(output_names, {name: value.numpy() for name, value in feed.items()})]


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
