"""The model is the same each time it is made, and ONNX Runtime still says about it what was recorded."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import onnxruntime

FOLDER = pathlib.Path(__file__).parent


def make(folder):
    subprocess.run([sys.executable, FOLDER / "make_model.py", "--output", folder], check=True, capture_output=True)


class Policy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.first, cls.second = (pathlib.Path(temporary.name, name) for name in ("first", "second"))
        make(cls.first)
        make(cls.second)

    def test_same_bytes_twice(self):
        self.assertEqual((self.first / "policy.onnx").read_bytes(), (self.second / "policy.onnx").read_bytes())

    def test_recorded_action(self):
        session = onnxruntime.InferenceSession(self.first / "policy.onnx", providers=["CPUExecutionProvider"])
        self.assertEqual([(i.name, i.shape) for i in session.get_inputs()],
                         [("image", ["batch", 3, 224, 224]), ("robot_state", ["batch", 48])])
        self.assertEqual([(o.name, o.shape) for o in session.get_outputs()], [("action", ["batch", 7])])
        frames = dict(np.load(self.first / "recorded_input.npz"))
        got = session.run(["action"], frames)[0]
        np.testing.assert_allclose(got, np.load(FOLDER / "recorded_action.npy"), atol=1e-4)
        self.assertGreater(np.abs(got[0] - got[1]).max(), 0.1, "different frames must give different actions")


if __name__ == "__main__":
    unittest.main()
