"""ONNX Runtime with exact products of bytes.

Without VNNI its products of unsigned with signed bytes saturate (bench/engine/saturation.py). Those of unsigned bytes do
not: there, weights go as unsigned ones with 128 added to them and to their zero point, which are the same numbers.
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench" / "engine"))

import saturation  # noqa: E402

# Where the data's zero point, the weights and their zero point stand among a node's inputs.
WEIGHTS = {"QLinearConv": (2, 3, 5), "ConvInteger": (2, 1, 3), "MatMulInteger": (2, 1, 3)}


def saturates():
    if not hasattr(saturates, "answer"):
        given, exact = saturation.sum_and_exact()
        saturates.answer = given != exact
    return saturates.answer


def session(path, optimised=True):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    path = pathlib.Path(path)
    if saturates():
        model = onnx.load(path)
        if with_unsigned_weights(model):
            path = path.with_suffix(".unsigned.onnx")
            onnx.save(model, path)
        elif not any(node.op_type in WEIGHTS for node in model.graph.node):  # what its optimiser makes of Q/DQ
            options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def with_unsigned_weights(model):
    """Whether there were signed ones."""
    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    changed = 0
    for node in graph.node:
        data_zero, weights, zero = WEIGHTS.get(node.op_type, (None, None, None))
        if weights is None or node.input[weights] not in constants:
            continue
        if len(node.input) > data_zero and node.input[data_zero] in constants:
            if constants[node.input[data_zero]].data_type == onnx.TensorProto.INT8:
                continue  # signed by signed is exact
        values = onnx.numpy_helper.to_array(constants[node.input[weights]])
        if values.dtype != np.int8:
            continue
        zeros = np.int8(0)
        if len(node.input) > zero and node.input[zero]:
            zeros = onnx.numpy_helper.to_array(constants[node.input[zero]])
        while len(node.input) <= zero:
            node.input.append("")
        for index, array in ((weights, values), (zero, zeros)):
            name = f"unsigned_{changed}_{index}"
            unsigned = (np.asarray(array, np.int16) + 128).astype(np.uint8)
            graph.initializer.append(onnx.numpy_helper.from_array(unsigned, name))
            node.input[index] = name
        changed += 1
    return changed > 0
