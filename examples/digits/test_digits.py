"""The committed networks in ONNX Runtime read the test images as the README says."""

import pathlib
import unittest

import numpy as np
import onnxruntime

FOLDER = pathlib.Path(__file__).parent


class Digits(unittest.TestCase):
    def test_accuracy(self):
        images = np.load(FOLDER / "test.npz")["image"]
        labels = np.load(FOLDER / "test_labels.npy")
        self.assertEqual(images.shape, (597, 1, 8, 8))
        self.assertEqual(set(labels.tolist()), set(range(10)))
        self.assertEqual(np.load(FOLDER / "calibration.npz")["image"].shape, (1000, 1, 8, 8))
        for name, right in (("plain", 596), ("separable", 587)):
            with self.subTest(model=name):
                session = onnxruntime.InferenceSession(FOLDER / f"{name}.onnx", providers=["CPUExecutionProvider"])
                self.assertEqual([(i.name, i.shape) for i in session.get_inputs()], [("image", ["batch", 1, 8, 8])])
                self.assertEqual([(o.name, o.shape) for o in session.get_outputs()], [("scores", ["batch", 10])])
                scores = session.run(None, {"image": images})[0]
                self.assertEqual(int((scores.argmax(1) == labels).sum()), right)

    def test_calibration_images_are_not_those_of_the_test(self):
        seen = {image.tobytes() for image in np.load(FOLDER / "calibration.npz")["image"]}
        self.assertFalse([i for i, image in enumerate(np.load(FOLDER / "test.npz")["image"])
                          if image.tobytes() in seen])


if __name__ == "__main__":
    unittest.main()
