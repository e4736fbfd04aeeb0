"""A delta between two bundles is nearly as short as those of the models within them.

usage: bundle_test.py --program build/bin/slipway
"""

import argparse
import io
import json
import math
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import onnx_bytes as onnx  # noqa: E402
import slip  # noqa: E402

EXTENT = 96
MOST_MORE_BYTES = 1500  # a manifest's new hashes, and where objects stand


def weights(seed):
    chance = random.Random(seed)
    return [chance.gauss(0, 0.05) for _ in range(EXTENT * EXTENT)]


def moved(elements, seed):
    chance = random.Random(seed)
    return [element + chance.gauss(0, 1e-6) for element in elements]


def network(layers, note=""):
    """An ONNX file of products one after the other."""
    nodes = [onnx.node("MatMul", [f"x{i}", f"w{i}"], [f"x{i + 1}"], name=f"layer{i}{note}") for i in range(len(layers))]
    return onnx.model(onnx.graph(nodes, [onnx.value("x0", [1, EXTENT])], [onnx.value(f"x{len(layers)}", [1, EXTENT])],
                                 [onnx.floats(f"w{i}", [EXTENT, EXTENT], layer) for i, layer in enumerate(layers)]))


def compressed(seed):
    """Golden inputs as NumPy may save them: elements of these are no use."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        content = struct.pack("<4000f", *(round(math.sin(i / 9 + seed), 2) for i in range(4000)))
        file.writestr(zipfile.ZipInfo("x.npy"), content)
    return out.getvalue()


def bundle(contents, **more):
    return slip.archive(slip.canonical(slip.manifest_of(contents, **more)), contents.values())


class Deltas:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def run(self, *words):
        return subprocess.run([self.program, *words], cwd=self.folder, capture_output=True, text=True, check=False)

    def make(self, old, new):
        """The delta's report; applied, it gives the new file, or this exits."""
        for name, content in (("old", old), ("new", new)):
            (self.folder / name).write_bytes(content)
        done = self.run("delta", "old", "new", "-o", "delta", "--always", "--json")
        if done.returncode != 0:
            sys.exit(f"slipway delta: {done.stderr}")
        patched = self.run("patch", "old", "delta", "-o", "made")
        if patched.returncode != 0 or (self.folder / "made").read_bytes() != new:
            sys.exit(f"slipway patch gave another file: {patched.stderr}")
        return json.loads(done.stdout)


def expect(holds, what, *numbers):
    if not holds:
        sys.exit(f"{what}: {' '.join(map(str, numbers))}")


def check_models(deltas):
    """Two models and what lies beside them, whose order in the file changes with their hashes."""
    layers = [[weights(i) for i in range(4)], [weights(i) for i in range(4, 7)]]
    tuned = [[moved(layer, i) for i, layer in enumerate(of)] for of in layers]
    before, after = [[network(of) for of in version] for version in (layers, tuned)]
    alone = sum(deltas.make(*pair)["delta_bytes"] for pair in zip(before, after))

    def files(models, seed):
        return {"arm/f32/model.onnx": models[0], "hub/f32/model.onnx": models[1], "arm/f32/golden.npz": compressed(seed),
                "arm/f32/page.html": b"<p>a page that stays</p>" * 300, "empty": b""}

    old = files(before, 1)
    new = files(after, 2)
    orders = set()
    for note in range(6):  # another node's name is another hash
        new["hub/f32/model.onnx"] = network(tuned[1], f"_{note}")
        orders.add(slip.sha256(new["arm/f32/model.onnx"]) < slip.sha256(new["hub/f32/model.onnx"]))
        report = deltas.make(bundle(old), bundle(new, version="1.3.0"))
        expect(report["tensors_changed"] == 7, "tensors that changed", report)
        more = report["delta_bytes"] - alone - len(new["arm/f32/golden.npz"])
        expect(more < MOST_MORE_BYTES, "bytes more than the models' own deltas take", more, "of", alone)
    expect(len(orders) == 2, "the objects' order never changed", orders)
    print(f"the models alone {alone} bytes, a bundle of them at most {MOST_MORE_BYTES} more than that and its new parts")
    return layers, tuned, alone


def check_paths(deltas, layers, tuned):
    """A model that has no path of before, and two that were one."""
    before, after = network(layers[0]), network(tuned[0])
    alone = deltas.make(before, after)["delta_bytes"]
    renamed = deltas.make(bundle({"a/model.onnx": before}), bundle({"b/other.onnx": after}))
    expect(renamed["delta_bytes"] < alone + MOST_MORE_BYTES, "a model of another path", renamed["delta_bytes"], alone)
    unpacked = deltas.make(before, bundle({"a/model.onnx": after}))
    expect(unpacked["delta_bytes"] < alone + MOST_MORE_BYTES, "from a model to its bundle", unpacked["delta_bytes"], alone)
    parted = deltas.make(bundle({"a/model.onnx": before, "b/model.onnx": before}),
                         bundle({"a/model.onnx": before, "b/model.onnx": after}))
    expect(parted["delta_bytes"] < alone + MOST_MORE_BYTES, "two models that were one", parted["delta_bytes"], alone)


def check_hostile(deltas, layers, tuned):
    """What is no bundle to the byte is bytes: no tensor is looked for, and the delta still gives the file."""
    contents = [{"a/model.onnx": network(of)} for of in (layers[0], tuned[0])]
    manifest = slip.canonical(slip.manifest_of(contents[1]))
    good = bundle(contents[1])
    larger = json.loads(manifest)
    larger["files"][0]["bytes"] += 1 << 52
    lies = {
        "cut short": good[:-1],
        "cut within its manifest": good[:100],
        "cut within its header": good[:20],
        "a manifest of 4 GiB": good[:12] + b"\xff\xff\xff\xff" + good[16:],
        "another hash": good[:16] + bytes(32) + good[48:],
        "a manifest that is none": slip.header(b"{}") + b"{}" + good,
        "a file of 4 PiB": slip.archive(slip.canonical(larger), contents[1].values()),
    }
    for name, new in lies.items():
        report = deltas.make(bundle(contents[0]), new)
        expect(report["tensors_changed"] == 0, name, report)
        deltas.make(new, good)
    # Its tensors say that they reach beyond the object: the next one is not theirs.
    broken = network(layers[0])[:-5000]
    report = deltas.make(bundle({"a/model.onnx": broken, "b": b"b" * 9000}), bundle({"a/model.onnx": broken, "b": b"c"}))
    expect(report["tensors"] == 0, "a model that is cut short", report)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, type=lambda path: pathlib.Path(path).resolve())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        deltas = Deltas(options.program, pathlib.Path(folder))
        layers, tuned, _ = check_models(deltas)
        check_paths(deltas, layers, tuned)
        check_hostile(deltas, layers, tuned)


if __name__ == "__main__":
    main()
