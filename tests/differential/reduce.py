"""Proposals for reductions and normalisations."""

import numpy as np

from draft import Node


def reduce(axes_input_since, low=None):
    """Over any axes, given as an attribute before opset `axes_input_since` and as an input from then on."""
    def make(g, row):
        x = g.pick(row.types, low_rank=1, low=low)
        count = g.integer(0, x.rank)
        axes = sorted(g.rng.permutation(x.rank)[:count].tolist())
        axes = [axis - x.rank if g.opset >= 11 and g.chance(0.3) else axis for axis in axes]
        attributes = {"keepdims": g.integer(0, 1)}
        if g.opset < axes_input_since:
            if axes:
                attributes["axes"] = axes
            return Node([x], attributes)
        if not axes and g.chance(0.3):
            attributes["noop_with_empty_axes"] = 1
        return Node([x, g.constant(np.array(axes, np.int64)) if axes or g.chance(0.5) else None], attributes)
    return make


def arg(g, row):
    x = g.pick(row.types, low_rank=1)
    attributes = {"axis": g.axis(x.rank), "keepdims": g.integer(0, 1)}
    if g.opset >= 12 and g.chance(0.3):
        attributes["select_last_index"] = 1
    return Node([x], attributes)


def cumulative_sum(g, row):
    x = g.pick(row.types, low_rank=1)
    axis = g.constant(np.array(g.axis(x.rank), np.int64))
    return Node([x, axis], {"exclusive": g.integer(0, 1), "reverse": g.integer(0, 1)})


def along_axis(g, row):
    """Softmax and its kin, at times with what attention masks leave behind."""
    x = g.pick(row.types, low_rank=1)
    if row.name == "Softmax" and g.chance(0.2):
        masked = g.numbers("float32", (g.integer(1, 4), g.integer(2, 6)))
        masked[:, g.integer(0, masked.shape[1] - 1)] = -np.inf
        return Node([g.weight_of(masked)], {"axis": -1})
    return Node([x], {"axis": g.axis(x.rank)} if g.chance(0.8) else {})


def lp_normalization(g, row):
    x = g.pick(row.types, low_rank=1, low=0.1)
    return Node([x], {"axis": g.axis(x.rank), "p": g.integer(1, 2)})


def layer_norm(g, row):
    x = g.pick(row.types, low_rank=2)
    axis = g.integer(1, x.rank - 1)
    inputs = [x, g.weight(x.type, x.shape[axis:], 0.5, 2)]
    if row.name == "LayerNormalization" and g.chance(0.7):
        inputs.append(g.weight(x.type, x.shape[axis:]))
    return Node(inputs, {"axis": g.choose([axis, axis - x.rank]), "epsilon": g.uniform(0.01, 0.1)})


def instance_norm(g, row):
    x = g.pick(row.types, low_rank=3, high_rank=4)
    channels = x.shape[1]
    return Node([x, g.weight(x.type, (channels,), 0.5, 2), g.weight(x.type, (channels,))],
                {"epsilon": g.uniform(0.01, 0.1)})


def group_norm(g, row):
    x = g.pick(row.types, low_rank=3, high_rank=4)
    channels = x.shape[1]
    groups = g.choose([size for size in range(1, channels + 1) if channels % size == 0])
    size = groups if g.opset < 21 else channels
    return Node([x, g.weight(x.type, (size,), 0.5, 2), g.weight(x.type, (size,))],
                {"num_groups": groups, "epsilon": g.uniform(0.01, 0.1)})


def batch_norm(g, row):
    x = g.pick(row.types, low_rank=2, high_rank=4)
    channels = x.shape[1]
    spans = ((0.5, 2), (-1, 1), (-1, 1), (0.5, 3))
    return Node([x] + [g.weight(x.type, (channels,), *span) for span in spans],
                {"epsilon": g.uniform(0.001, 0.1)} if g.chance(0.5) else {})


def mean_variance_norm(g, row):
    x = g.pick(row.types, low_rank=4, high_rank=4)
    return Node([x], {"axes": g.choose([[0, 2, 3], [1, 2, 3], [0, 1, 2, 3]])} if g.chance(0.5) else {})


def local_response_norm(g, row):
    x = g.pick(row.types, low_rank=4, high_rank=4)
    attributes = {"size": g.choose([1, 3, 5])}
    if g.chance(0.6):
        attributes.update(alpha=g.uniform(0.001, 0.5), beta=g.uniform(0.3, 1), bias=g.uniform(0.5, 2))
    return Node([x], attributes)
