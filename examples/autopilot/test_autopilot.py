"""The committed model says in ONNX Runtime what it said in PyTorch when it was made, and it steers."""

import pathlib
import sys
import unittest

import numpy as np
import onnx
import onnxruntime

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER))
from boat import FEATURE_NAMES, Fleet  # noqa: E402

WINDOW = 20


def session():
    return onnxruntime.InferenceSession(FOLDER / "autopilot.onnx", providers=["CPUExecutionProvider"])


def rms_heading_error(pilot, boats=32, steps=480):
    """Degrees, over the second of two minutes that nobody trained on."""
    fleet = Fleet(np.random.default_rng(4321), boats)
    window = np.repeat(fleet.sense()[:, None], WINDOW, axis=1)
    errors = []
    for _ in range(steps):
        errors.append(fleet.heading_error)
        fleet.step(pilot(fleet, window))
        window = np.concatenate([window[:, 1:], fleet.sense()[:, None]], axis=1)
    return np.degrees(np.sqrt(np.mean(np.square(errors[steps // 2:]))))


class Autopilot(unittest.TestCase):
    def test_model_is_valid_and_small(self):
        onnx.checker.check_model(str(FOLDER / "autopilot.onnx"), full_check=True)
        self.assertLess((FOLDER / "autopilot.onnx").stat().st_size, 300_000)
        self.assertEqual(len(FEATURE_NAMES), 25)

    def test_recorded_voyage(self):
        model = session()
        self.assertEqual([(i.name, i.shape) for i in model.get_inputs()], [("sensors", ["batch", WINDOW, 25])])
        self.assertEqual([(o.name, o.shape) for o in model.get_outputs()], [("rudder", ["batch", 1])])
        windows, wanted = (np.load(FOLDER / f"recorded_{name}.npy") for name in ("input", "rudder"))
        got = model.run(None, {"sensors": windows})[0]
        np.testing.assert_allclose(got, wanted, atol=1e-5)
        self.assertGreater(np.ptp(wanted), 0.2, "a voyage without a turn shows nothing")
        np.testing.assert_array_equal(windows[1:, :-1], windows[:-1, 1:], "windows of one voyage overlap")

    def test_closes_the_loop(self):
        model = session()
        expert = rms_heading_error(lambda fleet, _: fleet.expert())
        learned = rms_heading_error(lambda _, window: model.run(None, {"sensors": window})[0][:, 0])
        adrift = rms_heading_error(lambda fleet, _: np.zeros_like(fleet.heading))
        self.assertLess(learned, 1.3 * expert)
        self.assertGreater(adrift, 3 * learned)


if __name__ == "__main__":
    unittest.main()
