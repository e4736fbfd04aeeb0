"""Arrays in every form NumPy saves them go through an Identity model and come back as they were."""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import ml_dtypes
import numpy as np
from onnx import TensorProto, helper, save

NUMBERS = {
    "float": "f4", "double": "f8", "float16": "f2", "int8": "i1", "int16": "i2", "int32": "i4", "int64": "i8",
    "uint8": "u1", "uint16": "u2", "uint32": "u4", "uint64": "u8",
}
SHAPES = [(), (0,), (5,), (2, 3), (2, 0, 3), (2, 3, 4)]


def array_of(kind, shape, random):
    """Random bits, so that every NaN is among them sooner or later."""
    count = int(np.prod(shape)) * np.dtype(kind).itemsize
    return np.frombuffer(random.bytes(count), dtype=kind).reshape(shape)


def identity_model(path, element_type):
    value = helper.make_tensor_value_info
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "identity",
                              [value("x", element_type, None)], [value("y", element_type, None)])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 24)], ir_version=12), path)


def same(wanted, got):
    return wanted.dtype == got.dtype and wanted.shape == got.shape and wanted.tobytes() == got.tobytes()


class Cases:
    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)
        self.passed = self.failed = 0

    def run(self, label, given, made, wanted):
        """Runs the model on the file `given` and compares the array in the file `made`."""
        done = subprocess.run([self.program, "run", self.folder / "m.onnx", "--input", given, "--output", made],
                              capture_output=True, text=True, errors="replace", timeout=60, check=False)
        if done.returncode != 0:
            return self.fail(label, f"slipway run ended with {done.returncode}: {done.stderr.strip()}")
        loaded = np.load(made)
        got = loaded if made.suffix == ".npy" else loaded["y"]
        if not same(wanted, got):
            return self.fail(label, f"{got.dtype}{got.shape}, wanted {wanted.dtype}{wanted.shape}")
        self.passed += 1
        return None

    def fail(self, label, what):
        self.failed += 1
        print(f"FAILED {label}: {what}")

    def npy(self, label, array, wanted, version=None):
        given = self.folder / "x.npy"
        with open(given, "wb") as file:
            np.lib.format.write_array(file, array, version=version)
        self.run(label, given, self.folder / "y.npy", wanted)

    def npz(self, label, array, wanted):
        for save_archive in (np.savez, np.savez_compressed):
            given = self.folder / "x.npz"
            save_archive(given, x=array)
            self.run(f"{label}, {save_archive.__name__}", given, self.folder / "y.npz", wanted)


def number_cases(cases, random):
    for name, kind in NUMBERS.items():
        identity_model(cases.folder / "m.onnx", getattr(TensorProto, name.upper()))
        for shape in SHAPES:
            array = array_of(kind, shape, random)
            cases.npy(f"{name}{shape}", array, array)
        array = array_of(kind, (2, 3, 4), random)
        cases.npy(f"{name}, Fortran order", np.asfortranarray(array), array)
        cases.npy(f"{name}, big-endian", array.astype(array.dtype.newbyteorder(">")), array)
        cases.npy(f"{name}, version 3", array, array, (3, 0))
        cases.npz(name, array, array)


def other_cases(cases, random):
    identity_model(cases.folder / "m.onnx", TensorProto.BOOL)
    flags = np.array([[True, False], [False, True]])
    cases.npy("bool", flags, flags)
    identity_model(cases.folder / "m.onnx", TensorProto.STRING)
    text = np.array([["helm", "rüdder"], ["", "舵"]])
    cases.npy("text", text, text)
    cases.npy("text, big-endian", text.astype(">U6"), text)
    cases.npy("text, bytes", np.array([b"a", b"bc"]), np.array(["a", "bc"]))
    cases.npz("text", text, text)
    identity_model(cases.folder / "m.onnx", TensorProto.BFLOAT16)
    narrow = array_of("u2", (7,), random).view(ml_dtypes.bfloat16)
    cases.npy("bfloat16 of ml_dtypes", narrow, narrow.view("u2").view([("bfloat16", "<u2")]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slipway", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        cases = Cases(options.slipway, folder)
        number_cases(cases, random)
        other_cases(cases, random)
    print(f"seed {options.seed}: {cases.passed} passed, {cases.failed} failed")
    return 0 if cases.failed == 0 and cases.passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
