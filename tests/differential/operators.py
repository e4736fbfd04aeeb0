"""The operators that random graphs are made of: how to propose one, on which types, and how close is right.

One row each. `rtol` and `atol` hold for single precision: an element may differ from ONNX Runtime by
rtol * |element| + atol * max(1, largest |element|). Both 0 says that the arithmetic is exact or rounds once, so that
there is one right answer. Double precision is held to the same, half precision to HALF on top. Integers and booleans
must be equal.
"""

import dataclasses

import elementwise as e
import linear as l
import ml
import movement as m
import recurrent as r
import reduce as n
import special as s
from draft import ALL, BOOL, FLOATS, INDICES, INTEGERS, NUMBERS, SIGNED, SINGLE, SINGLES, UNSIGNED

HALF = 1e-3
MIXED = ("float32", "float64", "int32", "int64")
BYTES = ("int8", "uint8")


@dataclasses.dataclass(frozen=True)
class Operator:
    name: str
    make: object
    types: tuple
    rtol: float = 0.0
    atol: float = 0.0
    since: int = 7
    until: int = 99
    domain: str = ""

    def tolerance(self, type_name):
        if type_name == "float16" and (self.rtol or self.atol):
            return self.rtol + HALF, self.atol + HALF
        return self.rtol, self.atol


def ml_operator(name, make, types, **more):
    return Operator(name, make, types, domain="ai.onnx.ml", **more)


# A transcendental of one element; another that calls it; a sum of a few dozen products, or a difference that cancels.
SMOOTH = {"rtol": 2e-6, "atol": 1e-7}
LOOSE = {"rtol": 1e-5, "atol": 1e-6}
SUM = {"rtol": 2e-6, "atol": 2e-6}
NORM = {"rtol": 1e-5, "atol": 1e-5}  # a small deviation magnifies the rounding of the mean; Fourier sums cancel

OPERATORS = [
    # Element by element.
    Operator("Abs", e.unary(), SIGNED + FLOATS),
    Operator("Neg", e.unary(), ("int8", "int32", "int64") + FLOATS),
    Operator("Sign", e.unary(), NUMBERS, since=9),
    Operator("Floor", e.unary(), FLOATS),
    Operator("Ceil", e.unary(), FLOATS),
    Operator("Round", e.unary(), FLOATS, since=11),
    Operator("Sqrt", e.unary(low=0.05), FLOATS),
    Operator("Reciprocal", e.unary(low=0.2), FLOATS),
    Operator("Exp", e.unary(high=4), FLOATS, **SMOOTH),
    Operator("Log", e.unary(low=0.1), FLOATS, **SMOOTH),
    Operator("Sin", e.unary(-8, 8), SINGLES, **SMOOTH),
    Operator("Cos", e.unary(-8, 8), SINGLES, **SMOOTH),
    Operator("Tan", e.unary(-1.4, 1.4), SINGLE, **SMOOTH),
    Operator("Asin", e.unary(-0.95, 0.95), SINGLE, **SMOOTH),
    Operator("Acos", e.unary(-0.95, 0.95), SINGLE, **SMOOTH),
    Operator("Atan", e.unary(), SINGLE, **SMOOTH),
    Operator("Sinh", e.unary(-4, 4), SINGLE, since=9, **SMOOTH),
    Operator("Cosh", e.unary(-4, 4), SINGLE, since=9, **SMOOTH),
    Operator("Asinh", e.unary(), SINGLE, since=9, **SMOOTH),
    Operator("Acosh", e.unary(low=1.1), SINGLE, since=9, **SMOOTH),
    Operator("Atanh", e.unary(-0.95, 0.95), SINGLE, since=9, **SMOOTH),
    Operator("Tanh", e.unary(), FLOATS, **SMOOTH),
    Operator("Sigmoid", e.unary(), FLOATS, **SMOOTH),
    Operator("Erf", e.unary(), SINGLE, since=9, **SMOOTH),
    Operator("Relu", e.unary(), FLOATS + ("int8", "int32")),
    Operator("LeakyRelu", e.unary(alpha=(0.01, 0.5)), FLOATS),
    Operator("Elu", e.unary(alpha=(0.2, 2)), SINGLES, **SUM),
    Operator("Selu", e.unary(alpha=(1, 2), gamma=(0.5, 1.5)), SINGLES, **SUM),
    Operator("Celu", e.unary(alpha=(0.5, 2)), SINGLE, since=12, **SUM),
    Operator("Softplus", e.unary(), SINGLES, **SMOOTH),
    Operator("Softsign", e.unary(), SINGLES, **SMOOTH),
    Operator("HardSigmoid", e.unary(alpha=(0.1, 0.5), beta=(0.2, 0.6)), SINGLES, **SMOOTH),
    Operator("HardSwish", e.unary(), SINGLE, since=14, **SMOOTH),
    Operator("ThresholdedRelu", e.unary(alpha=(0.1, 2)), SINGLE, since=10),
    Operator("Shrink", e.unary(bias=(0, 1), lambd=(0.1, 1)), ("float32", "int32"), since=9),
    Operator("Gelu", e.unary(), SINGLE, since=20, **SUM),
    Operator("Mish", e.unary(), SINGLES, since=18, **SUM),
    Operator("IsNaN", e.special_floats, FLOATS, since=9),
    Operator("IsInf", e.special_floats, SINGLES, since=10),
    Operator("Not", e.unary(), BOOL),
    Operator("Identity", e.unary(), ALL),
    Operator("BitwiseNot", e.unary(), INTEGERS, since=18),
    Operator("Add", e.binary(), NUMBERS),
    Operator("Sub", e.binary(), NUMBERS),
    Operator("Mul", e.binary(), NUMBERS),
    Operator("Div", e.divide, NUMBERS),
    Operator("Mod", e.modulo, NUMBERS, since=10),
    Operator("Pow", e.power, MIXED, **SMOOTH),
    Operator("Min", e.variadic, NUMBERS, since=8),
    Operator("Max", e.variadic, NUMBERS, since=8),
    Operator("Sum", e.variadic, SINGLES, since=8, **SMOOTH),
    Operator("Mean", e.variadic, SINGLE, since=8, **SMOOTH),
    Operator("And", e.binary(), BOOL),
    Operator("Or", e.binary(), BOOL),
    Operator("Xor", e.binary(), BOOL),
    Operator("Equal", e.compare, ALL),
    Operator("Less", e.compare, NUMBERS),
    Operator("LessOrEqual", e.compare, NUMBERS, since=12),
    Operator("Greater", e.compare, NUMBERS),
    Operator("GreaterOrEqual", e.compare, NUMBERS, since=12),
    Operator("BitShift", e.bit_shift, UNSIGNED, since=11),
    Operator("BitwiseAnd", e.binary(), INTEGERS, since=18),
    Operator("BitwiseOr", e.binary(), INTEGERS, since=18),
    Operator("BitwiseXor", e.binary(), INTEGERS, since=18),
    Operator("PRelu", e.prelu, SINGLES + ("int32", "int64")),
    Operator("Clip", e.clip, NUMBERS),
    Operator("Where", e.where, ALL, since=9),
    Operator("Cast", e.cast, ALL, since=9),
    Operator("CastLike", e.cast_like, ALL, since=15),
    # Products, convolutions, pooling.
    Operator("MatMul", l.matmul, FLOATS + ("int32", "int64", "uint32"), **SUM),
    Operator("Gemm", l.gemm, FLOATS, **SUM),
    Operator("Einsum", l.einsum, MIXED, since=12, **SUM),
    Operator("Conv", l.conv, SINGLE, **SUM),
    Operator("ConvTranspose", l.conv_transpose, SINGLE, **SUM),
    Operator("MaxPool", l.max_pool, SINGLES + BYTES),
    Operator("AveragePool", l.average_pool, SINGLE, **SUM),
    Operator("LpPool", l.lp_pool, SINGLE, **LOOSE),
    Operator("GlobalAveragePool", l.global_pool, SINGLE, **SUM),
    Operator("GlobalMaxPool", l.global_pool, SINGLES),
    Operator("MatMulInteger", l.matmul_integer, BYTES, since=10),
    Operator("ConvInteger", l.conv_integer, ("uint8",), since=10),
    Operator("QLinearMatMul", l.qlinear_matmul, BYTES, since=10),
    Operator("QLinearConv", l.qlinear_conv, BYTES, since=10),
    Operator("QuantizeLinear", l.quantize, SINGLE, since=10),
    Operator("DequantizeLinear", l.dequantize, BYTES + ("int32",), since=10),
    Operator("DynamicQuantizeLinear", l.dynamic_quantize, SINGLE, since=11, **SMOOTH),
    # Reductions and normalisations.
    Operator("ReduceSum", n.reduce(13), MIXED, **SUM),
    Operator("ReduceMean", n.reduce(18), MIXED[:3], **SUM),
    Operator("ReduceMax", n.reduce(18), MIXED + BYTES),
    Operator("ReduceMin", n.reduce(18), MIXED + BYTES),
    Operator("ReduceProd", n.reduce(18), MIXED, **LOOSE),
    Operator("ReduceL1", n.reduce(18), ("float32", "int32"), **SUM),
    Operator("ReduceL2", n.reduce(18), ("float32",), **SUM),
    Operator("ReduceSumSquare", n.reduce(18), ("float32", "float64", "int32"), **SUM),
    Operator("ReduceLogSum", n.reduce(18, low=0.1), SINGLE, **LOOSE),
    Operator("ReduceLogSumExp", n.reduce(18), SINGLES, **LOOSE),
    Operator("ArgMax", n.arg, ("float32", "float64", "int32", "int8", "uint8")),
    Operator("ArgMin", n.arg, ("float32", "float64", "int32", "int8", "uint8")),
    Operator("CumSum", n.cumulative_sum, MIXED, since=11, **SUM),
    Operator("Softmax", n.along_axis, FLOATS, **SMOOTH),
    Operator("LogSoftmax", n.along_axis, SINGLES, **LOOSE),
    Operator("Hardmax", n.along_axis, SINGLE),
    Operator("LpNormalization", n.lp_normalization, SINGLES, **LOOSE),
    Operator("LayerNormalization", n.layer_norm, FLOATS, since=17, **NORM),
    Operator("RMSNormalization", n.layer_norm, FLOATS, since=23, **NORM),
    Operator("InstanceNormalization", n.instance_norm, SINGLE, **NORM),
    Operator("GroupNormalization", n.group_norm, SINGLE, since=18, **NORM),
    Operator("BatchNormalization", n.batch_norm, SINGLES, since=9, **NORM),
    Operator("MeanVarianceNormalization", n.mean_variance_norm, SINGLE, since=9, **NORM),
    Operator("LRN", n.local_response_norm, SINGLE, **LOOSE),
    # Movement and selection.
    Operator("Reshape", m.reshape, ALL),
    Operator("Transpose", m.transpose, ALL),
    Operator("Flatten", m.flatten, ALL),
    Operator("Squeeze", m.squeeze, ALL),
    Operator("Unsqueeze", m.unsqueeze, ALL),
    Operator("Concat", m.concat, ALL),
    Operator("Split", m.split, ALL),
    Operator("Slice", m.slice_, ALL),
    Operator("Gather", m.gather, ALL),
    Operator("GatherElements", m.gather_elements, ALL, since=11),
    Operator("GatherND", m.gather_nd, ALL, since=11),
    Operator("ScatterND", m.scatter_nd, ALL, since=11),
    Operator("ScatterElements", m.scatter_elements, ALL, since=11),
    Operator("Pad", m.pad, FLOATS + ("int32", "int64", "uint8", "int8")),
    Operator("Expand", m.expand, ALL, since=8),
    Operator("Tile", m.tile, ALL),
    Operator("DepthToSpace", m.depth_to_space, SINGLES + ("uint8",)),
    Operator("SpaceToDepth", m.space_to_depth, SINGLES),
    Operator("Trilu", m.trilu, SINGLES + ("int64", "bool"), since=14),
    Operator("ReverseSequence", m.reverse_sequence, NUMBERS, since=10),
    Operator("Shape", m.shape_of, ALL),
    Operator("Size", m.shape_of, ALL),
    Operator("NonZero", m.non_zero, SINGLE + ("int32", "int64", "uint8", "bool"), since=9),
    Operator("Compress", m.compress, ALL, since=9),
    Operator("OneHot", m.one_hot, ("int32", "int64"), since=9),
    Operator("EyeLike", m.eye_like, MIXED, since=9),
    Operator("Range", m.range_, MIXED + ("int16",), since=11, **SMOOTH),  # the reference adds up, we multiply
    Operator("ConstantOfShape", m.constant_of_shape, ALL, since=9),
    Operator("TopK", m.top_k, SINGLES + INDICES),
    Operator("Unique", m.unique, SINGLES + ("int64", "int8"), since=11),
    Operator("Resize", m.resize, SINGLE + ("int8", "uint8", "int32"), since=10, **LOOSE),
    Operator("Upsample", m.upsample, SINGLE + ("uint8",), until=9, **LOOSE),
    Operator("GridSample", m.grid_sample, SINGLE, since=16, **LOOSE),
    # Recurrence and control flow.
    Operator("LSTM", r.recurrent, SINGLE, **LOOSE),
    Operator("GRU", r.recurrent, SINGLE, **LOOSE),
    Operator("RNN", r.recurrent, SINGLE, **LOOSE),
    Operator("If", r.if_, SINGLES + ("int32", "int64"), since=11),
    Operator("Loop", r.loop, SINGLES, since=11),
    Operator("Scan", r.scan, SINGLES + ("int32", "int64"), since=9),
    # Detection, signals, attention, losses.
    Operator("Det", s.determinant, SINGLE, since=11, **LOOSE),
    Operator("Dropout", s.dropout, SINGLES),
    Operator("GlobalLpPool", s.global_lp_pool, SINGLE, **LOOSE),
    Operator("CenterCropPad", s.center_crop_pad, SINGLES + INDICES, since=18),
    Operator("Col2Im", s.col2im, SINGLE, since=18, **SUM),
    Operator("RoiAlign", s.roi_align, SINGLE, since=10, **LOOSE),
    Operator("MaxRoiPool", s.max_roi_pool, SINGLE),
    Operator("NonMaxSuppression", s.non_max_suppression, SINGLE, since=10),
    Operator("MaxUnpool", s.max_unpool, SINGLE, since=9),
    Operator("AffineGrid", s.affine_grid, SINGLE, since=20, **SUM),
    Operator("DeformConv", s.deform_conv, SINGLE, since=19, **LOOSE),
    Operator("HannWindow", s.signal_window, SINGLE, since=17, **LOOSE),
    Operator("HammingWindow", s.signal_window, SINGLE, since=17, **LOOSE),
    Operator("BlackmanWindow", s.signal_window, SINGLE, since=17, **LOOSE),
    Operator("DFT", s.dft, SINGLE, since=17, **NORM),
    Operator("STFT", s.stft, SINGLE, since=17, **NORM),
    Operator("MelWeightMatrix", s.mel_weight_matrix, SINGLE, since=17, **LOOSE),
    Operator("Attention", s.attention, SINGLE, since=23, **LOOSE),
    Operator("RotaryEmbedding", s.rotary_embedding, SINGLE, since=23, **SUM),
    Operator("Swish", e.unary(alpha=(0.5, 2)), SINGLE, since=24, **SUM),
    Operator("NegativeLogLikelihoodLoss", s.loss, SINGLE, since=12, **SUM),
    Operator("SoftmaxCrossEntropyLoss", s.loss, SINGLE, since=12, **LOOSE),
    # ai.onnx.ml.
    ml_operator("Scaler", ml.scaler, MIXED, **SMOOTH),
    ml_operator("Normalizer", ml.normalizer, MIXED, **SUM),
    ml_operator("Binarizer", ml.binarizer, SINGLE),
    ml_operator("Imputer", ml.imputer, ("float32", "int64")),
    ml_operator("ArrayFeatureExtractor", ml.array_feature_extractor, MIXED),
    ml_operator("OneHotEncoder", ml.one_hot_encoder, ("int64", "float32", "float64")),
    ml_operator("LabelEncoder", ml.label_encoder, ("int64", "float32")),
    ml_operator("FeatureVectorizer", ml.feature_vectorizer, MIXED),
    ml_operator("LinearRegressor", ml.linear_regressor, SINGLE, **SUM),
    ml_operator("LinearClassifier", ml.linear_classifier, SINGLE + INDICES, **SUM),
    ml_operator("SVMRegressor", ml.svm_regressor, SINGLE, **LOOSE),
    ml_operator("SVMClassifier", ml.svm_classifier, SINGLE, **LOOSE),
    ml_operator("TreeEnsembleRegressor", ml.tree_regressor, SINGLES, **SUM),
    ml_operator("TreeEnsembleClassifier", ml.tree_classifier, SINGLES + ("int64",), **SUM),
]
