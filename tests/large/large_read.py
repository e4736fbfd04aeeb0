#!/usr/bin/env python3
"""slipway reads models beyond 2 GiB and runs them in little memory. Their zeros are holes, so they take no disk."""

import os
import pathlib
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))

from onnx_bytes import FLOAT, external, floats, number, node, text, value, varint  # noqa: E402

GIB = 1 << 30
COLUMNS = 1024
ROW_BYTES = 4 * COLUMNS
MOST_BYTES = 400_000_000


class Weight:
    """Rows of COLUMNS floats: zeros, but for the last row's."""

    def __init__(self, name, rows, last):
        self.name, self.rows, self.last = name, rows, last
        self.dims, self.size = [rows, COLUMNS], rows * ROW_BYTES

    def write(self, file, start):
        file.truncate(max(start + self.size, file.seek(0, os.SEEK_END)))
        file.seek(start + self.size - ROW_BYTES)
        file.write(struct.pack(f"<{COLUMNS}f", *[self.last] * COLUMNS))


def tensor_until_raw(weight):
    """A TensorProto but for its elements."""
    return (b"".join(number(1, dim) for dim in weight.dims) + number(2, FLOAT) + text(8, weight.name) +
            varint(9 << 3 | 2) + varint(weight.size))


def rows_summed(weights):
    """Nodes: y is the sum of x and of each weight's last row."""
    nodes, at = [], "x"
    for i, weight in enumerate(weights):
        end = "y" if i + 1 == len(weights) else f"sum{i}"
        nodes += [node("Gather", [weight.name, "last"], [f"row{i}"], name=f"look_up_{weight.name}"),
                  node("Add", [at, f"row{i}"], [end], name=f"add_{weight.name}")]
        at = end
    return nodes


def graph_but_for(weights, tensors):
    """GraphProto with the given tensors, and `weights` used but not in it."""
    last = number(2, 7) + text(8, "last") + text(9, struct.pack("<q", -1))
    return (b"".join(text(1, each) for each in rows_summed(weights)) + text(2, "large") +
            b"".join(text(5, each) for each in [last, *tensors]) +
            text(11, value("x", [COLUMNS])) + text(12, value("y", [COLUMNS])))


def model_around(graph_bytes, doc=""):
    """ModelProto up to the graph, which takes graph_bytes."""
    opset = text(8, text(1, "") + number(2, 13))
    return number(1, 8) + text(6, doc) + opset + varint(7 << 3 | 2) + varint(graph_bytes)


def write_inline(path, weights):
    """Everything in one file, which protobuf's own library would refuse; the weights at multiples of 4."""
    rest = graph_but_for(weights, [])
    fields = []
    for weight in weights:
        head = tensor_until_raw(weight)
        field = varint(5 << 3 | 2) + varint(len(head) + weight.size) + head
        fields.append(text(10, "." * (-(len(field) + 2) % 4)) + field)  # the graph's doc fills up
    graph_bytes = len(rest) + sum(len(field) + weight.size for field, weight in zip(fields, weights))
    start = model_around(graph_bytes, "." * (-len(model_around(graph_bytes) + rest) % 4))
    with open(path, "wb") as file:
        file.write(start + rest)
        for field, weight in zip(fields, weights):
            file.write(field)
            weight.write(file, file.tell())


def write_external(path, weights):
    """Small model, and a data file with each weight at a multiple of 64 KiB."""
    tensors, at = [], 0
    with open(f"{path}.data", "wb") as file:
        for weight in weights:
            at = (at + 65535) // 65536 * 65536
            tensors.append(external(weight.name, weight.dims,
                                    {"location": f"{path.name}.data", "offset": at, "length": weight.size}))
            weight.write(file, at)
            at += weight.size
    body = graph_but_for(weights, tensors)
    path.write_bytes(model_around(len(body)) + body)


def float_npy(elements):
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(elements)},), }}"
    head += " " * (53 - len(head) % 64 + 64 * (len(head) % 64 > 53)) + "\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(head)) + head.encode() + struct.pack(f"<{len(elements)}f", *elements)


class Run:
    """One run of slipway, and the most memory it took."""

    def __init__(self, program, folder, *arguments):
        self.arguments = " ".join(arguments)
        with tempfile.TemporaryFile() as out:
            child = subprocess.Popen([program, *arguments], cwd=folder, stdout=out, stderr=subprocess.STDOUT)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            self.text = out.read().decode()
        self.peak_bytes = usage.ru_maxrss * 1024
        self.expect(child.returncode == 0, "failed")
        self.expect(self.peak_bytes < MOST_BYTES, f"took {self.peak_bytes >> 20} MiB of memory")

    def expect(self, holds, what):
        if not holds:
            sys.exit(f"slipway {self.arguments}: {what}\n{self.text}")


def check_model(program, folder, name, weights):
    parameters = 1 + sum(weight.rows * COLUMNS for weight in weights)  # 1: the index of the last row
    stated = sum(path.stat().st_size for path in folder.glob(f"{name}*"))
    disk = sum(path.stat().st_blocks * 512 for path in folder.glob(f"{name}*"))
    runs = [Run(program, folder, "inspect", "--json", name), Run(program, folder, "check", name),
            Run(program, folder, "run", name, "--input", "x.npy", "--output", "y.npy")]
    runs[0].expect(f'"parameters": {parameters},' in runs[0].text, f"does not count {parameters} parameters")
    got = struct.unpack(f"<{COLUMNS}f", (folder / "y.npy").read_bytes()[-ROW_BYTES:])
    want = 0.5 + sum(weight.last for weight in weights)
    runs[2].expect(got == (want,) * COLUMNS, f"gives {got[:3]}..., not {want}")
    print(f"{name}: {stated / GIB:.2f} GiB ({disk >> 10} KiB of disk), most memory of inspect, check, run: "
          f"{', '.join(f'{run.peak_bytes >> 20} MiB' for run in runs)}")


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    gib_rows = GIB // ROW_BYTES
    models = [
        ("one_weight.onnx", write_inline, [Weight("w", gib_rows * 9 // 4, 2), Weight("small", 3, 4)]),
        ("many_weights.onnx", write_inline, [Weight(f"w{i}", gib_rows // 4 + i, 2 ** i) for i in range(18)]),
        ("external_2.onnx", write_external, [Weight("w", gib_rows * 9 // 4, 2), Weight("small", 3, 4)]),
        ("external_4.onnx", write_external, [Weight("w", gib_rows * 17 // 4, 2), Weight("small", 3, 4)]),
    ]
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        (folder / "x.npy").write_bytes(float_npy([0.5] * COLUMNS))
        for name, write, weights in models:
            write(folder / name, weights)
            check_model(program, folder, name, weights)


if __name__ == "__main__":
    main()
