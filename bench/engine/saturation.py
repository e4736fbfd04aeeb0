#!/usr/bin/env python3
"""Says whether ONNX Runtime's products of bytes are exact on this processor.

usage: saturation.py

Without VNNI the quickest instruction for them keeps the sum of two products in 16 bits: 255 * 127 * 2 does not fit, and
the greatest number that does takes its place.
"""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

CHANNELS = 64
SCALE = 20000
ZERO = 128
X, W = 255, 127


def model():
    constants = {"x_scale": np.float32(1), "x_zero": np.uint8(0), "w": np.full((16, CHANNELS, 1, 1), W, np.int8),
                 "w_scale": np.float32(1), "w_zero": np.int8(0), "y_scale": np.float32(SCALE), "y_zero": np.uint8(ZERO)}
    node = helper.make_node("QLinearConv", ["x", *constants], ["y"])
    declared = [helper.make_tensor_value_info(name, TensorProto.UINT8, [1, channels, 8, 8])
                for name, channels in (("x", CHANNELS), ("y", 16))]
    graph = helper.make_graph([node], "products", declared[:1], declared[1:],
                              [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def sum_and_exact():
    """What ONNX Runtime makes of the sum, and what it is."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model().SerializeToString(), options, providers=["CPUExecutionProvider"])
    y = session.run(None, {"x": np.full((1, CHANNELS, 8, 8), X, np.uint8)})[0]
    return int(y.flat[0]), ZERO + round(CHANNELS * X * W / SCALE)


def main():
    given, exact = sum_and_exact()
    if given == exact:
        print("products of bytes: exact in ONNX Runtime, too")
    else:
        print(f"products of bytes: ONNX Runtime saturates here, {CHANNELS} times {X} x {W} comes to {given} where {exact} is"
              " right; its int8 rows are of such sums, and slower with its option that avoids it")


if __name__ == "__main__":
    main()
