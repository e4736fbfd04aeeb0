"""With the ONNX Runtime of .venv: what an engine has built goes into the artifacts, and is found there."""

import argparse
import os
import pathlib
import sys
import tempfile
import unittest

import onnxruntime

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from project import Project  # noqa: E402

TRIES = """[build]
engines = "onnxruntime"
precisions = "f32"
threads = 1
[engines.onnxruntime]
engine_cache = "kept"
"""


class Engine(unittest.TestCase):
    program = None

    def test_what_it_built_is_shipped(self):
        library = next((pathlib.Path(onnxruntime.__file__).parent / "capi").glob("libonnxruntime.so*"))
        os.environ["SLIPWAY_ONNXRUNTIME"] = str(library)
        with tempfile.TemporaryDirectory() as folder:
            project = Project(self.program, folder)
            project.recipe(tries=TRIES)
            code, out, err = project.build()
            self.assertEqual(code, 0, out + err)
            artifacts = project.report()["artifacts"]
            self.assertEqual(artifacts["runs"], "model.onnx")
            shipped = project.folder / "artifacts" / artifacts["built_engine"]
            self.assertEqual(list(shipped.parent.iterdir()), [shipped], "nothing but the engine")
            self.assertEqual(len(list((project.folder / "kept").glob("*.engine"))), 1, "it was built once")
            written = shipped.stat().st_ino
            code, _, err = project.run("bench", "artifacts/model.onnx", "--engine", "onnxruntime", "--engine-option",
                                       f"engine_cache={shipped.parent}", "--seconds", "1")
            self.assertEqual(code, 0, err)
            self.assertNotIn("building", err)
            self.assertEqual([path.stat().st_ino for path in shipped.parent.glob("*.engine")], [written])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, type=lambda path: pathlib.Path(path).resolve())
    options = parser.parse_args()
    Engine.program = options.program
    unittest.main(argv=[sys.argv[0]])


if __name__ == "__main__":
    main()
