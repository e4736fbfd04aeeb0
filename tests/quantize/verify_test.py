#!/usr/bin/env python3
"""The figures of slipway verify next to those that numpy computes from what ONNX Runtime answers on the same two models,
sample by sample: with ONNX Runtime as verify's engine they are the same, with Slipway's own as near as two engines
are.

usage: verify_test.py SLIPWAY
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import onnxruntime

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import exact  # noqa: E402

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
DIGITS, PITWALL, AUTOPILOT = EXAMPLES / "digits", EXAMPLES / "pitwall", EXAMPLES / "autopilot"
LABELS = DIGITS / "test_labels.npy"
LIBRARY = next((pathlib.Path(onnxruntime.__file__).parent / "capi").glob("libonnxruntime.so*"))
SLIPWAY = None
# Model, samples to quantise with, samples to verify on, labels, and how it is quantised.
CASES = {
    "plain int8": (DIGITS / "plain.onnx", DIGITS / "calibration.npz", DIGITS / "test.npz", LABELS, ["--to", "int8"]),
    "separable extremes": (DIGITS / "separable.onnx", DIGITS / "calibration.npz", DIGITS / "test.npz", LABELS,
                           ["--to", "int8", "--per-tensor", "--calibrate", "minmax", "--no-equalize",
                            "--no-bias-correction"]),
    "separable integers": (DIGITS / "separable.onnx", DIGITS / "calibration.npz", DIGITS / "test.npz", LABELS,
                           ["--to", "uint8", "--format", "qoperator"]),
    "TCN uint8": (PITWALL / "tcn.onnx", PITWALL / "recorded_telemetry.npy", PITWALL / "recorded_telemetry.npy", None,
                  ["--to", "uint8"]),
    "autopilot int8": (AUTOPILOT / "autopilot.onnx", AUTOPILOT / "recorded_input.npy",
                       AUTOPILOT / "recorded_input.npy", None, ["--to", "int8"]),
}
WORST = 3


def run(*words, may_fail=False):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode != 0 and not may_fail:
        raise AssertionError(f"{' '.join(map(str, words))} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done


def load(path):
    arrays = np.load(path)
    return arrays[arrays.files[0]] if hasattr(arrays, "files") else arrays


def answers(model, data, are_exact):
    if are_exact:
        session = exact.session(model)
    else:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.concatenate([session.run(None, {name: row[None]})[0] for row in data]).astype(np.float64)


def figures(given, wanted, labels):
    """What verify says, by the definitions of its --help and of libs/measure/result.h."""
    error = np.abs(given - wanted)
    means = error.reshape(len(error), -1).mean(1)
    row = {"elements": error.size, "max_error": error.max(), "mean_error": error.mean(),
           "mean_size": np.abs(wanted).mean(), "relative_error": error.mean() / np.abs(wanted).mean(),
           "cosine": np.vdot(given, wanted) / (np.linalg.norm(given) * np.linalg.norm(wanted)),
           "sqnr_db": 10 * np.log10(np.square(wanted).sum() / np.square(given - wanted).sum())}
    if labels is not None:
        row["top1_agreement"] = (given.argmax(1) == wanted.argmax(1)).mean()
        row["accuracy"] = (given.argmax(1) == labels).mean()
        row["reference_accuracy"] = (wanted.argmax(1) == labels).mean()
    return row, np.argsort(-means, kind="stable")[:WORST], means / row["mean_size"]


class Verify(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.models = {}
        for name, (model, learned_from, _, _, options) in CASES.items():
            cls.models[name] = cls.folder / f"{name.replace(' ', '_')}.onnx"
            run(SLIPWAY, "quantize", model, "-o", cls.models[name], "--samples", learned_from, *options)

    def verify(self, name, *options, may_fail=False):
        model, _, samples, labels, _ = CASES[name]
        labelled = [] if labels is None else ["--labels", labels]
        done = run(SLIPWAY, "verify", self.models[name], "--against", model, "--samples", samples, *labelled, "--json",
                   "--worst", WORST, *options, may_fail=may_fail)
        return json.loads(done.stdout), done.returncode

    def by_numpy(self, name, are_exact):
        model, _, samples, labels, _ = CASES[name]
        data = load(samples)
        given, wanted = answers(self.models[name], data, are_exact), answers(model, data, False)
        return figures(given, wanted, None if labels is None else load(labels))

    def assert_near(self, told, wanted, nearness, places):
        """`told` of a figure within `nearness` of its size, shares of samples within `places` samples."""
        output = told["outputs"][0]
        for figure, value in wanted.items():
            if figure in ("accuracy", "reference_accuracy"):
                given = told["accuracy"]["candidate" if figure == "accuracy" else "reference"]
            else:
                given = output[figure]
            with self.subTest(figure=figure):
                if figure in ("top1_agreement", "accuracy", "reference_accuracy"):
                    self.assertLessEqual(abs(given - value) * told["samples"], places + 1e-6)
                elif figure == "cosine":
                    self.assertLessEqual(abs(given - value), nearness * (1 - value) + 1e-12)
                elif figure == "sqnr_db":
                    self.assertLessEqual(abs(given - value), 10 * nearness)
                else:
                    self.assertLessEqual(abs(given - value), nearness * value)

    def test_the_same_by_onnxruntime(self):
        engine = ["--engine", "onnxruntime", "--engine-option", f"library={LIBRARY}", "--reference-engine",
                  "onnxruntime", "--reference-engine-option", f"library={LIBRARY}"]
        for name in CASES:
            with self.subTest(case=name):
                told, _ = self.verify(name, *engine)
                wanted, worst, means = self.by_numpy(name, are_exact=False)
                self.assert_near(told, wanted, 1e-6, 0)
                self.assertEqual([row["sample"] for row in told["worst"]], worst.tolist())
                np.testing.assert_allclose([row["relative_error"] for row in told["worst"]], means[worst], rtol=1e-6)

    def test_near_by_slipway(self):
        for name in CASES:
            with self.subTest(case=name):
                told, _ = self.verify(name)
                # A rounding that falls the other way is a step of one value; there are many of them.
                self.assert_near(told, self.by_numpy(name, are_exact=True)[0], 0.05, 2)

    def test_the_budget_is_that_of_the_figures(self):
        for name in ("plain int8", "separable extremes"):
            told, _ = self.verify(name)
            error, drop = told["outputs"][0]["relative_error"], told["accuracy"]["drop"]
            self.assertGreater(error, 0)
            for option, limit in (("--max-diff", error), ("--max-drop", drop)):
                if limit <= 0:
                    continue
                with self.subTest(case=name, option=option):
                    self.assertEqual(self.verify(name, option, limit * 1.001)[1], 0)
                    self.assertEqual(self.verify(name, option, limit * 0.999, may_fail=True)[1], 1)
        self.assertGreater(drop, 0, "of the last, which plain extremes of whole tensors cost accuracy")


if __name__ == "__main__":
    SLIPWAY = pathlib.Path(sys.argv.pop(1)).absolute()
    unittest.main()
