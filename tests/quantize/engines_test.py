#!/usr/bin/env python3
"""Example models in every form that slipway quantize writes, in ONNX Runtime and in Slipway: they load and agree; and
each operator that ONNX defines to the last bit gives the same numbers in both, in every file that holds one.

usage: engines_test.py SLIPWAY
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

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
MODELS = {
    "plain": (EXAMPLES / "digits" / "plain.onnx", EXAMPLES / "digits" / "calibration.npz"),
    "separable": (EXAMPLES / "digits" / "separable.onnx", EXAMPLES / "digits" / "calibration.npz"),
    "TCN": (EXAMPLES / "pitwall" / "tcn.onnx", EXAMPLES / "pitwall" / "recorded_telemetry.npy"),
    "autopilot": (EXAMPLES / "autopilot" / "autopilot.onnx", EXAMPLES / "autopilot" / "recorded_input.npy"),
}
FORMS = (["--to", "int8"], ["--to", "uint8"], ["--to", "int8", "--symmetric"], ["--to", "uint8", "--per-tensor"],
         ["--to", "int8", "--format", "qoperator"], ["--to", "uint8", "--format", "qoperator"],
         ["--to", "int8", "--dynamic"], ["--to", "uint8", "--dynamic"], ["--to", "int8-weights"], ["--to", "fp16"],
         ["--to", "fp16", "--keep-io"], ["--to", "bf16"])
# Of whole numbers, or of floats that follow from them by one operation. No file holds a QLinearMatMul, which takes no
# bias: tests/differential compares it.
EXACT = ("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "MatMulInteger", "ConvInteger")
SLIPWAY = None
SAMPLES = 8
# What two engines' roundings in float move: by a step where bytes follow, by the last bits of halves, else by those of
# floats. Of the outputs' mean size.
NEAR = {"int8": 0.01, "uint8": 0.01, "int8-weights": 1e-5, "fp16": 0.005, "bf16": 1e-5}


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))} ended with {done.returncode}: {done.stderr[-2000:]}")


def load(path):
    arrays = np.load(path)
    return arrays[arrays.files[0]] if hasattr(arrays, "files") else arrays


def in_onnxruntime(model, feeds, optimised=True):
    session = exact.session(model, optimised)
    return dict(zip([output.name for output in session.get_outputs()], session.run(None, feeds)))


def is_half(form):
    return form[1] == "fp16" and "--keep-io" not in form


def make_perceptron(folder):
    """Three products of matrices, of which the examples have none between others; and samples for it."""
    chance = np.random.default_rng(5)
    sizes, nodes, constants, value = (24, 32, 48, 6), [], [], "x"
    for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        is_last = i + 2 == len(sizes)
        for name, shape in ((f"w{i}", (inputs, outputs)), (f"b{i}", (outputs,))):
            constants.append(onnx.numpy_helper.from_array(chance.normal(0, 0.3, shape).astype(np.float32), name))
        nodes += [onnx.helper.make_node("MatMul", [value, f"w{i}"], [f"product{i}"]),
                  onnx.helper.make_node("Add", [f"product{i}", f"b{i}"], ["y" if is_last else f"sum{i}"])]
        if not is_last:
            nodes.append(onnx.helper.make_node("Relu", [f"sum{i}"], [f"layer{i}"]))
        value = f"layer{i}"
    kind = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(nodes, "perceptron", [onnx.helper.make_tensor_value_info("x", kind, ["n", 24])],
                                   [onnx.helper.make_tensor_value_info("y", kind, ["n", 6])], constants)
    model, samples = folder / "perceptron.onnx", folder / "perceptron.npy"
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8), model)
    np.save(samples, chance.normal(size=(64, 24)).astype(np.float32))
    return model, samples


class Engines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        MODELS["perceptron"] = make_perceptron(pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory())))

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def quantize(self, name, form):
        model, samples = MODELS[name]
        output = self.folder / "quantized.onnx"
        given = [] if "--dynamic" in form else ["--samples", samples]
        run(SLIPWAY, "quantize", model, "-o", output, *form, *given)
        return output

    def in_slipway(self, model, feeds):
        np.savez(self.folder / "inputs.npz", **feeds)
        run(SLIPWAY, "run", model, "--input", self.folder / "inputs.npz", "--output", self.folder / "outputs.npz")
        return dict(np.load(self.folder / "outputs.npz"))

    def test_every_form_of_every_model_agrees(self):
        for name, (model, samples) in MODELS.items():
            feed = onnx.load(model).graph.input[0].name
            # Ranges of dynamic models are those of a whole run: each sample alone.
            data = [row[None] for row in load(samples)[:SAMPLES]]
            for form in FORMS:
                with self.subTest(model=name, form=" ".join(form)):
                    path = self.quantize(name, form)
                    rows = [row.astype(np.float16) if is_half(form) else row for row in data]
                    given = [list(self.in_slipway(path, {feed: row}).values())[0] for row in rows]
                    for optimised in (True, False):
                        near = NEAR[form[1]]
                        if optimised and form[1] == "int8-weights":
                            near = NEAR["int8"]  # its optimiser quantises what a MatMul of such weights reads
                        wanted = [list(in_onnxruntime(path, {feed: row}, optimised).values())[0] for row in rows]
                        self.assertEqual([a.dtype for a in given], [b.dtype for b in wanted])
                        a, b = (np.concatenate(each).astype(np.float64) for each in (given, wanted))
                        self.assertLess(np.abs(a - b).mean() / np.abs(b).mean(), near)

    def test_each_exact_operator_agrees_to_the_last_bit(self):
        seen = dict.fromkeys(EXACT, 0)
        for name in MODELS:
            for form in FORMS:
                if form[1] in ("fp16", "bf16"):
                    continue
                for op, difference in self.exact_nodes(name, form):
                    seen[op] += 1
                    with self.subTest(model=name, form=" ".join(form), operator=op):
                        self.assertIsNone(difference)
        for op, count in seen.items():
            with self.subTest(operator=op):
                self.assertGreaterEqual(count, 2, seen)

    def exact_nodes(self, name, form):
        """Each node that is exact, alone, on what reaches it in ONNX Runtime: its operator and what differs."""
        model = onnx.load(self.quantize(name, form))
        graph = model.graph
        constants = {tensor.name: tensor for tensor in graph.initializer}
        nodes = [node for node in graph.node if node.op_type in EXACT]
        wanted = sorted({value for node in nodes for value in (*node.input, *node.output)
                         if value and value not in constants and value != graph.input[0].name})
        del graph.output[:]
        graph.output.extend(onnx.ValueInfoProto(name=value) for value in wanted)
        whole = self.folder / "whole.onnx"
        onnx.save(model, whole)
        feeds = {graph.input[0].name: load(MODELS[name][1])[:1]}
        values = feeds | in_onnxruntime(whole, feeds, optimised=False)
        for node in nodes:
            alone, given = self.alone(model, node, constants, values)
            expected = in_onnxruntime(alone, given, optimised=False)
            answers = self.in_slipway(alone, given)
            different = [key for key, value in expected.items()
                         if answers[key].dtype != value.dtype or answers[key].tobytes() != value.tobytes()]
            yield node.op_type, f"{node.name}: {different}" if different else None

    def alone(self, model, node, constants, values):
        """A model of one node, and its inputs. All that it reads is an input, or a constant where it was one."""
        def declared(name):
            kind = onnx.helper.np_dtype_to_tensor_dtype(values[name].dtype)
            return onnx.helper.make_tensor_value_info(name, kind, values[name].shape)
        read = list(dict.fromkeys(name for name in node.input if name))
        graph = onnx.helper.make_graph(
            [node], "alone", [declared(name) for name in read if name not in constants],
            [declared(name) for name in node.output if name], [constants[name] for name in read if name in constants])
        path = self.folder / "alone.onnx"
        onnx.save(onnx.helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version), path)
        return path, {name: values[name] for name in read if name not in constants}


if __name__ == "__main__":
    SLIPWAY = pathlib.Path(sys.argv.pop(1)).absolute()
    unittest.main()
