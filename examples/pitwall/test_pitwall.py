"""The committed models say in ONNX Runtime what they said in PyTorch and scikit-learn when they were made."""

import pathlib
import unittest

import numpy as np
import onnx
import onnxruntime

FOLDER = pathlib.Path(__file__).parent
MODELS = {
    "tcn": ("telemetry", ["batch", 16, 50], "recorded_telemetry.npy", "recorded_tcn_loss.npy"),
    "trees": ("lap_features", ["batch", 20], "recorded_laps.npy", "recorded_trees_loss.npy"),
}


class Pitwall(unittest.TestCase):
    def test_models_are_valid_and_small(self):
        for name in MODELS:
            with self.subTest(name):
                path = FOLDER / f"{name}.onnx"
                onnx.checker.check_model(str(path), full_check=True)
                self.assertLess(path.stat().st_size, 1_000_000)

    def test_recorded_results(self):
        for name, (input_name, shape, recorded_input, recorded_output) in MODELS.items():
            with self.subTest(name):
                session = onnxruntime.InferenceSession(FOLDER / f"{name}.onnx", providers=["CPUExecutionProvider"])
                self.assertEqual([(i.name, i.shape) for i in session.get_inputs()], [(input_name, shape)])
                self.assertEqual([(o.name, o.shape) for o in session.get_outputs()], [("lap_time_loss", ["batch", 1])])
                wanted = np.load(FOLDER / recorded_output)
                got = session.run(None, {input_name: np.load(FOLDER / recorded_input)})[0]
                np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)
                self.assertGreater(wanted[-1, 0] - wanted[0, 0], 0.5, "a stint that shows no wear shows nothing")

    def test_trees_are_as_described(self):
        model = onnx.load(FOLDER / "trees.onnx")
        ensemble = next(node for node in model.graph.node if node.op_type == "TreeEnsembleRegressor")
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in ensemble.attribute}
        self.assertEqual(len(set(attributes["nodes_treeids"])), 200)


if __name__ == "__main__":
    unittest.main()
