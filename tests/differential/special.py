"""Proposals for detection, signals, attention and losses."""

import math

import numpy as np

from draft import Node


def picture(g, row, low_channels=1):
    size = (g.integer(1, 2), g.integer(low_channels, 4), g.integer(3, 6), g.integer(3, 6))
    return g.fresh(g.choose(row.types), size)


def integers(g, values):
    return g.constant(np.array(values, np.int64))


def determinant(g, row):
    return Node([g.fresh(g.choose(row.types), (*g.shape(0, 2, 3), *[g.integer(1, 4)] * 2), -1, 1)])


def dropout(g, row):
    """In inference, where it changes nothing."""
    x, with_mask = g.pick(row.types), g.opset >= 12 and g.chance(0.5)
    if g.opset < 12:
        return Node([x], {"ratio": 0.3} if g.chance(0.5) else {})
    return Node([x] + ([g.constant(np.float32(0.3))] if g.chance(0.5) else []), outputs=1 + with_mask)


def global_lp_pool(g, row):
    return Node([picture(g, row)], {"p": g.integer(1, 3)})


def center_crop_pad(g, row):
    x = g.pick(row.types, low_rank=1)
    axes = sorted(g.rng.permutation(x.rank)[: g.integer(1, x.rank)].tolist())
    return Node([x, integers(g, [g.integer(1, x.shape[axis] + 3) for axis in axes])], {"axes": axes})


def col2im(g, row):
    kernel, image = [g.integer(1, 2), g.integer(1, 3)], [g.integer(3, 5), g.integer(3, 5)]
    blocks = math.prod(size - k + 1 for size, k in zip(image, kernel))
    x = g.fresh(g.choose(row.types), (g.integer(1, 2), g.integer(1, 2) * math.prod(kernel), blocks))
    return Node([x, integers(g, image), integers(g, kernel)])


def boxes(g, count):
    """Corners in a picture of about 6 by 6: [count, 4]."""
    first = g.rng.uniform(0, 3, (count, 2))
    return np.concatenate([first, first + g.rng.uniform(1, 3, (count, 2))], axis=1).astype(np.float32)


def roi_align(g, row):
    x, count = picture(g, row), g.integer(1, 3)
    attributes = {"output_height": g.integer(1, 3), "output_width": g.integer(1, 3),
                  "sampling_ratio": g.integer(0, 2), "mode": "avg", "spatial_scale": g.choose([1.0, 0.5])}
    if g.opset >= 16 and g.chance(0.7):
        attributes["coordinate_transformation_mode"] = g.choose(["half_pixel", "output_half_pixel"])
    batch = g.rng.integers(0, x.shape[0], count).astype(np.int64)
    return Node([x, g.weight_of(boxes(g, count)), g.constant(batch)], attributes)


def max_roi_pool(g, row):
    x, count = picture(g, row), g.integer(1, 3)
    batch = g.rng.integers(0, x.shape[0], (count, 1))
    rois = np.concatenate([batch, np.round(boxes(g, count))], axis=1).astype(np.float32)
    return Node([x, g.constant(rois)], {"pooled_shape": [g.integer(1, 3), g.integer(1, 3)]})


def non_max_suppression(g, row):
    count, classes = g.integer(2, 8), g.integer(1, 2)
    scores = g.rng.permutation(count * classes).reshape(1, classes, count) / (count * classes)
    inputs = [g.weight_of(boxes(g, count)[None]), g.weight_of(scores.astype(np.float32)),
              integers(g, g.integer(1, 4)), g.constant(np.float32(g.choose([0.3, 0.5, 0.7])))]
    return Node(inputs + [g.constant(np.float32(0.2))], {"center_point_box": g.integer(0, 1)})


def max_unpool(g, row):
    shape = (1, g.integer(1, 2), g.integer(1, 3), g.integer(1, 3))
    out = shape[:2] + tuple(2 * size for size in shape[2:])
    places = g.rng.permutation(math.prod(out[1:]))[: math.prod(shape[1:])].reshape(shape).astype(np.int64)
    return Node([g.fresh("float32", shape), g.constant(np.sort(places, axis=None).reshape(shape))],
                {"kernel_shape": [2, 2], "strides": [2, 2]})


def affine_grid(g, row):
    size = [g.integer(1, 2), g.integer(1, 3), g.integer(2, 4), g.integer(2, 4)]
    return Node([g.weight("float32", (size[0], 2, 3)), integers(g, size)], {"align_corners": g.integer(0, 1)})


def deform_conv(g, row):
    x = picture(g, row)
    kernel = [g.integer(1, 3), g.integer(1, 3)]
    out = [size - k + 1 for size, k in zip(x.shape[2:], kernel)]
    area = math.prod(kernel)
    weight = g.weight("float32", (g.integer(1, 3), x.shape[1], *kernel))
    inputs = [x, weight, g.weight("float32", (x.shape[0], 2 * area, *out))]
    if g.chance(0.6):
        inputs.append(g.weight("float32", (weight.shape[0],)))
        if g.chance(0.6):
            inputs.append(g.weight("float32", (x.shape[0], area, *out), 0, 1))
    return Node(inputs, {"kernel_shape": kernel})


def signal_window(g, row):
    return Node([integers(g, g.integer(2, 12))], {"periodic": g.integer(0, 1)})


def dft(g, row):
    x = g.fresh("float32", (g.integer(1, 2), g.integer(2, 9), g.choose([1, 2])))
    attributes = {"inverse": g.integer(0, 1)} if x.shape[-1] == 2 else {"onesided": g.integer(0, 1)}
    if g.opset < 20:
        return Node([x], {**attributes, "axis": 1})
    return Node([x, None, integers(g, 1)], attributes)


def stft(g, row):
    frame = g.choose([4, 6, 8])
    x = g.fresh("float32", (g.integer(1, 2), g.integer(frame, 20), 1))
    window = g.weight("float32", (frame,)) if g.chance(0.6) else None
    return Node([x, integers(g, g.integer(1, 4)), window, integers(g, frame)], {"onesided": g.integer(0, 1)})


def mel_weight_matrix(g, row):
    values = (g.integer(3, 8), g.choose([16, 32]), 8000)
    return Node([integers(g, value) for value in values]
                + [g.constant(np.float32(edge)) for edge in (0.0, g.choose([3000.0, 4000.0]))])


def attention(g, row):
    batch, heads, groups, queries, keys, size = (g.integer(1, 2), g.choose([2, 4]), g.choose([1, 2]), g.integer(1, 4),
                                                 g.integer(1, 5), g.choose([2, 4]))
    q = g.fresh("float32", (batch, heads, queries, size))
    k, v = (g.weight("float32", (batch, heads // groups, keys, size)) for _ in range(2))
    attributes = {}
    if g.chance(0.3):
        attributes["scale"] = g.uniform(0.2, 1)
    if g.chance(0.3):
        attributes["softcap"] = g.uniform(1, 4)
    mask = None
    if g.chance(0.4):
        mask = g.weight(g.choose(["float32", "bool"]), (queries, keys))
        if mask.type == "bool":
            mask.array[:, 0] = True
    elif queries <= keys:
        attributes["is_causal"] = g.integer(0, 1)
    return Node([q, k, v, mask], attributes)


def rotary_embedding(g, row):
    batch, heads, length, size = g.integer(1, 2), g.integer(1, 3), g.integer(1, 4), g.choose([4, 8])
    x = g.fresh("float32", (batch, heads, length, size))
    positions = g.constant(g.rng.integers(0, 6, (batch, length)).astype(np.int64))
    caches = [g.weight("float32", (6, size // 2)) for _ in range(2)]
    return Node([x, *caches, positions], {"interleaved": g.integer(0, 1)})


def loss(g, row):
    """Negative log likelihood, or softmax cross entropy, which also gives the logarithms."""
    classes, batch = g.integer(2, 4), g.integer(1, 3)
    space = g.shape(0, 2, 3)
    x = g.fresh("float32", (batch, classes, *space))
    target = g.constant(g.rng.integers(0, classes, (batch, *space)).astype(np.int64))
    inputs = [x, target] + ([g.weight("float32", (classes,), 0.2, 1)] if g.chance(0.5) else [])
    attributes = {"reduction": g.choose(["none", "mean", "sum"])}
    if g.chance(0.3) and target.array.min() != target.array.max():
        attributes["ignore_index"] = 0
    return Node(inputs, attributes, outputs=g.integer(1, 2) if row.name == "SoftmaxCrossEntropyLoss" else 1)
