#!/usr/bin/env python3
"""Quantised example models in ONNX Runtime: they load, lose no more than they may, lose no more than those that
onnxruntime.quantization writes, and give what Slipway's own engine gives; where all is integers, the very same bytes.

usage: reference_test.py SLIPWAY
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import onnx

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import exact  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DIGITS = ROOT / "examples" / "digits"
AUTOPILOT = ROOT / "examples" / "autopilot"
THEIRS = ROOT / "bench" / "quantize" / "theirs.py"
SLIPWAY = None
# To what, and how.
FORMS = (["--to", "int8"], ["--to", "uint8"], ["--to", "int8", "--symmetric"], ["--to", "int8", "--per-tensor"],
         ["--to", "uint8", "--format", "qoperator"], ["--to", "int8", "--format", "qoperator"],
         ["--to", "int8", "--dynamic"], ["--to", "int8-weights"], ["--to", "fp16", "--keep-io"], ["--to", "bf16"])


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))} ended with {done.returncode}: {done.stderr[-2000:]}")


def in_onnxruntime(model, data, optimised=True):
    session = exact.session(model, optimised)
    return session.run(None, {session.get_inputs()[0].name: data})


def relative_error(wanted, given):
    return float(np.abs(given - wanted).mean() / np.abs(wanted).mean())


class Reference(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.images = np.load(DIGITS / "test.npz")["image"]
        self.labels = np.load(DIGITS / "test_labels.npy")

    def quantize(self, model, samples, *options):
        output = self.folder / "quantized.onnx"
        given = [] if "--dynamic" in options else ["--samples", samples]
        run(SLIPWAY, "quantize", model, "-o", output, *options, *given)
        return output

    def by_plan(self, model, data):
        np.save(self.folder / "data.npy", data)
        plan, result = self.folder / "model.plan", self.folder / "result.npy"
        run(SLIPWAY, "compile", model, "-o", plan, "--batch", len(data))
        run(SLIPWAY, "run", plan, "--input", self.folder / "data.npy", "--output", result)
        return np.load(result)

    def accuracy(self, scores):
        return float((scores.argmax(1) == self.labels).mean())

    def test_digits_lose_no_more_than_they_may(self):
        for name in ("plain", "separable"):
            wanted = in_onnxruntime(DIGITS / f"{name}.onnx", self.images)[0]
            most = {"int8": 0.005, "uint8": 0.005, "int8-weights": 0.005, "bf16": 0.005, "fp16": 0.0001}
            for form in FORMS:
                if "--dynamic" in form or "--per-tensor" in form:
                    continue
                with self.subTest(model=name, form=" ".join(form)):
                    model = self.quantize(DIGITS / f"{name}.onnx", DIGITS / "calibration.npz", *form)
                    for optimised in (True, False):
                        given = in_onnxruntime(model, self.images, optimised)[0]
                        self.assertGreaterEqual(self.accuracy(given), self.accuracy(wanted) - most[form[1]])
                        self.assertGreater(relative_error(wanted, given), 0)

    def test_plain_extremes_per_tensor_lose_three_times_as_much(self):
        wanted = self.accuracy(in_onnxruntime(DIGITS / "separable.onnx", self.images)[0])
        plain = self.quantize(DIGITS / "separable.onnx", DIGITS / "calibration.npz", "--to", "int8", "--per-tensor",
                              "--calibrate", "minmax", "--no-equalize", "--no-bias-correction")
        lost = wanted - self.accuracy(in_onnxruntime(plain, self.images)[0])
        ours = self.quantize(DIGITS / "separable.onnx", DIGITS / "calibration.npz", "--to", "int8")
        self.assertGreater(lost, 0.015)
        self.assertGreaterEqual(lost, 3 * (wanted - self.accuracy(in_onnxruntime(ours, self.images)[0])))

    def test_the_autopilot_steers_as_before(self):
        data = np.load(AUTOPILOT / "recorded_input.npy")
        wanted = in_onnxruntime(AUTOPILOT / "autopilot.onnx", data)[0]
        full_scale = 2.0  # hard to port to hard to starboard
        for form, most in ((["--to", "int8"], 0.01), (["--to", "int8", "--dynamic"], 0.01),
                           (["--to", "int8-weights"], 0.01), (["--to", "fp16", "--keep-io"], 0.0005)):
            with self.subTest(form=" ".join(form)):
                model = self.quantize(AUTOPILOT / "autopilot.onnx", AUTOPILOT / "recorded_input.npy", *form)
                given = in_onnxruntime(model, data)[0]
                self.assertLessEqual(relative_error(wanted, given), most)
                if form[1] == "fp16":
                    self.assertLessEqual(np.abs(given - wanted).mean() / full_scale, 0.0001)

    def test_no_worse_than_onnxruntime(self):
        for name in ("plain", "separable"):
            source, samples = DIGITS / f"{name}.onnx", DIGITS / "calibration.npz"
            wanted = in_onnxruntime(source, self.images)[0]
            for ours, theirs in (("minmax", "MinMax"), ("entropy", "Entropy"), ("percentile", "Percentile")):
                with self.subTest(model=name, ranges=ours):
                    other = self.folder / "theirs.onnx"
                    run(sys.executable, THEIRS, source, other, samples, "static", theirs)
                    a = in_onnxruntime(self.quantize(source, samples, "--to", "uint8", "--calibrate", ours),
                                       self.images)[0]
                    b = in_onnxruntime(other, self.images)[0]
                    self.assertGreaterEqual(self.accuracy(a), self.accuracy(b))
                    self.assertLessEqual(relative_error(wanted, a), relative_error(wanted, b))

    def test_recurrent_layers_no_worse_than_onnxruntime(self):
        source, samples = AUTOPILOT / "autopilot.onnx", AUTOPILOT / "recorded_input.npy"
        data = np.load(samples)
        wanted = in_onnxruntime(source, data)[0]
        other = self.folder / "theirs.onnx"
        # Its static models leave recurrent layers in float; its dynamic ones have them in bytes.
        run(sys.executable, THEIRS, source, other, samples, "dynamic")
        theirs = relative_error(wanted, in_onnxruntime(other, data)[0])
        for form in (["--to", "int8"], ["--to", "int8", "--dynamic"]):
            self.assertLessEqual(relative_error(wanted, in_onnxruntime(self.quantize(source, samples, *form), data)[0]),
                                 theirs)

    def test_both_engines_agree(self):
        for name in ("plain", "separable"):
            for form in FORMS:
                with self.subTest(model=name, form=" ".join(form)):
                    model = self.quantize(DIGITS / f"{name}.onnx", DIGITS / "calibration.npz", *form)
                    # Of each sample alone: dynamic ranges are those of a whole run.
                    images = self.images[:1] if "--dynamic" in form else self.images
                    wanted, given = in_onnxruntime(model, images)[0], self.by_plan(model, images)
                    # Q/DQ around float operators leave roundings to the engine; a step is below 3 % of the scores.
                    self.assertLess(relative_error(wanted, given), 0.01)
                    self.assertGreaterEqual((wanted.argmax(1) == given.argmax(1)).mean(), 0.995)

    def test_integers_agree_to_the_last_bit(self):
        for name in ("plain", "separable"):
            for to in ("int8", "uint8"):
                with self.subTest(model=name, to=to):
                    path = self.quantize(DIGITS / f"{name}.onnx", DIGITS / "calibration.npz", "--to", to, "--format",
                                         "qoperator")
                    model = onnx.load(path)
                    bytes_made = [node.output[0] for node in model.graph.node if node.op_type == "QLinearConv"]
                    self.assertGreaterEqual(len(bytes_made), 4)
                    kind = onnx.TensorProto.INT8 if to == "int8" else onnx.TensorProto.UINT8
                    del model.graph.output[:]
                    model.graph.output.append(onnx.helper.make_tensor_value_info(bytes_made[-1], kind, None))
                    onnx.save(model, path)
                    wanted = in_onnxruntime(path, self.images)[0]
                    self.assertGreater(len(np.unique(wanted)), 50)
                    np.testing.assert_array_equal(self.by_plan(path, self.images), wanted)


if __name__ == "__main__":
    SLIPWAY = pathlib.Path(sys.argv.pop(1)).absolute()
    unittest.main()
