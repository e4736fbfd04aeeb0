"""What the tests of slipway.edge share: models written by hand, a folder for each test, refusals."""

import pathlib
import sys
import tempfile
import unittest

import numpy as np

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/cli"))
import onnx_bytes  # noqa: E402

EXAMPLES = TOP / "examples"
AUTOPILOT = EXAMPLES / "autopilot/autopilot.onnx"
WINDOWS = np.load(EXAMPLES / "autopilot/recorded_input.npy")


def write_model(path, nodes, inputs, outputs, initializers=()):
    body = onnx_bytes.graph(nodes, inputs, outputs, initializers)
    pathlib.Path(path).write_bytes(onnx_bytes.model(body))
    return str(path)


def two_inputs(path):
    """total = a + b and product = a * b, each float32 [2]."""
    node, value = onnx_bytes.node, onnx_bytes.value
    return write_model(path, [node("Add", ["a", "b"], ["total"]), node("Mul", ["a", "b"], ["product"])],
                       [value("a", [2]), value("b", [2])], [value("total", [2]), value("product", [2])])


def gather(path):
    """picked = table[index]: an index out of range fails in the run and not before."""
    value = onnx_bytes.value
    return write_model(path, [onnx_bytes.node("Gather", ["table", "index"], ["picked"])],
                       [value("index", [1], onnx_bytes.INT64)], [value("picked", [1])],
                       [onnx_bytes.floats("table", [4], [10.0, 11.0, 12.0, 13.0])])


def steering(path, readings=3, features=2, nodes=None):
    """rudder = the sum of the window, which leaves [-1, 1] at once."""
    node = onnx_bytes.node
    nodes = nodes or [node("ReduceSum", ["sensors"], ["rudder"], keepdims=0)]
    return write_model(path, nodes, [onnx_bytes.value("sensors", [1, readings, features])],
                       [onnx_bytes.value("rudder", [])])


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def refuses(self, kind, words, call, *args, **named):
        """`call` raises exactly this kind, with each of the words in its sentence."""
        with self.assertRaises(kind) as caught:
            call(*args, **named)
        for word in words if isinstance(words, (list, tuple)) else [words]:
            self.assertIn(word, str(caught.exception))
        return caught.exception
