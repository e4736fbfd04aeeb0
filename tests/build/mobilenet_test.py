"""MobileNetV2, built twice with every precision: the same choice, and int8 is taken or refused with figures."""

import argparse
import importlib.util
import pathlib
import sys
import tempfile
import unittest

import numpy as np

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

from project import ROOT, Project, disagreements  # noqa: E402

RECIPE = """[model]
name = "mobilenet_v2"
version = "1.0.0"
file = "mobilenet_v2.onnx"
dims = { batch = 1 }
[samples]
file = "images.npz"
[budget]
accuracy_drop_percent = 10
[build]
engines = "native"
threads = 1
"""


def make_model(path):
    spec = importlib.util.spec_from_file_location("make_models", ROOT / "bench" / "engine" / "make_models.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    path.write_bytes(module.mobilenet_v2().SerializeToString())


class MobileNet(unittest.TestCase):
    program = None

    def test_twice(self):
        with tempfile.TemporaryDirectory() as folder:
            project = Project(self.program, folder)
            make_model(project.folder / "mobilenet_v2.onnx")
            images = np.random.default_rng(1).standard_normal((8, 3, 224, 224), np.float32)
            np.savez(project.folder / "images.npz", x=images)
            (project.folder / "slipway.toml").write_text(RECIPE)
            reports = []
            for out in ("first", "second"):
                code, text, err = project.run("build", "-o", out)
                self.assertEqual(code, 0, text + err)
                print(text)
                report = project.report(out)
                reports.append(report)
                measured = [c for c in report["candidates"] if c["outcome"] != "failed"]
                self.assertGreaterEqual(len(measured), 4, text)
            self.assertEqual(disagreements(reports), [])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, type=lambda path: pathlib.Path(path).resolve())
    options = parser.parse_args()
    MobileNet.program = options.program
    unittest.main(argv=[sys.argv[0]])


if __name__ == "__main__":
    main()
