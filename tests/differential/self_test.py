"""The differential test notices programs that lie, and believes one that does not."""

import collections
import pathlib
import sys
import unittest

import numpy as np

from compare import difference, scratch_folder
from graphs import check_graph, draft_graph
from operators import OPERATORS

# A program with the command line of `slipway run`: ONNX Runtime, then one change to the outputs.
PROGRAM = """#!{python}
import sys
import numpy as np
import onnxruntime
model, given, made = sys.argv[2], sys.argv[4], sys.argv[6]
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
outputs = {{o.name: y for o, y in zip(session.get_outputs(), session.run(None, dict(np.load(given))))}}
name = sorted(outputs)[0]
{lie}
np.savez(made, **outputs)
"""

LIES = {
    "an element off by one hundredth": "outputs[name].reshape(-1)[-1] += 0.01 * abs(outputs[name]).max() + 1e-3",
    "another shape": "outputs[name] = outputs[name][None]",
    "another type": "outputs[name] = outputs[name].astype(np.float64)",
    "an element that is not a number": "outputs[name].reshape(-1)[0] = np.nan",
    "an output left out": "del outputs[name]",
    "a crash": "sys.exit(1)",
}
PRECISE = [row for row in OPERATORS if row.name in ("Add", "MatMul", "Tanh", "Softmax", "Transpose", "Conv", "LSTM")]


class Liars(unittest.TestCase):
    def verdicts(self, lie):
        """What the test says about three graphs whose outputs are all float32."""
        with scratch_folder() as folder:
            program = pathlib.Path(folder, "program")
            program.write_text(PROGRAM.format(python=sys.executable, lie=lie))
            program.chmod(0o755)
            found = []
            for number in range(100):
                draft = draft_graph(1, number, PRECISE, collections.defaultdict(collections.Counter))
                if draft.inputs() and all(value.type == "float32" for value in draft.sinks()):
                    found.append(check_graph(draft, program, folder))
                if len(found) == 3:
                    return found
        self.fail("too few graphs of float32 alone")

    def test_an_honest_program_agrees(self):
        self.assertEqual(self.verdicts(""), [None] * 3)

    def test_liars_are_caught(self):
        for name, lie in LIES.items():
            with self.subTest(name):
                self.assertNotIn(None, self.verdicts(lie))


class Difference(unittest.TestCase):
    def test_integers_are_exact(self):
        wanted = np.array([1, 2, 3])
        self.assertIsNone(difference(wanted, wanted.copy(), 0.0))
        self.assertIn("1 of 3 elements, the first at [2]", difference(wanted, np.array([1, 2, 4]), 1.0))

    def test_floats_have_an_error_for_each_element(self):
        wanted = np.array([1.0, 2.0], np.float32)
        self.assertIsNone(difference(wanted, wanted + np.float32([0, 0.5]), np.array([0.0, 0.5])))
        self.assertIn("[0]", difference(wanted, wanted + np.float32([0.5, 0]), np.array([0.0, 0.5])))

    def test_not_a_number_and_infinity(self):
        special = np.array([np.nan, np.inf], np.float32)
        self.assertIsNone(difference(special, special.copy(), 0.0))
        self.assertIsNotNone(difference(special, special[::-1].copy(), 1e9))


if __name__ == "__main__":
    unittest.main()
