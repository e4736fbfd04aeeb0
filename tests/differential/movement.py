"""Proposals for operators that move values: reshaping, selecting, padding, resizing."""

import math

import numpy as np

from draft import Node, Refused
from elementwise import refuse_near_zero


def integers(g, values, type_name="int64"):
    return g.constant(np.array(values, type_name))


def given(g, x, name, values, input_since):
    """A node on `x` that takes whole numbers as an attribute before opset `input_since`, then as an input."""
    if g.opset < input_since:
        return Node([x], {name: values})
    return Node([x, integers(g, values)])


def factors(g, count):
    """Two or three sizes with that product."""
    sizes = []
    for _ in range(g.integer(1, 2)):
        size = g.choose([size for size in range(1, count + 1) if count % size == 0])
        sizes.append(size)
        count //= size
    return sizes + [count]


def reshape(g, row):
    x = g.pick(row.types)
    sizes = factors(g, x.array.size)
    if g.chance(0.5):
        sizes[g.integer(0, len(sizes) - 1)] = -1
    elif x.rank and sizes[0] == x.shape[0]:
        sizes[0] = 0
    return Node([x, integers(g, sizes)])


def transpose(g, row):
    x = g.pick(row.types, low_rank=1)
    return Node([x], {"perm": g.rng.permutation(x.rank).tolist()} if g.chance(0.8) else {})


def flatten(g, row):
    x = g.pick(row.types, low_rank=1)
    return Node([x], {"axis": g.integer(-x.rank if g.opset >= 11 else 0, x.rank)} if g.chance(0.8) else {})


def squeeze(g, row):
    x = g.pick(row.types, low_rank=1)
    ones = [axis for axis, size in enumerate(x.shape) if size == 1]
    if not ones:
        x, ones = g.fresh(g.choose(row.types), (1, *g.shape(0, 2), 1)), [0, -1 if g.opset >= 11 else 0]
    return given(g, x, "axes", [g.choose(ones)], 13) if g.chance(0.7) else Node([x])


def unsqueeze(g, row):
    x = g.pick(row.types, high_rank=3)
    count = g.integer(1, 2)
    axes = g.rng.permutation(x.rank + count)[:count].tolist()
    from_the_end = g.opset >= 11 and g.chance(0.3)
    return given(g, x, "axes", [axis - (x.rank + count) if from_the_end else axis for axis in axes], 13)


def concat(g, row):
    x = g.pick(row.types, low_rank=1)
    axis = g.axis(x.rank)
    others = []
    for _ in range(g.integer(0, 2)):
        shape = list(x.shape)
        shape[axis] = g.integer(1, 3)
        others.append(g.fresh(x.type, tuple(shape)))
    return Node([*others, x], {"axis": axis})


def split(g, row):
    x = g.pick(row.types, low_rank=1)
    axis = g.axis(x.rank)
    size = x.shape[axis]
    if size < 2:
        raise Refused("nothing to split")
    if g.chance(0.4) and (size % 2 == 0 or g.opset >= 18):
        return Node([x], {"axis": axis, **({"num_outputs": 2} if g.opset >= 18 else {})}, outputs=2)
    cut = g.integer(1, size - 1)
    if g.opset < 13:
        return Node([x], {"axis": axis, "split": [cut, size - cut]}, outputs=2)
    return Node([x, integers(g, [cut, size - cut])], {"axis": axis}, outputs=2)


def slice_(g, row):
    x = g.pick(row.types, low_rank=1)
    count = g.integer(1, x.rank)
    axes = g.rng.permutation(x.rank)[:count].tolist()
    starts, ends, steps = [], [], []
    for axis in axes:
        size, backward = x.shape[axis], g.opset >= 10 and g.chance(0.3)
        first, last = sorted((g.integer(0, size - 1), g.integer(0, size - 1)))
        steps.append(-g.integer(1, 2) if backward else g.integer(1, 2) if g.opset >= 10 else 1)
        starts.append(last if backward else first - (size if g.chance(0.3) else 0))
        ends.append(first - 1 if backward and first else -2**31 if backward else g.choose([last + 1, 2**31 - 1]))
    if g.opset < 10:
        return Node([x], {"starts": starts, "ends": ends, "axes": axes})
    type_name = g.choose(["int32", "int64"])
    if min(ends) < -2**31 or max(ends) >= 2**31:
        type_name = "int64"
    inputs = [x, integers(g, starts, type_name), integers(g, ends, type_name), integers(g, axes, type_name)]
    return Node(inputs + ([integers(g, steps, type_name)] if any(step != 1 for step in steps) or g.chance(0.3) else []))


def indices(g, size, shape, type_name=None):
    return g.weight(type_name or g.choose(["int32", "int64"]), shape, -size if g.opset >= 11 else 0, size - 1)


def gather(g, row):
    x = g.pick(row.types, low_rank=1)
    axis = g.axis(x.rank)
    return Node([x, indices(g, x.shape[axis], g.shape(0, 2, 3))], {"axis": axis})


def gather_elements(g, row):
    x = g.pick(row.types, low_rank=1)
    axis = g.axis(x.rank)
    shape = list(x.shape)
    shape[axis] = g.integer(1, 4)
    return Node([x, indices(g, x.shape[axis], tuple(shape))], {"axis": axis})


def nd_indices(g, shape, depth, count):
    """`count` different places in the first `depth` axes: [count, depth]."""
    flat = g.rng.permutation(math.prod(shape[:depth]))[:count]
    return np.stack(np.unravel_index(flat, shape[:depth]), axis=1).astype(np.int64)


def gather_nd(g, row):
    x = g.pick(row.types, low_rank=1)
    depth = g.integer(1, x.rank)
    return Node([x, g.constant(nd_indices(g, x.shape, depth, g.integer(1, 4)))])


def scatter_nd(g, row):
    x = g.pick(row.types, low_rank=1)
    depth = g.integer(1, x.rank)
    places = nd_indices(g, x.shape, depth, g.integer(1, 3))
    updates = g.weight(x.type, (len(places), *x.shape[depth:]), 0, 4)
    reductions = ["none", "add", "mul"] + (["min", "max"] if g.opset >= 18 else [])
    usable = g.opset >= 16 and x.type != "bool" and g.chance(0.5)
    return Node([x, g.constant(places), updates], {"reduction": g.choose(reductions)} if usable else {})


def scatter_elements(g, row):
    x = g.pick(row.types, low_rank=1)
    axis = g.axis(x.rank)
    size = x.shape[axis]
    shape = list(x.shape)
    shape[axis] = count = g.integer(1, size)
    # Along the axis no index comes twice: which update would win is not defined.
    order = g.rng.random((*shape[:axis % x.rank], size, *shape[axis % x.rank + 1:])).argsort(axis=axis)
    chosen = np.take(order, range(count), axis=axis).astype(np.int64)
    return Node([x, g.constant(chosen), g.weight(x.type, tuple(shape), 0, 4)], {"axis": axis})


def pad(g, row):
    x = g.pick(row.types, low_rank=1)
    mode = g.choose(["constant", "constant", "edge", "reflect"] + (["wrap"] if g.opset >= 19 else []))
    most = [2 if mode in ("constant", "edge") else min(2, size - 1) for size in x.shape]
    pads = [g.integer(0, limit) for limit in most * 2]
    if mode == "constant" and g.chance(0.3):
        axis = g.integer(0, x.rank - 1)
        pads[axis] = -g.integer(0, max(0, x.shape[axis] - 1))
    if g.opset < 11:
        return Node([x], {"pads": pads, "mode": mode, **({"value": g.uniform(-2, 2)} if g.chance(0.5) else {})})
    inputs = [x, integers(g, pads)]
    if mode == "constant" and g.chance(0.6):
        inputs.append(g.constant(g.numbers(x.type, ())))
    return Node(inputs, {"mode": mode})


def expand(g, row):
    x = g.pick(row.types, high_rank=3)
    sizes = [g.integer(1, 3) if size == 1 else g.choose([1, size]) for size in x.shape]
    return Node([x, integers(g, ([g.integer(1, 2)] if g.chance(0.4) else []) + sizes)])


def tile(g, row):
    x = g.pick(row.types, low_rank=1)
    return Node([x, integers(g, [g.integer(1, 3) for _ in x.shape])])


def depth_to_space(g, row):
    block = 2
    shape = (g.integer(1, 2), block * block * g.integer(1, 2), g.integer(1, 3), g.integer(1, 3))
    return Node([g.fresh(g.choose(row.types), shape)],
                {"blocksize": block, **({"mode": "CRD"} if g.opset >= 11 and g.chance(0.5) else {})})


def space_to_depth(g, row):
    shape = (g.integer(1, 2), g.integer(1, 3), 2 * g.integer(1, 3), 2 * g.integer(1, 3))
    return Node([g.fresh(g.choose(row.types), shape)], {"blocksize": 2})


def trilu(g, row):
    x = g.pick(row.types, low_rank=2)
    return Node([x] + ([integers(g, g.integer(-2, 2))] if g.chance(0.6) else []), {"upper": g.integer(0, 1)})


def reverse_sequence(g, row):
    x = g.pick(row.types, low_rank=2)
    time = g.integer(0, 1)
    lengths = [g.integer(1, x.shape[time]) for _ in range(x.shape[1 - time])]
    return Node([x, integers(g, lengths)], {"time_axis": time, "batch_axis": 1 - time})


def shape_of(g, row):
    x = g.pick(row.types)
    attributes = {}
    if row.name == "Shape" and g.opset >= 15 and x.rank > 1 and g.chance(0.5):
        attributes = {"start": g.integer(0, 1), "end": g.choose([x.rank, -1 if x.rank > 2 else x.rank])}
    return Node([x], attributes)


def non_zero(g, row):
    x = g.pick(row.types, low_rank=1)
    refuse_near_zero(x)
    return Node([x])


def compress(g, row):
    x = g.pick(row.types, low_rank=1)
    axis = g.axis(x.rank)
    keep = g.rng.integers(0, 2, x.shape[axis]).astype(bool)
    keep[0] = True
    return Node([x, g.constant(keep)], {"axis": axis})


def one_hot(g, row):
    x = g.pick(row.types, low=-4, high=4, high_rank=3)
    values = g.constant(g.numbers(g.choose(["float32", "int64", "int32"]), (2,)))
    return Node([x, integers(g, 5, "int64"), values], {"axis": g.choose([-1, 0, x.rank])})


def eye_like(g, row):
    return Node([g.pick(row.types, low_rank=2, high_rank=2)], {"k": g.integer(-1, 2)})


def range_(g, row):
    """Floats end between two elements: on one, rounding would decide whether it is the last."""
    name = g.choose(row.types)
    start, count = g.numbers(name, (), 0, 4), g.integer(1, 6)
    delta = np.array(g.choose([1, 2, 0.5 if "float" in name else 3]), name)
    limit = start + delta * (count - 0.5 if "float" in name else count)
    return Node([g.weight_of(np.asarray(value, name)) for value in (start, limit, delta)])


def constant_of_shape(g, row):
    from onnx import numpy_helper
    value = g.numbers(g.choose(row.types), (1,))
    return Node([integers(g, [g.integer(1, 3) for _ in range(g.integer(0, 3))])],
                {"value": numpy_helper.from_array(value)} if g.chance(0.8) else {})


def top_k(g, row):
    x = g.pick(row.types, low_rank=1)
    axis = g.axis(x.rank)
    k = g.integer(1, x.shape[axis])
    if g.opset < 10:
        return Node([x], {"axis": axis, "k": k}, outputs=2)
    return Node([x, integers(g, [k])], {"axis": axis, **({"largest": g.integer(0, 1)} if g.opset >= 11 else {})},
                outputs=2)


def unique(g, row):
    x = g.pick(row.types, low_rank=1)
    if not x.exact:
        raise Refused("equal values may not be quite equal")
    attributes = {"sorted": g.integer(0, 1)}
    if g.chance(0.5):
        attributes["axis"] = g.axis(x.rank)
    return Node([x], attributes, outputs=4)


def resize(g, row):
    if g.opset == 10:
        return resize_10(g, row)
    x = g.pick(row.types, low_rank=4, high_rank=4)
    # How integers between two samples are rounded is not defined.
    mode = g.choose(["nearest", "linear", "cubic"]) if x.type == "float32" else "nearest"
    attributes = {"mode": mode}
    if g.chance(0.7):
        attributes["coordinate_transformation_mode"] = g.choose(
            ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"])
    if mode == "nearest":
        attributes["nearest_mode"] = g.choose(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
    if mode == "cubic" and g.chance(0.5):
        attributes["cubic_coeff_a"] = g.choose([-0.5, -0.75])
    if g.chance(0.5):
        scales = [1.0, 1.0] + [g.choose([0.5, 1.0, 2.0, 3.0]) for _ in range(2)]
        if any(int(size * scale) < 1 for size, scale in zip(x.shape, scales)):
            raise Refused("scaled away")
        whole = all(size * scale % 1 == 0 for size, scale in zip(x.shape, scales))
        if attributes.get("coordinate_transformation_mode") == "align_corners" and not whole:
            raise Refused("the reference aligns the corners of the rounded size, the standard's cases those of the scaled")
        return Node([x, None, integers(g, scales, "float32")], attributes)
    sizes = [*x.shape[:2]] + [g.integer(1, 2 * size) for size in x.shape[2:]]
    return Node([x, None, None, integers(g, sizes)], attributes)


def upsample(g, row):
    x = g.pick(row.types, low_rank=4, high_rank=4)
    scales, attributes = [1.0, 1.0, *(g.choose([1.0, 2.0, 3.0]) for _ in range(2))], {}
    if g.chance(0.6):
        attributes["mode"] = g.choose(["nearest", "linear"]) if x.type == "float32" else "nearest"
    if g.opset < 9:
        return Node([x], {**attributes, "scales": scales})
    return Node([x, integers(g, scales, "float32")], attributes)


def resize_10(g, row):
    """Resize as it was in opset 10, with scales alone."""
    x = g.pick(row.types, low_rank=4, high_rank=4)
    scales = [1.0, 1.0, *(g.choose([0.5, 1.0, 2.0]) for _ in range(2))]
    if any(int(size * scale) < 1 for size, scale in zip(x.shape, scales)):
        raise Refused("scaled away")
    mode = g.choose(["nearest", "linear"]) if x.type == "float32" else "nearest"
    return Node([x, integers(g, scales, "float32")], {"mode": mode})


def grid_sample(g, row):
    x = g.pick(row.types, low_rank=4, high_rank=4)
    grid = g.weight(x.type, (x.shape[0], g.integer(1, 4), g.integer(1, 4), 2), -1.2, 1.2)
    bilinear = "bilinear" if g.opset < 20 else "linear"
    return Node([x, grid], {"mode": bilinear, "padding_mode": g.choose(["zeros", "border", "reflection"]),
                            "align_corners": g.integer(0, 1)})
