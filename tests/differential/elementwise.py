"""Proposals for operators that work element by element."""

import numpy as np
from onnx import helper

from draft import FLOATS, Node, Refused


def unary(low=None, high=None, **ranges):
    """One input within [low, high]; each attribute at its default or anywhere in its range."""
    def make(g, row):
        attributes = {name: g.uniform(*span) for name, span in ranges.items() if g.chance(0.6)}
        return Node([g.pick(row.types, low=low, high=high)], attributes)
    return make


def binary(low=None, high=None):
    """Two inputs that broadcast; the second one within [low, high]."""
    def make(g, row):
        first = g.pick(row.types)
        second = g.partner(first, low=low, high=high)
        return Node([second, first] if low is None and g.chance(0.5) else [first, second])
    return make


def refuse_near_zero(x):
    """Zero in one program and almost zero in another would give different answers."""
    error = np.broadcast_to(x.error, x.shape)
    if np.any((np.abs(x.array.astype(np.float64)) <= 2 * error) & (error > 0)):
        raise Refused("values are too close to zero")


def compare(g, row):
    """Not of floats that may be the same number, or not quite."""
    first = g.pick(row.types)
    second = g.partner(first)
    doubt = np.asarray(first.error) + np.asarray(second.error)
    gap = np.abs(first.array.astype(np.float64) - second.array.astype(np.float64))
    if np.any((gap <= 2 * doubt) & (doubt > 0)):
        raise Refused("values are too close")
    return Node([first, second])


def divide(g, row):
    first = g.pick(row.types)
    second = g.partner(first, low=1, high=5)
    if np.dtype(second.type).kind != "u" and g.chance(0.3):
        second.array = np.negative(second.array, out=second.array)
    return Node([first, second])


def modulo(g, row):
    node = divide(g, row)
    floating = node.inputs[0].type in FLOATS
    return Node(node.inputs, {"fmod": 1} if floating or g.chance(0.4) else {})


def power(g, row):
    if g.chance(0.3):
        base = g.pick(("int32", "int64"), low=-3, high=6)
        return Node([base, g.partner(base, low=0, high=3)])
    base = g.pick(("float32", "float64"), low=0.2, high=5)
    return Node([base, g.partner(base, low=-2, high=2)])


def variadic(g, row):
    first = g.pick(row.types)
    return Node([first] + [g.partner(first) for _ in range(g.integer(0, 2))])


def clip(g, row):
    x = g.pick(row.types)
    low, high = sorted(g.numbers(x.type, (2,)).tolist())
    if g.opset < 11:
        return Node([x], {name: float(bound) for name, bound in (("min", low), ("max", high)) if g.chance(0.7)})
    bounds = [g.constant(np.array(bound, x.array.dtype)) for bound in (low, high)]
    return Node([x] + [bound if g.chance(0.7) else None for bound in bounds])


def prelu(g, row):
    x = g.pick(row.types)
    slope_shape = x.shape[g.integer(0, x.rank):] if g.chance(0.5) else tuple(1 for _ in x.shape)
    return Node([x, g.weight(x.type, slope_shape)])


def where(g, row):
    x = g.pick(row.types)
    return Node([g.partner(x, "bool"), x, g.partner(x)])


def bit_shift(g, row):
    x = g.pick(row.types)
    return Node([x, g.partner(x, low=0, high=7)], {"direction": g.choose(["LEFT", "RIGHT"])})


def special_floats(g, row):
    """IsNaN, IsInf: the one place where the inputs are not finite."""
    x = g.numbers(g.choose(row.types), g.shape(1))
    x.reshape(-1)[:: g.integer(1, 3)] = g.choose([np.nan, np.inf, -np.inf])
    attributes = {}
    if row.name == "IsInf" and g.chance(0.5):
        attributes[g.choose(["detect_negative", "detect_positive"])] = 0
    return Node([g.weight_of(x)], attributes)


CASTS = ("float32", "float64", "float16", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool")


def cast_target(g, x):
    """A type that can hold what `x` has, so that the result is defined."""
    target = g.choose(CASTS)
    if target == x.type:
        raise Refused("same type")
    kind = np.dtype(target).kind
    if target == "bool":
        refuse_near_zero(x)
    if kind in "iu":
        low, high = max(np.iinfo(target).min, -2**31), min(np.iinfo(target).max, 2**31 - 1)
        if x.type != "bool" and not low <= float(x.array.min()) <= float(x.array.max()) <= high:
            raise Refused("out of range")
    return target


def cast(g, row):
    x = g.pick(row.types)
    return Node([x], {"to": helper.np_dtype_to_tensor_dtype(np.dtype(cast_target(g, x)))})


def cast_like(g, row):
    x = g.pick(row.types)
    return Node([x, g.fresh(cast_target(g, x), g.shape(0, 1))])
