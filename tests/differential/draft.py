"""A random graph while it grows. Every node is run in ONNX Runtime as it is added.

So the types, shapes and values of everything so far are known, and a node that the reference does not implement,
or that makes values no comparison could use, is refused before it is part of the graph. Each value carries how far
a right answer may lie from the reference, element by element: a node's own tolerance, plus what the uncertainty of
its inputs does to its outputs, found by running it again on inputs that are a little off. An output that would jump
(a rounding, a comparison, an index) is refused, so that integers can be compared exactly.
"""

import dataclasses
import math

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

ML_OPSET = 3
MAX_ELEMENTS = 4096
MAX_MAGNITUDE = 1e3
MAX_INTEGER = 2**30  # beyond it int32 may have overflowed on the way, which is not defined
MAX_RELATIVE_ERROR = 5e-3
SHIFTED_RUNS = 8  # a jump goes unnoticed if none happens to make it
SHIFT = 4.0  # by how many of their errors to move the inputs

NAME_PREFIX = {"input": "in", "initializer": "w", "node": "v"}

FLOATS = ("float32", "float64", "float16")
SINGLE = ("float32",)
SINGLES = ("float32", "float64")
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = SIGNED + UNSIGNED
INDICES = ("int32", "int64")
NUMBERS = FLOATS + INTEGERS
BOOL = ("bool",)
ALL = NUMBERS + BOOL


@dataclasses.dataclass(eq=False)
class Value:
    array: np.ndarray
    kind: str  # "input", "initializer" or "node": where it comes from
    error: np.ndarray | float = 0.0
    name: str = ""

    @property
    def shape(self):
        return self.array.shape

    @property
    def rank(self):
        return self.array.ndim

    @property
    def type(self):
        return self.array.dtype.name

    @property
    def finite(self):
        return self.array.dtype.kind != "f" or bool(np.isfinite(self.array).all())

    @property
    def exact(self):
        return not np.any(self.error)


@dataclasses.dataclass
class Node:
    """What a maker proposes. `captured` are values that a subgraph in `attributes` uses by name."""

    inputs: list  # of Value or None
    attributes: dict = dataclasses.field(default_factory=dict)
    outputs: int = 1
    captured: list = dataclasses.field(default_factory=list)


class Refused(Exception):
    """This proposal cannot be part of the graph; another one may."""


class Draft:
    def __init__(self, rng, opset):
        self.rng = rng
        self.opset = opset
        self.values = []
        self.nodes = []  # (operator row, Node, output values)
        self.proposed = 0

    # Random choices.

    def chance(self, probability):
        return self.rng.random() < probability

    def choose(self, options):
        return options[int(self.rng.integers(len(options)))]

    def integer(self, low, high):
        """Both ends included."""
        return int(self.rng.integers(low, high + 1))

    def uniform(self, low, high):
        return float(np.float32(self.rng.uniform(low, high)))

    def shape(self, low_rank=0, high_rank=4, high_size=5):
        return tuple(self.integer(1, high_size) for _ in range(self.integer(low_rank, high_rank)))

    def numbers(self, type_name, shape, low=None, high=None):
        """Random numbers; floats of either a coarse grid, where sums are exact and ties occur, or any."""
        dtype = np.dtype(type_name)
        if dtype == bool:
            return self.rng.integers(0, 2, shape).astype(bool)
        if dtype.kind in "iu":
            low = (0 if dtype.kind == "u" else -9) if low is None else low
            high = 12 if high is None else high
            return self.rng.integers(math.ceil(low), math.floor(high) + 1, shape).astype(dtype)
        low, high = -4 if low is None else low, 4 if high is None else high
        array = self.rng.uniform(low, high, shape)
        if self.chance(0.4):
            array = np.clip(np.round(array * 8) / 8, low, high)
        return np.asarray(array).astype(dtype)

    # Values to use.

    def fresh(self, type_name, shape, low=None, high=None):
        kind = "input" if not self.values or self.chance(0.6) else "initializer"
        return Value(self.numbers(type_name, shape, low, high), kind)

    def constant(self, array):
        return Value(np.asarray(array), "initializer")

    def weight(self, type_name, shape, low=-1, high=1):
        low = max(low, 0) if np.dtype(type_name).kind == "u" else low
        return self.weight_of(self.numbers(type_name, shape, low, high))

    def weight_of(self, array):
        return Value(np.asarray(array), "initializer" if self.chance(0.7) else "input")

    def pick(self, types, low_rank=0, high_rank=5, low=None, high=None):
        """A value that the graph has, or a new one: of one of `types`, all elements from `low` to `high`."""
        def fits(value):
            if value.kind == "initializer" or not value.finite or not low_rank <= value.rank <= high_rank:
                return False
            inside = ((low is None or value.array.min() >= low) and (high is None or value.array.max() <= high)
                      if value.type != "bool" else True)
            return value.type in types and inside

        found = [value for value in self.values if fits(value)]
        if found and self.chance(0.85):
            return found[-1 - min(int(self.rng.exponential(2.0)), len(found) - 1)]
        common = [name for name in types if name in ("float32", "int64", "int32", "uint8")]
        name = self.choose(common) if common and self.chance(0.5) else self.choose(types)
        return self.fresh(name, self.shape(low_rank, min(high_rank, max(low_rank, 4))), low, high)

    def partner(self, value, type_name=None, low=None, high=None):
        """A value of a shape that broadcasts with that of `value`."""
        type_name = type_name or value.type
        if low is None and high is None and self.chance(0.4):
            found = [other for other in self.values if other.type == type_name and other.finite
                     and other is not value and can_broadcast(other.shape, value.shape)]
            if found:
                return self.choose(found)
        shape = [1 if self.chance(0.25) else size for size in value.shape]
        shape = shape[self.integer(0, len(shape)) if self.chance(0.3) else 0:]
        if self.chance(0.1) and value.rank < 4:
            shape = [2] + [1] * (value.rank - len(shape)) + shape
        return self.fresh(type_name, tuple(shape), low, high)

    def axis(self, rank):
        """Any axis of a tensor of that rank, counted from either end where the opset knows that."""
        return self.integer(-rank if self.opset >= 11 else 0, rank - 1)

    # Growing.

    def add(self, row, node):
        """Adds the node, or raises Refused with the reason."""
        self.proposed += 1
        used = [value for value in (*node.inputs, *node.captured) if value is not None]
        outputs = [np.asarray(array) for array in run_node(row, node, self.opset, [v.array for v in used])]
        errors = [errors_of(row, array) for array in outputs]
        for array, error in zip(outputs, errors):
            check_usable(array, error)
        if not all(value.exact for value in used):
            for _ in range(SHIFTED_RUNS):
                other_outputs = run_node(
                    row, node, self.opset, [moved_array(self.rng, value) for value in used])
                for index, (array, other) in enumerate(zip(outputs, other_outputs)):
                    errors[index] = errors[index] + spread(array, other) * (1.5 / SHIFT / SHIFTED_RUNS)
            for array, error in zip(outputs, errors):
                check_usable(array, error)
        for value in used:
            if not value.name:
                self._register(value, value.kind)
        made = [self._register(Value(array, "node", error), "node") for array, error in zip(outputs, errors)]
        self.nodes.append((row, node, made))

    def _register(self, value, kind):
        value.name = f"{NAME_PREFIX[kind]}{len(self.values)}"
        self.values.append(value)
        return value

    def sinks(self):
        """The values that no node uses, which are the graph's outputs."""
        used = {id(value) for _, node, _ in self.nodes for value in (*node.inputs, *node.captured)}
        return [value for value in self.values if value.kind == "node" and id(value) not in used]

    def inputs(self):
        return [value for value in self.values if value.kind == "input"]

    def model(self, outputs, symbolic=None):
        """As a ModelProto. `symbolic(value, axis)` says which dimensions of inputs are declared by a name only."""
        nodes = [to_proto(row, node, [value.name for value in made], f"{row.name}_{index}")
                 for index, (row, node, made) in enumerate(self.nodes)]
        return to_model(nodes, self.inputs(), outputs,
                        [value for value in self.values if value.kind == "initializer"], self.opset, symbolic)


def can_broadcast(one, other):
    return all(a == b or a == 1 or b == 1 for a, b in zip(reversed(one), reversed(other)))


def errors_of(row, array):
    """The tolerance of the node itself, given right inputs."""
    if array.dtype.kind != "f":
        return 0.0
    rtol, atol = row.tolerance(array.dtype.name)
    if rtol == 0 and atol == 0:
        return 0.0
    size = np.abs(array.astype(np.float64))
    return rtol * size + atol * max(1.0, float(size.max(initial=0.0)))


def moved_array(rng, value):
    if value.exact:
        return value.array
    error = np.asarray(value.error) * SHIFT
    moved = value.array.astype(np.float64) + error * rng.choice([-1.0, 1.0, 0.5], value.shape)
    return np.asarray(moved, value.array.dtype)


def spread(array, other):
    """How far apart the outputs of two runs are, never less than their mean distance."""
    if array.shape != other.shape:
        raise Refused("the shape depends on values that are not exact")
    if array.dtype.kind != "f":
        if not np.array_equal(array, other):
            raise Refused("values jump")
        return 0.0
    distance = np.abs(array.astype(np.float64) - other.astype(np.float64))
    return np.maximum(distance, distance.mean()) if distance.size else 0.0


def check_usable(array, error):
    if array.dtype.kind not in "fiub":
        raise Refused(f"values of type {array.dtype}")
    if not 0 < array.size <= MAX_ELEMENTS:
        raise Refused(f"{array.size} elements")
    if array.dtype in (np.int32, np.int64) and np.abs(array.astype(np.float64)).max() > MAX_INTEGER:
        raise Refused("large")
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise Refused("not finite")
        largest = float(np.abs(array.astype(np.float64)).max())
        if largest > MAX_MAGNITUDE:
            raise Refused("large")
        if np.max(error) > MAX_RELATIVE_ERROR * max(largest, 0.1) * (8 if array.dtype == np.float16 else 1):
            raise Refused("uncertain")


def to_proto(row, node, outputs, name=""):
    inputs = [value.name if value is not None else "" for value in node.inputs]
    while inputs and not inputs[-1]:
        inputs.pop()
    return helper.make_node(row.name, inputs, outputs, name=name, domain=row.domain, **node.attributes)


def to_model(nodes, inputs, outputs, initializers, opset, symbolic=None):
    def info(value, with_shape):
        dims = [f"{value.name}_{axis}" if symbolic and symbolic(value, axis) else size
                for axis, size in enumerate(value.shape)]
        return helper.make_tensor_value_info(
            value.name, helper.np_dtype_to_tensor_dtype(value.array.dtype), dims if with_shape else None)

    graph = helper.make_graph(
        nodes, "random", [info(value, True) for value in inputs], [info(value, False) for value in outputs],
        [numpy_helper.from_array(value.array, value.name) for value in initializers])
    model = helper.make_model(graph, opset_imports=[
        helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", ML_OPSET)])
    model.ir_version = 10
    return model


def session_of(model):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    data = model if isinstance(model, bytes) else model.SerializeToString()
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def run_node(row, node, opset, arrays):
    """The outputs of one node on these arrays, in the order of its inputs and captured values."""
    used = [value for value in (*node.inputs, *node.captured) if value is not None]
    stand_ins = {}
    for index, (value, array) in enumerate(zip(used, arrays)):
        stand_ins.setdefault(id(value), Value(array, value.kind, name=value.name or f"x{index}"))
    renamed = dataclasses.replace(
        node, inputs=[None if value is None else stand_ins[id(value)] for value in node.inputs])
    unique = list(stand_ins.values())
    names = [f"y{index}" for index in range(node.outputs)]
    try:
        proto = to_proto(row, renamed, names)
        placeholders = [helper.make_empty_tensor_value_info(name) for name in names]
        model = to_model([proto], [v for v in unique if v.kind != "initializer"], [],
                         [v for v in unique if v.kind == "initializer"], opset)
        model.graph.output.extend(placeholders)
        return session_of(model).run(names, {v.name: v.array for v in unique if v.kind != "initializer"})
    except Exception as error:  # the reference has no common base class for its refusals
        raise Refused(f"reference: {str(error).strip().splitlines()[0][:160]}") from error
