"""The files that the rows of rows.py name."""

import io
import struct
import zipfile

import slip
from onnx_bytes import (INT64, external, floats, graph, model, node, number, text, value)


def npy(descr, shape, payload):
    """A .npy file, version 1."""
    head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape!r}, }}".encode()
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + payload


def float_npy(shape, elements):
    return npy("<f4", shape, struct.pack(f"<{len(elements)}f", *elements))


def archive(contents):
    """A zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as files:
        for name, content in contents.items():
            files.writestr(name, content)
    return out.getvalue()


def npz(arrays):
    return archive({f"{name}.npy": content for name, content in arrays.items()})


X, Y = value("x", ["batch", 3]), value("y", ["batch", 3])


def unary(op, inputs=(X,), outputs=(Y,), **more):
    return model(graph([node(op, ["x"], ["y"], name="only")], inputs, outputs), **more)


def chain(count, last="Abs"):
    """count Abs nodes in a row, the last of them another operator."""
    names = ["x"] + [f"v{i}" for i in range(count - 1)] + ["y"]
    return [node("Abs" if i + 1 < count else last, [names[i]], [names[i + 1]], name=f"n{i}") for i in range(count)]


def nested(depth):
    """If in If in If ..."""
    leaf = graph([node("Abs", ["x"], ["out"])], [], [value("out", None)], name="leaf")
    body = leaf
    for level in range(depth):
        inner = node("If", ["c"], ["out"], name=f"if{level}", then_branch=body, else_branch=leaf)
        body = graph([inner], [], [value("out", None)], name=f"level{level}")
    return model(graph([node("If", ["c"], ["y"], name="top", then_branch=body, else_branch=leaf)],
                       [X, value("c", [], 9)], [value("y", None)]))


TINY = model(graph(
    [node("Add", ["x", "w"], ["sum"], name="shift"), node("Abs", ["sum"], ["y"], name="size")],
    [X], [Y], [floats("w", [3], [1, 2, 3])], name="tiny"))
TWO = model(graph(
    [node("Add", ["a", "b"], ["sum"]), node("Sub", ["a", "b"], ["gap"])],
    [value("a", ["n"]), value("b", ["n"])], [value("sum", ["n"]), value("gap", ["n"])], name="two"))


def waves(count, step):
    """Numbers from -1 to 1 that look like weights."""
    return [((7 * i * step) % 23 - 11) / 11 for i in range(count)]


DENSE = model(graph(
    [node("MatMul", ["x", "w"], ["p"], name="first"), node("Relu", ["p"], ["r"], name="bend"),
     node("MatMul", ["r", "v"], ["y"], name="second")],
    [value("x", ["batch", 4])], [value("y", ["batch", 3])],
    [floats("w", [4, 20], waves(80, 3)), floats("v", [20, 3], waves(60, 5))], name="dense"))

FILES = {
    # Good.
    "tiny.onnx": TINY,
    "two.onnx": TWO,
    "dense.onnx": DENSE,
    "rows.npz": npz({"x": float_npy((16, 4), waves(64, 2))}),
    "classes.npy": npy("<i8", (16,), struct.pack("<16q", *([0, 1, 2, 2] * 4))),
    "wrong_extent.onnx": unary("Abs", outputs=(value("y", ["batch", 7]),)),
    "x.npy": float_npy((2, 3), [-1, -2, -3, 4, 5, 6]),
    "row.npy": float_npy((3,), [1, 2, 3]),
    "three.npy": float_npy((3,), [7, 8, 9]),
    "four.npy": float_npy((4,), [1, 2, 3, 4]),
    "double.npy": npy("<f8", (2, 3), bytes(48)),
    "yes.npy": npy("|b1", (), b"\1"),
    "x.pb": floats("", [2, 3], [1, 2, 3, 4, 5, 6]),
    "pair.npz": npz({"b": float_npy((2,), [1, 2]), "a": float_npy((2,), [10, 20])}),
    "many.npy": float_npy((40, 3), range(120)),

    # Not models.
    "empty.onnx": b"",
    "text.onnx": b"this is a shopping list: milk, bread\n",
    "readme.onnx": b"# Autopilot\n\nTrained in May \xe2\x80\x94 ask Ada.\n",
    "web_page.onnx": b"\n<!doctype html>\n<title>404</title>\n",
    "json.onnx": b'{"format": "onnx"}\n',
    "lfs_pointer.onnx": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "zip.onnx": b"PK\x03\x04" + bytes(60),
    "torch.onnx": archive({"model/data.pkl": b"\x80\x02}q\x00."}),
    "arrays.onnx": npz({"a": float_npy((2,), [1, 2])}),
    "pickle.onnx": b"\x80\x04\x95\x0b\0\0\0\0\0\0\0\x8c\x07sklearn\x94.",
    "tflite.onnx": struct.pack("<I", 28) + b"TFL3" + bytes(24),
    "engine.onnx": b"ptrt" + bytes(60),
    "frozen.onnx": text(1, text(1, "x") + text(2, "Placeholder")) + text(1, text(1, "y") + text(2, "Relu")),
    "safetensors.onnx": struct.pack("<Q", 64) + b'{"weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}     ',
    "tensor.onnx": floats("", [2, 3], [1, 2, 3, 4, 5, 6]),
    "zeros.onnx": bytes(5000),
    "noise.onnx": bytes((7 * i + 0x66) % 256 for i in range(100)),
    "truncated.onnx": TINY[:len(TINY) // 2],
    "no_graph.onnx": number(1, 8) + text(8, text(1, "") + number(2, 13)),
    "bomb.onnx": number(1, 8) + b"\x3a\xff\xff\xff\xff\x7f",  # a graph of 32 GiB, says its length

    # Models that break the rules.
    "cycle.onnx": model(graph([node("Add", ["x", "b"], ["a"], name="first"),
                               node("Abs", ["a"], ["b"], name="second"),
                               node("Abs", ["b"], ["y"], name="last")], [X], [Y])),
    "missing.onnx": model(graph([node("Add", ["x", "weight"], ["y"], name="only")], [X], [Y])),
    "duplicate.onnx": model(graph([node("Abs", ["x"], ["y"], name="one"), node("Neg", ["x"], ["y"], name="two")],
                                  [X], [Y])),
    "no_output.onnx": model(graph([node("Abs", ["x"], ["z"], name="only")], [X], [Y])),
    "no_opset.onnx": unary("Abs", opsets=()),
    "new_opset.onnx": unary("Abs", opsets=(("", 9999),)),
    "type_clash.onnx": unary("Abs", outputs=(value("y", ["batch", 3], INT64),)),
    "rank_clash.onnx": unary("Abs", outputs=(value("y", ["batch", 3, 1]),)),
    "shape_clash.onnx": model(graph([node("Add", ["x", "w"], ["y"], name="only")], [X], [Y],
                                    [floats("w", [4], [1, 2, 3, 4])])),
    "input_type.onnx": model(graph([node("Add", ["x", "k"], ["y"], name="only")], [X, value("k", [3], INT64)], [Y])),
    "arity.onnx": model(graph([node("Abs", ["x", "x"], ["y"], name="only")], [X], [Y])),
    "attribute.onnx": model(graph([node("Abs", ["x"], ["y"], name="only", speed=3)], [X], [Y])),
    "unknown.onnx": model(graph(chain(3, last="Frobnicate"), [X], [Y])),
    "unknown_domain.onnx": model(graph([node("Whirl", ["x"], ["y"], name="only", domain="com.example")], [X], [Y]),
                                 opsets=(("", 13), ("com.example", 2))),
    "too_early.onnx": unary("Mish", opsets=(("", 12),)),
    "negative_dim.onnx": model(graph([node("Add", ["x", "w"], ["y"], name="only")], [X], [Y],
                                     [floats("w", [-3], [1, 2, 3])])),
    "enormous_dim.onnx": model(graph([node("Add", ["x", "w"], ["y"], name="only")], [X], [Y],
                                     [floats("w", [1 << 40, 1 << 20], [1, 2, 3])])),
    "wrapping_dim.onnx": model(graph([node("Add", ["x", "w"], ["y"], name="only")], [X], [Y],
                                     [floats("w", [1 << 32, 1 << 32], [])])),
    "enormous_input.onnx": model(graph([node("Abs", ["x"], ["y"], name="only")],
                                       [value("x", [1 << 40, 1 << 40])], [value("y", None)])),
    "short_data.onnx": model(graph([node("Add", ["x", "w"], ["y"], name="only")], [X], [Y],
                                   [floats("w", [3], [1, 2])])),
    "nested.onnx": nested(5),
    "nested_deep.onnx": nested(200),
    "outside.onnx": model(graph([node("Add", ["x", "w"], ["y"], name="only")], [X], [Y],
                                [external("w", [3], {"location": "../../etc/passwd"})])),
    "absolute.onnx": model(graph([node("Add", ["x", "w"], ["y"], name="only")], [X], [Y],
                                 [external("w", [3], {"location": "/etc/passwd"})])),
    "no_data.onnx": model(graph([node("Add", ["x", "w"], ["y"], name="only")], [X], [Y],
                                [external("w", [3], {"location": "weights.bin"})])),
    "short_external.onnx": model(graph([node("Add", ["x", "w"], ["y"], name="only")], [X], [Y],
                                       [external("w", [3], {"location": "short.bin", "offset": 8})])),
    "short.bin": bytes(10),
    "terminal.onnx": model(graph([node("Frob\x1b[31m", ["x"], ["y"], name="\x1b]0;owned\x07\r")], [X], [Y],
                                 name="\x1b[2J")),

    # For plans: one operator with a kernel of its own, one without.
    "steps.onnx": model(graph([node("Abs", ["x"], ["a"], name="size"),
                               node("LpNormalization", ["a"], ["y"], name="even", axis=0)], [X], [Y])),
    "product.onnx": model(graph([node("MatMul", ["x", "w"], ["m"], name="product"),
                                 node("Relu", ["m"], ["y"], name="positive")], [X], [Y],
                                [floats("w", [3, 3], [0.1, -2, 3, 0.4, 5, -6, 0.7, 8, 9])])),
    "classes.onnx": model(graph([node("Softmax", ["x"], ["y"], name="shares")], [X], [Y])),
    "near_classes.onnx": model(graph([node("Mul", ["x", "w"], ["m"], name="near"),
                                      node("Softmax", ["m"], ["y"], name="shares")], [X], [Y],
                                     [floats("w", [3], [1, 0.875, 1])])),
    "ratio.onnx": model(graph([node("Div", ["x", "w"], ["y"], name="ratio")], [X], [Y],
                              [floats("w", [3], [1, 0, 1])])),
    "wide.onnx": model(graph([node("Abs", ["x"], ["y"], name="size")], [value("x", ["batch", 4])],
                             [value("y", ["batch", 4])])),
    "labelled.npz": npz({"x": float_npy((3, 3), [0, 1, 2, 2, 2.125, 0, 3, 0, 1]),
                         "labels": npy("|i1", (3,), b"\2\1\0")}),
    "damaged.plan": b"SLIPPLAN" + bytes(300),

    # Data that is none.
    "not.npy": b"hello",
    "cut.npy": float_npy((2, 3), [1, 2, 3, 4, 5, 6])[:-5],
    "huge.npy": npy("<f4", (1 << 40, 1 << 20), b""),
    "data.csv": b"1,2,3\n",
}


def recipe(model, rest=""):
    return f'[model]\nname = "tiny"\nversion = "1.0.0"\nfile = "{model}"\n{rest}'.encode()


FILES |= {
    "misspelt.toml": recipe("tiny.onnx", "[budget]\np99_latency_sm = 5\n"),
    "absent_model.toml": recipe("absent.onnx"),
    "bad_model.toml": recipe("unknown.onnx"),
    "no_engine.toml": recipe("tiny.onnx", '[build]\nengines = "natve"\n'),
    "wrong_input.toml": recipe("tiny.onnx", "[inputs.pictures]\nrate_hz = 5\n"),
}


TARGETS = [
    {"file": "rover/plan", "name": "rover", "needs": {"engine": "abacus", "engine_version": "2.0", "memory_bytes": 1 << 20,
                                                       "qubits": 5},
     "options": {"beads": "13"}, "parts": {}, "precision": "int8", "threads": 2},
    {"file": "desk/plan", "name": "desk", "needs": {}, "options": {}, "parts": {"onnx": "desk/onnx"}, "precision": "f32",
     "threads": 1}]
CONTENTS = {"rover/plan": b"plan" * 400, "desk/plan": b"plan", "desk/onnx": b"onnx" * 3}
MANIFEST = slip.canonical(slip.manifest_of(CONTENTS, targets=TARGETS))
SLIP = slip.archive(MANIFEST, CONTENTS.values())
HERE_ALONE = slip.canonical(slip.manifest_of(CONTENTS, targets=TARGETS[:1]))


def hostile(**more):
    manifest = slip.canonical(slip.manifest_of({"a": b"x"}, **more))
    return slip.archive(manifest, [b"x"])


FILES |= {
    "boat.slip": SLIP,
    "boat.json": MANIFEST,
    "rover.slip": slip.archive(HERE_ALONE, CONTENTS.values()),
    "cut.slip": SLIP[:-1],
    "cut_header.slip": SLIP[:40],
    "changed.slip": SLIP[:-1] + b"?",
    "text_mode.slip": SLIP.replace(b"\r\n", b"\n"),
    "future.slip": SLIP[:8] + b"\2" + SLIP[9:],
    "climbing.slip": hostile(files=[slip.file_entry("../../etc/cron.d/x", b"x")]),
    "absolute.slip": hostile(files=[slip.file_entry("/etc/cron.d/x", b"x")]),
    "terminal.slip": hostile(name="\x1b]0;owned\x07"),
    "tiny.delta": b"SLDL\3" + bytes(60),
    "pretty.json": MANIFEST.replace(b",", b", "),
}
