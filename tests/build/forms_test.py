"""What `slipway build` makes of a model before it measures: optimised, with windows that slide, with fewer channels."""

import argparse
import pathlib
import re
import shlex
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from project import ROOT, Project, npy, npz, numbers  # noqa: E402

EXAMPLES = ROOT / "examples"
ONE = '[build]\nengines = "native"\nprecisions = "f32"\nthreads = 1\n'
DIGITS = """[model]
name = "digits"
version = "1.0.0"
file = "plain.onnx"
[samples]
file = "test.npz"
labels = "test_labels.npy"
[budget]
accuracy_drop_percent = 1
"""


class Forms(unittest.TestCase):
    program = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.project = Project(self.program, temporary.name)
        self.artifacts = self.project.folder / "artifacts"

    def copy(self, folder, *names):
        for name in names:
            (self.project.folder / name).write_bytes((EXAMPLES / folder / name).read_bytes())

    def build(self, recipe):
        (self.project.folder / "slipway.toml").write_text(recipe)
        code, out, err = self.project.build()
        self.assertEqual(code, 0, out + err)
        return self.project.report(), out

    def made_again(self, report):
        """The bytes of the plan that the report's command makes."""
        words = shlex.split(report["artifacts"]["made_by"])
        self.assertEqual((words[0], words[-1]), ("slipway", "model.plan"))
        paths = [f"artifacts/{word}" if word == "model.onnx" else word for word in words[1:-1]]
        code, _, err = self.project.run(*paths, "again.plan")
        self.assertEqual(code, 0, err)
        return (self.project.folder / "again.plan").read_bytes()

    def answer(self, model, shape, values):
        """As bytes."""
        (self.project.folder / "x.npy").write_bytes(npy(shape, values))
        code, _, err = self.project.run("run", model, "--input", "x.npy", "--output", "y.npy")
        self.assertEqual(code, 0, err)
        return numbers((self.project.folder / "y.npy").read_bytes())

    def nodes(self, model):
        code, out, err = self.project.run("inspect", model, "--text")
        self.assertEqual(code, 0, err)
        return sum(" = " in line and not line.lstrip().startswith("init ") for line in out.splitlines())

    def test_a_window_that_slides(self):
        self.copy("pitwall", "tcn.onnx", "recorded_telemetry.npy")
        recipe = (EXAMPLES / "pitwall" / "slipway.toml").read_text()
        report, out = self.build(re.sub(r"\[build\]\n.*\n", ONE, recipe))
        forms = [(c["precision"], c.get("slides", False)) for c in report["candidates"]]
        self.assertEqual(forms, [("f32", False), ("f32", True)])
        for candidate in report["candidates"]:
            self.assertEqual(candidate["accuracy"]["samples"], 30)
            self.assertLess(candidate["accuracy"]["drop_percent"], 0.001)
        self.assertIn("native f32, sliding, 1 thread", out)
        # It computes a twentieth of what the whole window takes.
        self.assertEqual(report["chosen"], 1, out)
        self.assertEqual(report["artifacts"]["slides"], "telemetry=2")
        self.assertIn("a run takes the newest 1 of 50 positions of telemetry along axis 2", out)
        self.assertIn("--slide telemetry=2", report["artifacts"]["made_by"])
        self.assertEqual(self.made_again(report), (self.artifacts / "model.plan").read_bytes())
        # Its golden runs bring two windows, each of which ends with the answer to the whole of it.
        inputs = numbers(npz(self.artifacts / "golden_inputs.npz")["telemetry.npy"])
        outputs = numbers(npz(self.artifacts / "golden_outputs.npz")["lap_time_loss.npy"])
        self.assertEqual((len(inputs), len(outputs)), (2 * 50 * 16 * 4, 2 * 50 * 4))
        windows = numbers((self.project.folder / "recorded_telemetry.npy").read_bytes())
        for i in range(2):
            window = windows[i * 3200:(i + 1) * 3200]
            whole = self.answer("artifacts/model.onnx", "(1, 16, 50)", window)
            self.assertEqual(outputs[(50 * i + 49) * 4:(50 * i + 50) * 4], whole)
        self.assertEqual(self.answer("artifacts/model.plan", "(1, 16, 1)", inputs[:64]), outputs[:4])

    def test_a_window_that_cannot_slide(self):
        self.project.recipe("[inputs.sensors]\nwindow_axis = 1\n", tries=ONE)
        code, out, err = self.project.build()
        self.assertEqual(code, 0, err)
        self.assertEqual(len(self.project.report()["candidates"]), 1)
        self.assertRegex(out, "this window cannot slide: node .* takes the whole window")

    def test_fewer_channels(self):
        self.copy("digits", "plain.onnx", "test.npz", "test_labels.npy")
        report, out = self.build(DIGITS + ONE + "prune = [0.05, 0.3]\n")
        candidates = {candidate.get("pruned", 0): candidate for candidate in report["candidates"]}
        self.assertEqual(list(candidates), [0, 0.05, 0.3])
        self.assertEqual(candidates[0.3]["outcome"], "over budget")
        self.assertGreater(candidates[0.3]["accuracy"]["drop_percent"], 10)
        self.assertLess(candidates[0.05]["accuracy"]["drop_percent"], 1)
        self.assertLess(candidates[0.05]["file_bytes"], candidates[0]["file_bytes"])
        self.assertRegex(out, r"f32, 30 % pruned is refused: .* % of accuracy lost where 1 % is allowed")

    def test_everything_is_made_of_the_optimised_model(self):
        self.project.recipe(tries=ONE)
        code, out, err = self.project.build()
        self.assertEqual(code, 0, err)
        report = self.project.report()
        optimised = report["optimised"]
        self.assertTrue(optimised["used"])
        self.assertLess(optimised["nodes_after"], optimised["nodes_before"])
        self.assertIn(f"{optimised['nodes_after']} nodes where the model has {optimised['nodes_before']}", out)
        self.assertEqual(self.nodes("autopilot.onnx"), optimised["nodes_before"])
        self.assertEqual(self.nodes("artifacts/model.onnx"), optimised["nodes_after"])
        self.assertEqual(self.made_again(report), (self.artifacts / "model.plan").read_bytes())
        # The golden outputs are the plan's, and the bits of its ONNX by the reference implementations.
        window = numbers(npz(self.artifacts / "golden_inputs.npz")["sensors.npy"])[:2000]
        wanted = numbers(npz(self.artifacts / "golden_outputs.npz")["rudder.npy"])[:4]
        for model in ("artifacts/model.plan", "artifacts/model.onnx"):
            self.assertEqual(self.answer(model, "(1, 20, 25)", window), wanted, model)

    def test_unless_the_recipe_says_otherwise(self):
        self.project.recipe(tries=ONE + "optimize = false\n")
        code, out, err = self.project.build()
        self.assertEqual(code, 0, err)
        self.assertNotIn("optimised", self.project.report())
        self.assertNotIn("optimised", out)
        self.assertEqual(self.nodes("artifacts/model.onnx"), self.nodes("autopilot.onnx"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, type=lambda path: pathlib.Path(path).resolve())
    options = parser.parse_args()
    Forms.program = options.program
    unittest.main(argv=[sys.argv[0]])


if __name__ == "__main__":
    main()
