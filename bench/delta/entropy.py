"""How many bytes the changes of a float model's weights take, coded each by its own exponent and no other knowledge."""

import numpy as np


def fields(message):
    """(number, bytes or int) of a protobuf message."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 2:
            size = varint()
            yield key >> 3, message[at:at + size]
            at += size
        else:
            at += 8 if key & 7 == 1 else 4


def float_tensors(path):
    """The raw float32 constants of an ONNX model, in order, as integers ordered like their values."""
    graph = next(value for number, value in fields(memoryview(path.read_bytes())) if number == 7)
    for number, tensor in fields(graph):
        if number != 5:
            continue
        parts = dict(fields(tensor))
        if parts.get(2) == 1 and 9 in parts:
            bits = np.frombuffer(parts[9], np.int32).astype(np.int64)
            yield np.where(bits < 0, -1 - (bits & 0x7FFFFFFF), bits)


def entropy_bits(symbols):
    _, counts = np.unique(symbols, return_counts=True)
    return float((counts * np.log2(counts.sum() / counts)).sum())


def bound_bytes(old, new):
    """Empirical entropy of sign, length and two leading bits of each difference given the old exponent; the bits below
    count in full. Tables are free, so small tensors come out too short: it is a bound."""
    bits = 0.0
    for was, now in zip(float_tensors(old), float_tensors(new), strict=True):
        difference = now - was
        size = np.abs(difference)
        length = np.frexp(size.astype(np.float64))[1]
        rest = np.maximum(length - 3, 0)
        symbols = (length * 4 + (size >> rest) % 4) * 2 + (difference < 0)
        exponents = np.where(was < 0, -1 - was, was) >> 23
        bits += rest.sum() + sum(entropy_bits(symbols[exponents == e]) for e in np.unique(exponents))
    return int(bits / 8)
