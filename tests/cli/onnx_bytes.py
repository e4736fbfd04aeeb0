"""Writes ONNX files field by field, so that tests can make what no library would."""

import struct

FLOAT, INT64, STRING = 1, 7, 8


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def text(field, value):
    """A length-delimited field: a message, bytes or text."""
    body = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(body)) + body


def tensor_type(dtype, dims):
    """TypeProto of a tensor; a dim is a number, a name or None; dims None leaves the rank open."""
    shape = b""
    if dims is not None:
        parts = {int: lambda d: number(1, d), str: lambda d: text(2, d), type(None): lambda d: b""}
        shape = text(2, b"".join(text(1, parts[type(dim)](dim)) for dim in dims))
    return text(1, number(1, dtype) + shape)


def value(name, dims, dtype=FLOAT):
    return text(1, name) + text(2, tensor_type(dtype, dims))


def floats(name, dims, elements):
    """TensorProto with raw data."""
    head = b"".join(number(1, dim) for dim in dims)
    return head + number(2, FLOAT) + text(8, name) + text(9, struct.pack(f"<{len(elements)}f", *elements))


def external(name, dims, entries):
    """TensorProto whose data lie in another file."""
    head = b"".join(number(1, dim) for dim in dims)
    pairs = b"".join(text(13, text(1, key) + text(2, str(entry))) for key, entry in entries.items())
    return head + number(2, FLOAT) + text(8, name) + pairs + number(14, 1)


def attribute(name, payload):
    if isinstance(payload, int):
        return text(1, name) + number(3, payload) + number(20, 2)
    return text(1, name) + text(6, payload) + number(20, 5)  # a graph


def node(op, inputs, outputs, name="", domain="", **attributes):
    return (b"".join(text(1, item) for item in inputs) + b"".join(text(2, item) for item in outputs) +
            text(3, name) + text(4, op) +
            b"".join(text(5, attribute(key, payload)) for key, payload in attributes.items()) +
            (text(7, domain) if domain else b""))


def graph(nodes, inputs, outputs, initializers=(), name="g"):
    return (b"".join(text(1, item) for item in nodes) + text(2, name) +
            b"".join(text(5, item) for item in initializers) +
            b"".join(text(11, item) for item in inputs) + b"".join(text(12, item) for item in outputs))


def model(body, opsets=(("", 13),), ir_version=8):
    imports = b"".join(text(8, text(1, domain) + number(2, version)) for domain, version in opsets)
    return number(1, ir_version) + text(2, "hand") + text(3, "1") + text(7, body) + imports
