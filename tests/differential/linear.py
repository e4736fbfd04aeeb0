"""Proposals for products, convolutions and pooling."""

import numpy as np

from draft import Node, Refused


def matmul(g, row):
    a = g.pick(row.types, low_rank=1, high_rank=4)
    k = a.shape[-1]
    if g.chance(0.2):
        return Node([a, g.weight(a.type, (k,))])
    batch = tuple(size if g.chance(0.6) else 1 for size in a.shape[:-2]) if g.chance(0.5) else ()
    return Node([a, g.weight(a.type, (*batch, k, g.integer(1, 6)))])


def gemm(g, row):
    a = g.pick(row.types, low_rank=2, high_rank=2)
    transposed_a, transposed_b = g.integer(0, 1), g.integer(0, 1)
    k, m = a.shape if transposed_a else a.shape[::-1]
    n = g.integer(1, 6)
    b = g.weight(a.type, (n, k) if transposed_b else (k, n))
    c = g.weight(a.type, g.choose([(m, n), (n,), (1, n), (m, 1), (), (1,)])) if g.opset < 11 or g.chance(0.7) else None
    attributes = {"transA": transposed_a, "transB": transposed_b}
    if g.chance(0.4):
        attributes.update(alpha=g.uniform(0.5, 2), beta=g.uniform(-1, 1))
    return Node([a, b, c], attributes)


def einsum(g, row):
    a = g.pick(row.types, low_rank=2, high_rank=3)
    k, n = a.shape[-1], g.integer(1, 4)
    if a.rank == 2:
        equation, others = g.choose([("ij,jk->ik", [(k, n)]), ("ij,jk->ki", [(k, n)]), ("ij->ji", []), ("ij->j", []),
                                     ("ij,ij->i", [a.shape]), ("ij,j->i", [(k,)])])
    else:
        equation, others = g.choose([("bij,bjk->bik", [(a.shape[0], k, n)]), ("bij,jk->bik", [(k, n)]),
                                     ("bij->bji", []), ("...ij,...kj->...ik", [(a.shape[0], n, k)])])
    return Node([a] + [g.weight(a.type, shape) for shape in others], {"equation": equation})


def picture(g, types, ranks=(3, 4), low=None, high=None):
    """A value [batch, channels, space...] with room for a window."""
    x = g.pick(types, min(ranks), max(ranks), low=low, high=high)
    if x.rank not in ranks or min(x.shape[2:]) < 3:
        rank = g.choose(ranks)
        size = 9 if rank < 5 else 5
        x = g.fresh(g.choose(types), (g.integer(1, 2), g.integer(1, 4), *(g.integer(3, size) for _ in range(rank - 2))),
                    low, high)
    return x


def window(g, space, dilate=True):
    """Kernel, strides, dilations and padding that leave something of `space`."""
    kernel = [g.integer(1, min(3, size)) for size in space]
    attributes = {"kernel_shape": kernel}
    if g.chance(0.6):
        attributes["strides"] = [g.integer(1, 2) for _ in space]
    dilations = [1] * len(space)
    if dilate and g.chance(0.3):
        dilations = [g.integer(1, 2) if 2 * kernel_size - 1 <= size else 1 for kernel_size, size in zip(kernel, space)]
        attributes["dilations"] = dilations
    padding = g.choose(["none", "pads", "pads", "SAME_UPPER", "SAME_LOWER", "VALID"])
    if padding == "pads":
        attributes["pads"] = [g.integer(0, size - 1) for size in kernel * 2]
    elif padding != "none":
        if max(dilations) > 1:
            raise Refused("auto_pad with dilation")
        attributes["auto_pad"] = padding
    return attributes


def conv(g, row):
    x = picture(g, row.types, (3, 4, 5))
    channels = x.shape[1]
    group = g.choose([size for size in (1, 2, channels) if channels % size == 0])
    outputs = group * g.integer(1, 3)
    attributes = window(g, x.shape[2:])
    kernel = attributes["kernel_shape"]
    if g.chance(0.5):
        del attributes["kernel_shape"]
    weight = g.weight(x.type, (outputs, channels // group, *kernel))
    return Node([x, weight] + ([g.weight(x.type, (outputs,))] if g.chance(0.6) else []), {**attributes, "group": group})


def conv_transpose(g, row):
    x = picture(g, row.types)
    channels = x.shape[1]
    group = g.choose([size for size in (1, 2, channels) if channels % size == 0])
    outputs = g.integer(1, 3)
    space = len(x.shape) - 2
    kernel = [g.integer(1, 3) for _ in range(space)]
    strides = [g.integer(1, 2) for _ in range(space)]
    attributes = {"kernel_shape": kernel, "strides": strides, "group": group}
    if g.chance(0.4):
        attributes["pads"] = [g.integer(0, (size - 1) // 2) for size in kernel * 2]
    if g.chance(0.3):
        attributes["output_padding"] = [g.integer(0, stride - 1) for stride in strides]
    if g.chance(0.3):
        attributes["dilations"] = [g.integer(1, 2) for _ in range(space)]
    weight = g.weight(x.type, (channels, outputs, *kernel))
    return Node([x, weight] + ([g.weight(x.type, (outputs * group,))] if g.chance(0.5) else []), attributes)


def max_pool(g, row):
    x = picture(g, row.types)
    attributes = window(g, x.shape[2:], dilate=x.type != "uint8" and g.opset >= 10)
    with_indices = g.opset >= 8 and g.chance(0.3)
    if g.opset >= 10 and g.chance(0.3) and "auto_pad" not in attributes:
        attributes["ceil_mode"] = 1
    if with_indices and g.chance(0.3):
        attributes["storage_order"] = 1
    return Node([x], attributes, outputs=2 if with_indices else 1)


def average_pool(g, row):
    attributes = window(g, (x := picture(g, row.types)).shape[2:], dilate=g.opset >= 19)
    if g.chance(0.5):
        attributes["count_include_pad"] = 1
    if g.opset >= 10 and g.chance(0.3) and "auto_pad" not in attributes:
        attributes["ceil_mode"] = 1
    return Node([x], attributes)


def lp_pool(g, row):
    x = picture(g, row.types)
    return Node([x], {**window(g, x.shape[2:], dilate=g.opset >= 18), "p": g.integer(1, 3)})


def global_pool(g, row):
    return Node([picture(g, row.types)])


def zero_point(g, type_name, shape=()):
    return g.constant(g.numbers(type_name, shape, 0, 9))


def matmul_integer(g, row):
    a = g.pick(row.types, low_rank=2, high_rank=3)
    b = g.weight("int8" if a.type == "int8" else g.choose(["int8", "uint8"]), (a.shape[-1], g.integer(1, 6)), 0, 20)
    inputs = [a, b]
    if g.chance(0.6):
        inputs += [zero_point(g, a.type), zero_point(g, b.type, g.choose([(), (b.shape[1],)]))]
    return Node(inputs)


def conv_integer(g, row):
    x = picture(g, row.types, (4,))
    attributes = window(g, x.shape[2:])
    weight = g.weight("uint8", (g.integer(1, 3), x.shape[1], *attributes["kernel_shape"]), 0, 20)
    zero_points = [zero_point(g, x.type), zero_point(g, "uint8")][: g.integer(0, 2)]
    return Node([x, weight, *zero_points], attributes)


def scale(g, shape=()):
    """Mostly powers of two, with which dividing and rounding is exact."""
    exponents = g.rng.integers(-5, 0, shape)
    return np.asarray(2.0**exponents if g.chance(0.7) else g.rng.uniform(0.02, 0.5, shape)).astype(np.float32)


def qlinear_matmul(g, row):
    a = g.pick(row.types, low_rank=2, high_rank=3)
    b = g.weight(a.type, (a.shape[-1], g.integer(1, 6)), 0, 20)
    inputs = []
    for value in (a, b):
        inputs += [value, g.constant(scale(g)), zero_point(g, value.type)]
    return Node(inputs + [g.constant(scale(g)), zero_point(g, a.type)])


def qlinear_conv(g, row):
    x = picture(g, row.types, (4,))
    attributes = window(g, x.shape[2:])
    outputs = g.integer(1, 3)
    weight = g.constant(g.numbers(x.type, (outputs, x.shape[1], *attributes["kernel_shape"]), 0, 20))
    per_channel = g.chance(0.4)
    weight_scale = g.constant(scale(g, (outputs,) if per_channel else ()))
    weight_zero = g.constant(np.zeros((outputs,) if per_channel else (), x.array.dtype))
    inputs = [x, g.constant(scale(g)), zero_point(g, x.type), weight, weight_scale, weight_zero,
              g.constant(scale(g)), zero_point(g, x.type)]
    if g.chance(0.4):
        inputs.append(g.constant(g.numbers("int32", (outputs,), -99, 99)))
    return Node(inputs, attributes)


def quantize_axis(g, x):
    """Attributes, and the shape of scale and zero point: one for the tensor, or one along an axis."""
    if x.rank and g.opset >= 13 and g.chance(0.4):
        axis = g.axis(x.rank)
        return {"axis": axis}, (x.shape[axis],)
    return {}, ()


def quantize(g, row):
    x = g.pick(row.types)
    attributes, shape = quantize_axis(g, x)
    inputs = [x, g.constant(scale(g, shape))]
    if g.chance(0.8):
        inputs.append(zero_point(g, g.choose(["int8", "uint8"]), shape))
    return Node(inputs, attributes)


def dequantize(g, row):
    x = g.pick(row.types)
    attributes, shape = quantize_axis(g, x)
    inputs = [x, g.constant(scale(g, shape))]
    if x.type != "int32" and g.chance(0.8):
        inputs.append(zero_point(g, x.type, shape))
    return Node(inputs, attributes)


def dynamic_quantize(g, row):
    x = g.pick(row.types, low_rank=1)
    if not x.array.any():
        raise Refused("the scale of nothing but zeros is not defined")
    return Node([x], outputs=3)
