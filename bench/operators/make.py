"""Writes a model of one node for each row of the tables below, for `./dev bench operators`, each only if it is not there yet.

usage: make.py FOLDER [--only TEXT]
Sizes are those of a robot's tensors: a feature map, a picture, a batch of tokens, some 64 thousand elements.
"""

import argparse
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference

OPSET = 18
TYPES = {"f32": TensorProto.FLOAT, "f64": TensorProto.DOUBLE, "f16": TensorProto.FLOAT16, "i64": TensorProto.INT64,
         "i32": TensorProto.INT32, "i8": TensorProto.INT8, "u8": TensorProto.UINT8, "bool": TensorProto.BOOL}

FLAT = (65536,)
ROWS = (64, 1024)
MAP = (1, 64, 32, 32)
PICTURE = (1, 3, 240, 320)
TOKENS = (1, 128, 256)

UNARY = ("Abs Acos Acosh Asin Asinh Atan Ceil Cos Cosh Elu Erf Exp Floor HardSigmoid HardSwish LeakyRelu Log Mish Neg "
         "Reciprocal Relu Round Selu Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Tan Tanh").split()
BINARY = ("Add", "Sub", "Mul", "Div", "Max", "Min")
COMPARISONS = ("Equal", "Greater", "Less", "GreaterOrEqual")
REDUCTIONS = "ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSumExp ReduceSumSquare".split()


def ints(*values):
    return np.array(values, np.int64)


def floats(*shape, seed=0):
    return (np.random.default_rng(seed).standard_normal(shape) * 0.1).astype(np.float32)


def rows():
    """(name, operator, inputs, attributes): an input is (type, shape), or an array that the model holds, or None."""
    f32 = lambda *shape: ("f32", shape)
    for operator in UNARY:
        yield operator.lower(), operator, [f32(*FLAT)], {}
    for operator in BINARY:
        for kind, type_of in (("f32", np.float32), ("i32", np.int32), ("i64", np.int64)):
            other = type_of(7) if operator == "Div" and kind != "f32" else (kind, FLAT)
            yield f"{operator.lower()}_{kind}", operator, [(kind, FLAT), other], {}
        yield f"{operator.lower()}_a_channel", operator, [f32(*MAP), floats(1, 64, 1, 1)], {}
        yield f"{operator.lower()}_a_row", operator, [f32(*ROWS), f32(64, 1)], {}
        yield f"{operator.lower()}_a_number", operator, [f32(*FLAT), np.float32(0.7)], {}
    for kind in ("u8", "i8", "f64", "f16"):
        yield f"add_{kind}", "Add", [(kind, FLAT)] * 2, {}
    for operator in COMPARISONS:
        for kind in ("f32", "i32", "i64"):
            yield f"{operator.lower()}_{kind}", operator, [(kind, FLAT)] * 2, {}
    yield "equal_a_number_i64", "Equal", [("i64", FLAT), np.array(1, np.int64)], {}
    yield "pow", "Pow", [f32(*FLAT)] * 2, {}
    yield "pow_2", "Pow", [f32(*FLAT), np.float32(2)], {}
    yield "pow_3", "Pow", [f32(*FLAT), np.float32(3)], {}
    yield "mod_f32", "Mod", [f32(*FLAT), np.float32(0.3)], {"fmod": 1}
    yield "mod_i64", "Mod", [("i64", FLAT), np.array(7, np.int64)], {}
    yield "prelu", "PRelu", [f32(*MAP), floats(64, 1, 1)], {}
    yield "clip", "Clip", [f32(*FLAT), np.float32(-1), np.float32(1)], {}
    yield "clip_i32", "Clip", [("i32", FLAT), np.array(0, np.int32), np.array(9, np.int32)], {}
    yield "clip_i64", "Clip", [("i64", FLAT), np.array(0, np.int64), np.array(9, np.int64)], {}
    for operator in ("Abs", "Neg", "Sign"):
        yield f"{operator.lower()}_i32", operator, [("i32", FLAT)], {}
    for operator in ("And", "Or", "Xor"):
        yield operator.lower(), operator, [("bool", FLAT)] * 2, {}
    yield "not", "Not", [("bool", FLAT)], {}
    yield "isnan", "IsNaN", [f32(*FLAT)], {}
    yield "where", "Where", [("bool", FLAT), f32(*FLAT), f32(*FLAT)], {}
    yield "where_mask", "Where", [("bool", (1, 1, 128, 128)), f32(1, 4, 128, 128), np.float32(-1e9)], {}
    yield "where_i64", "Where", [("bool", FLAT), ("i64", FLAT), ("i64", FLAT)], {}

    for operator in REDUCTIONS:
        yield f"{operator.lower()}_rows", operator, [f32(*ROWS), ints(1)], {}
        yield f"{operator.lower()}_columns", operator, [f32(*ROWS), ints(0)], {}
        yield f"{operator.lower()}_pictures", operator, [f32(*MAP), ints(2, 3)], {}
    yield "reducesum_channels", "ReduceSum", [f32(*MAP), ints(1)], {}
    yield "reducemax_channels", "ReduceMax", [f32(*MAP), ints(1)], {}
    for kind in ("i64", "i32"):
        yield f"reducesum_{kind}", "ReduceSum", [(kind, ROWS), ints(1)], {}
        yield f"reducemax_{kind}", "ReduceMax", [(kind, ROWS), ints(1)], {}
    yield "argmax_rows", "ArgMax", [f32(*ROWS)], {"axis": 1}
    yield "argmax_channels", "ArgMax", [f32(1, 21, 60, 80)], {"axis": 1}
    yield "argmin_rows", "ArgMin", [f32(*ROWS)], {"axis": 1}
    for operator in ("Softmax", "LogSoftmax", "Hardmax"):
        yield f"{operator.lower()}_rows", operator, [f32(*ROWS)], {"axis": 1}
        yield f"{operator.lower()}_channels", operator, [f32(1, 21, 60, 80)], {"axis": 1}
    yield "softmax_attention", "Softmax", [f32(1, 4, 128, 128)], {"axis": -1}
    yield "cumsum_rows", "CumSum", [f32(*ROWS), np.array(1, np.int64)], {}
    yield "cumsum_columns", "CumSum", [f32(*ROWS), np.array(0, np.int64)], {}
    yield "topk_10", "TopK", [f32(16, 4096), ints(10)], {}
    yield "topk_100", "TopK", [f32(1, 8400), ints(100)], {}

    yield "layernorm", "LayerNormalization", [f32(*TOKENS), floats(256), floats(256)], {"axis": -1}
    yield "instancenorm", "InstanceNormalization", [f32(*MAP), floats(64), floats(64)], {}
    yield "batchnorm", "BatchNormalization", [f32(*MAP), floats(64), floats(64), floats(64), abs(floats(64)) + 1], {}
    yield "lpnorm", "LpNormalization", [f32(*ROWS)], {"axis": 1}
    yield "lrn", "LRN", [f32(*MAP)], {"size": 5}

    for a, b in (("f32", "i32"), ("f32", "i64"), ("f32", "u8"), ("f32", "f16"), ("f16", "f32"), ("u8", "f32"), ("i32", "f32"),
                 ("i64", "f32"), ("bool", "f32"), ("f32", "bool"), ("i64", "i32"), ("i32", "i64"), ("f32", "f64"),
                 ("i64", "bool"), ("u8", "i32")):
        yield f"cast_{a}_{b}", "Cast", [(a, FLAT)], {"to": TYPES[b]}
    for kind in ("f32", "u8", "i64"):
        yield f"transpose_2d_{kind}", "Transpose", [(kind, (256, 256))], {"perm": [1, 0]}
        yield f"transpose_to_channels_first_{kind}", "Transpose", [(kind, (1, 240, 320, 3))], {"perm": [0, 3, 1, 2]}
        yield f"transpose_to_channels_last_{kind}", "Transpose", [(kind, PICTURE)], {"perm": [0, 2, 3, 1]}
        yield f"concat_channels_{kind}", "Concat", [(kind, MAP)] * 2, {"axis": 1}
        yield f"concat_last_{kind}", "Concat", [(kind, (256, 64))] * 4, {"axis": 1}
        yield f"gather_rows_{kind}", "Gather", [(kind, (1000, 64)), np.arange(0, 1000, 4)], {"axis": 0}
        yield f"slice_{kind}", "Slice", [(kind, (256, 256)), ints(8, 8), ints(248, 248), ints(0, 1)], {}
    yield "transpose_heads", "Transpose", [f32(1, 128, 4, 64)], {"perm": [0, 2, 1, 3]}
    yield "transpose_features_last", "Transpose", [f32(*MAP)], {"perm": [0, 2, 3, 1]}
    yield "slice_every_other", "Slice", [f32(*MAP), ints(0, 0), ints(32, 32), ints(2, 3), ints(2, 2)], {}
    yield "slice_backwards", "Slice", [f32(*ROWS), ints(-1), ints(-100000), ints(1), ints(-1)], {}
    yield "split", "Split", [f32(*ROWS)], {"axis": 1, "num_outputs": 2}
    yield "tile", "Tile", [f32(64, 256), ints(2, 2)], {}
    yield "expand", "Expand", [f32(64, 1, 32), ints(64, 32, 32)], {}
    yield "pad_zeros", "Pad", [f32(*MAP), ints(0, 0, 1, 1, 0, 0, 1, 1)], {}
    yield "pad_reflect", "Pad", [f32(*MAP), ints(0, 0, 1, 1, 0, 0, 1, 1)], {"mode": "reflect"}
    yield "pad_edge", "Pad", [f32(*MAP), ints(0, 0, 1, 1, 0, 0, 1, 1)], {"mode": "edge"}
    yield "gather_columns", "Gather", [f32(256, 256), np.arange(0, 256, 2)], {"axis": 1}
    yield "gatherelements", "GatherElements", [f32(256, 64), np.arange(128 * 64).reshape(128, 64) % 256], {"axis": 0}
    yield "gathernd", "GatherND", [f32(64, 64, 16), np.arange(2048).reshape(1024, 2) % 64], {}
    yield "scatternd", "ScatterND", [f32(256, 64), np.arange(64).reshape(64, 1), f32(64, 64)], {}
    yield "scatterelements", "ScatterElements", [f32(256, 64), np.arange(128 * 64).reshape(128, 64) % 256, f32(128, 64)], {}
    yield "onehot", "OneHot", [("i64", (256,)), np.array(64, np.int64), np.array([0, 1], np.float32)], {}
    yield "trilu", "Trilu", [f32(4, 128, 128)], {"upper": 0}
    yield "depthtospace", "DepthToSpace", [f32(*MAP)], {"blocksize": 2}
    yield "spacetodepth", "SpaceToDepth", [f32(*MAP)], {"blocksize": 2}
    yield "reversesequence", "ReverseSequence", [f32(64, 8, 128), ints(*[64] * 8)], {}

    for mode in ("nearest", "linear", "cubic"):
        yield f"resize_{mode}_double", "Resize", [f32(1, 16, 32, 32), None, np.array([1, 1, 2, 2], np.float32)], {"mode": mode}
        yield f"resize_{mode}_half", "Resize", [f32(*MAP), None, np.array([1, 1, 0.5, 0.5], np.float32)], {"mode": mode}
    yield "resize_corners", "Resize", [f32(1, 21, 30, 40), None, np.array([1, 1, 2, 2], np.float32)], {
        "mode": "linear", "coordinate_transformation_mode": "align_corners"}
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 32), np.linspace(-1, 1, 32)), -1)[None].astype(np.float32)
    yield "gridsample", "GridSample", [f32(*MAP), grid], {}
    yield "maxpool_2", "MaxPool", [f32(*MAP)], {"kernel_shape": [2, 2], "strides": [2, 2]}
    yield "maxpool_3", "MaxPool", [f32(*MAP)], {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1] * 4}
    yield "averagepool_2", "AveragePool", [f32(*MAP)], {"kernel_shape": [2, 2], "strides": [2, 2]}
    yield "averagepool_3", "AveragePool", [f32(*MAP)], {"kernel_shape": [3, 3], "pads": [1] * 4}
    yield "globalaveragepool", "GlobalAveragePool", [f32(*MAP)], {}
    yield "globalmaxpool", "GlobalMaxPool", [f32(*MAP)], {}

    yield "matmul_vector", "MatMul", [f32(1, 512), floats(512, 512)], {}
    yield "matmul_column", "MatMul", [f32(512, 512), f32(512, 1)], {}
    yield "matmul_square", "MatMul", [f32(128, 128), f32(128, 128)], {}
    yield "matmul_batches", "MatMul", [f32(4, 128, 64), f32(4, 64, 128)], {}
    yield "matmul_small", "MatMul", [f32(256, 4, 4), f32(256, 4, 4)], {}
    yield "matmul_tokens", "MatMul", [f32(*TOKENS), floats(256, 256)], {}
    yield "matmul_f64", "MatMul", [("f64", (64, 64))] * 2, {}
    yield "einsum_attention", "Einsum", [f32(1, 128, 4, 64)] * 2, {"equation": "bqhd,bkhd->bhqk"}
    yield "matmulinteger", "MatMulInteger", [("u8", (64, 256)), np.ones((256, 64), np.int8)], {}
    yield "dynamicquantize", "DynamicQuantizeLinear", [f32(*FLAT)], {}
    yield "quantize", "QuantizeLinear", [f32(*FLAT), np.float32(0.05), np.uint8(128)], {}
    yield "dequantize", "DequantizeLinear", [("u8", FLAT), np.float32(0.05), np.uint8(128)], {}

    def conv(name, x, weights, operator="Conv", **attributes):
        spatial = len(weights.shape) - 2
        attributes.setdefault("kernel_shape", list(weights.shape[2:]))
        attributes.setdefault("strides", [1] * spatial)
        return name, operator, [f32(*x), weights, floats(weights.shape[0])][:3 if operator == "Conv" else 2], attributes

    yield conv("conv_3x3", (1, 32, 32, 32), floats(32, 32, 3, 3), pads=[1] * 4)
    yield conv("conv_1x1", MAP, floats(64, 64, 1, 1))
    yield conv("conv_5x5", (1, 16, 32, 32), floats(16, 16, 5, 5), pads=[2] * 4)
    yield conv("conv_dilated", (1, 32, 32, 32), floats(32, 32, 3, 3), pads=[2] * 4, dilations=[2, 2])
    yield conv("conv_depthwise_3", MAP, floats(64, 1, 3, 3), group=64, pads=[1] * 4)
    yield conv("conv_depthwise_7", MAP, floats(64, 1, 7, 7), group=64, pads=[3] * 4)
    yield conv("conv_groups", MAP, floats(64, 8, 3, 3), group=8, pads=[1] * 4)
    yield conv("conv_patches", PICTURE, floats(64, 3, 16, 16), strides=[16, 16])
    yield conv("conv_first", PICTURE, floats(16, 3, 3, 3), strides=[2, 2], pads=[1] * 4)
    yield conv("conv_1d", (1, 64, 128), floats(64, 64, 3), pads=[1, 1])
    yield conv("conv_1d_long", (1, 1, 4096), floats(16, 1, 64), strides=[8])
    yield conv("conv_3d", (1, 8, 8, 16, 16), floats(8, 8, 3, 3, 3), pads=[1] * 6)
    yield conv("conv_asymmetric", (1, 32, 32, 32), floats(32, 32, 1, 7), pads=[0, 3, 0, 3])
    yield conv("convtranspose_2", (1, 32, 16, 16), floats(32, 16, 2, 2), "ConvTranspose", strides=[2, 2])
    yield conv("convtranspose_4", (1, 32, 16, 16), floats(32, 16, 4, 4), "ConvTranspose", strides=[2, 2], pads=[1] * 4)
    for operator, gates in (("LSTM", 4), ("GRU", 3), ("RNN", 1)):
        yield operator.lower(), operator, [f32(20, 1, 25), floats(1, gates * 64, 25), floats(1, gates * 64, 64)], {"hidden_size": 64}
        yield f"{operator.lower()}_both_ways", operator, [f32(20, 1, 32), floats(2, gates * 32, 32), floats(2, gates * 32, 32)], {
            "hidden_size": 32, "direction": "bidirectional"}


def outputs_of(operator):
    return {"TopK": 2, "Split": 2, "DynamicQuantizeLinear": 3}.get(operator, 1)


def write(path, name, operator, inputs, attributes):
    names, initializers, given = [], [], []
    for i, value in enumerate(inputs):
        names.append("" if value is None else f"x{i}")
        if isinstance(value, tuple):
            given.append(helper.make_tensor_value_info(f"x{i}", TYPES[value[0]], value[1]))
        elif value is not None:
            initializers.append(numpy_helper.from_array(np.asarray(value), f"x{i}"))
    results = [f"y{i}" for i in range(outputs_of(operator))]
    node = helper.make_node(operator, names, results, **attributes)
    unknown = [onnx.ValueInfoProto(name=result) for result in results]
    graph = helper.make_graph([node], name, given, unknown, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    inferred = {value.name: value for value in shape_inference.infer_shapes(model, strict_mode=True).graph.output}
    for value in graph.output:
        value.CopyFrom(inferred[value.name])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name, operator, inputs, attributes in rows():
        path = arguments.folder / f"{name}.onnx"
        if arguments.only in name and not path.exists():
            write(path, name, operator, inputs, attributes)


main()
