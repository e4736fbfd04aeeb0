#!/usr/bin/env python3
"""Each example's story, and its notebook, from top to bottom with a small setting: what it writes is there and what it
finds is as it should be. Needs scripts/requirements-python.txt and torch."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import numpy as np
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "examples"

# Runs the code of a notebook, cell by cell, and shows a cell's last value as a notebook would.
RUN_NOTEBOOK = """
import ast, json, sys
sys.path.insert(0, "")
names = {"__name__": "__main__"}
for cell in json.load(open(sys.argv[1], encoding="utf-8"))["cells"]:
    if cell["cell_type"] == "code":
        body = ast.parse("".join(cell["source"])).body
        last = body.pop() if isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), sys.argv[1], "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), sys.argv[1], "eval"), names)
            shows = [getattr(value, name) for name in ("_repr_svg_", "_repr_html_") if hasattr(value, name)]
            print("shown:", (shows[0]() if shows else repr(value)).replace("\\n", " "))
"""


def python(*words, folder=None):
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, check=False, cwd=folder,
                         env=environment)
    if ran.returncode != 0:
        raise AssertionError(f"{words[0]} ended with {ran.returncode}: {ran.stdout[-2000:]}{ran.stderr[-4000:]}")
    return ran.stdout


class Examples(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def tell(self, example):
        """What story.py of the example finds."""
        python(EXAMPLES / example / "story.py", "--output", self.folder, "--quick")
        return json.loads((self.folder / "story.json").read_text(encoding="utf-8"))

    def lines_of(self, name):
        """The number of points of each line in a chart."""
        tree = xml.etree.ElementTree.parse(self.folder / name)
        lines = tree.findall(".//{http://www.w3.org/2000/svg}polyline")
        points = [[[float(number) for number in point.split(",")] for point in line.get("points").split()]
                  for line in lines]
        for each in points:
            self.assertTrue(np.isfinite(each).all())
        return [len(each) for each in points]

    def by_onnxruntime(self, name, feeds):
        session = onnxruntime.InferenceSession(str(self.folder / name), providers=["CPUExecutionProvider"])
        return session.run(None, feeds)

    def test_autopilot(self):
        found = self.tell("autopilot")
        error = found["rms_heading_error_degrees"]
        self.assertLess(error["fp32"], 2 * error["expert"] + 2)
        self.assertLess(error["int8"], 1.2 * error["fp32"] + 0.5)
        self.assertGreater(error["nobody"], 3 * error["fp32"])
        self.assertLess(found["tracks_apart_m"], 0.05 * found["track_length_m"])
        self.assertGreater(found["tracks_apart_m"], 0, "int8 that steers as float does to the bit is no int8")
        self.assertLess(found["bytes"]["int8"], found["bytes"]["fp32"] / 2)
        self.assertEqual(self.lines_of("track.svg"), [480] * 7)
        self.assertTrue((self.folder / "autopilot.pt").is_file())
        windows = np.load(EXAMPLES / "autopilot" / "recorded_input.npy")
        self.assertEqual(self.by_onnxruntime("autopilot.onnx", {"sensors": windows})[0].shape, (240, 1))

    def test_autopilot_notebook(self):
        notebook = EXAMPLES / "autopilot" / "autopilot.ipynb"
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        self.assertEqual([cell for cell in cells if cell.get("outputs")], [], "a notebook is kept without outputs")
        shown = [line for line in python("-c", RUN_NOTEBOOK, notebook, folder=notebook.parent).splitlines()
                 if line.startswith("shown:")]
        for words, line in zip(("56,660", "int8", "within budget", "off course", "<svg", "median"), shown):
            self.assertIn(words, line)
        self.assertEqual(len(shown), 6)

    def test_pitwall(self):
        found = self.tell("pitwall")["rms_seconds"]
        for name, share in (("tcn", 0.75), ("tcn_int8", 0.75), ("trees", 0.4)):
            self.assertLess(found[name], share * found["always the mean"], name)
        self.assertEqual(self.lines_of("stint.svg"), [30] * 4)
        rows = np.load(EXAMPLES / "pitwall" / "recorded_laps.npy")
        self.assertEqual(self.by_onnxruntime("trees.onnx", {"input": rows})[0].shape, (30, 1))

    def test_policy(self):
        found = self.tell("policy")
        for name in ("fp32", "int8"):
            self.assertLess(found[name]["distance_after"], 0.3 * found[name]["distance_before"], name)
        self.assertTrue((self.folder / "policy.pt").is_file())
        feeds = {"image": np.zeros((3, 3, 32, 32), np.float32), "robot_state": np.zeros((3, 48), np.float32)}
        self.assertEqual(self.by_onnxruntime("policy.onnx", feeds)[0].shape, (3, 7))

    def test_digits(self):
        found = self.tell("digits")["right"]
        self.assertGreater(found["network"], 0.9)
        self.assertGreater(found["network_int8"], found["network"] - 0.02)
        self.assertGreater(found["forest"], 0.9)


if __name__ == "__main__":
    unittest.main()
