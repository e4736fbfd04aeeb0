"""`slipway build` as a user meets it: what it writes, what it refuses and says, what it never leaves behind."""

import argparse
import pathlib
import resource
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from project import QUICK, Project, chosen, npy, npz, numbers  # noqa: E402

ARTIFACTS = ["golden_inputs.npz", "golden_outputs.npz", "model.onnx", "model.plan", "recipe.toml", "report.html",
             "report.json"]
BEFORE = ["autopilot.onnx", "samples.npy", "slipway.toml"]


class Build(unittest.TestCase):
    program = None

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.project = Project(self.program, self.temporary.name)

    def refused(self, *arguments, **more):
        """One sentence, and nothing left behind."""
        code, out, err = self.project.build(*arguments, **more)
        self.assertEqual(out, "", err)
        complaint = [line for line in err.splitlines() if not line.endswith("...")]
        self.assertEqual(len(complaint), 1, err)
        self.assertTrue(complaint[0].startswith("error: "), err)
        return code, complaint[0]

    def artifacts(self):
        return sorted(path.name for path in (self.project.folder / "artifacts").iterdir())

    def assert_whole(self):
        """The artifacts are all there, and the plan answers the golden inputs with the golden outputs."""
        self.assertEqual(self.artifacts(), ARTIFACTS)
        folder = self.project.folder
        inputs = numbers(npz(folder / "artifacts" / "golden_inputs.npz")["sensors.npy"])
        outputs = numbers(npz(folder / "artifacts" / "golden_outputs.npz")["rudder.npy"])
        count = len(outputs) // 4
        self.assertEqual((count, len(inputs)), (8, 8 * 20 * 25 * 4))
        for i in (0, count - 1):
            one = inputs[i * 2000:(i + 1) * 2000]
            (folder / "one.npy").write_bytes(npy("(1, 20, 25)", one))
            code, _, err = self.project.run("run", "artifacts/model.plan", "--input", "one.npy", "--output", "one.npy")
            self.assertEqual(code, 0, err)
            self.assertEqual(numbers((folder / "one.npy").read_bytes()), outputs[i * 4:(i + 1) * 4])
            (folder / "one.npy").unlink()

    def test_what_it_writes(self):
        self.project.recipe("[budget]\np99_latency_ms = 1000\naccuracy_drop_percent = 1\nmemory_mib = 1000\n"
                            "[inputs.sensors]\nrate_hz = 50\n")
        code, out, err = self.project.build(seconds="1")
        self.assertEqual(code, 0, err)
        self.assertIn("keeps the budget", out)
        self.assertEqual(self.project.names(), sorted(["artifacts", *BEFORE]))
        self.assert_whole()
        report = self.project.report()
        self.assertEqual(report["budget"]["p99_latency_ms"], 1000)
        self.assertEqual(len(report["candidates"]), 2)
        for candidate in report["candidates"]:
            self.assertGreater(candidate["latency"]["runs"], 100)
            self.assertEqual(sum(count for _, _, count in candidate["latency"]["histogram"]),
                             candidate["latency"]["runs"])
            self.assertGreater(candidate["memory_bytes"], 100_000)
            self.assertEqual(candidate["accuracy"]["samples"], 40)
        exact = report["candidates"][0]["accuracy"]
        self.assertEqual((exact["drop_percent"], exact["outputs"][0]["max_error"]), (0, 0))
        self.assertGreater(report["candidates"][1]["accuracy"]["outputs"][0]["max_error"], 0)
        self.assertGreater(report["at_rate"]["runs"], 20)
        self.assertEqual([layer["mean_us"] > 0 for layer in report["layers"]], [True] * len(report["layers"]))
        states = {check["id"]: check["state"] for check in report["checklist"]}
        for line in ("export", "valid", "accuracy", "latency", "memory"):
            self.assertEqual(states[line], "passed", line)
        self.assertEqual(states["ros2"], "not run")
        code, out, _ = self.project.run("checklist")
        self.assertEqual(code, 0)
        self.assertIn("[x] Memory is within the limit  (passed)", out)

    def test_init_then_build(self):
        (self.project.folder / "slipway.toml").unlink()
        code, _, err = self.project.run("build")
        self.assertEqual(code, 2)
        self.assertIn("slipway init MODEL writes one", err)
        code, _, err = self.project.run("init", "autopilot.onnx")
        self.assertEqual(code, 0, err)
        code, _, err = self.project.run("init", "autopilot.onnx")
        self.assertEqual(code, 2)
        self.assertIn("slipway.toml is there already", err)
        code, out, err = self.project.build("-o", "made")
        self.assertEqual(code, 0, err)
        self.assertIn("without samples nobody can say what another precision costs", out)
        self.assertEqual(chosen(self.project.report("made"))[1], "f32")

    def test_unknown_keys_name_their_place(self):
        self.project.recipe("[budget]\np99_latncy_ms = 5\n")
        code, complaint = self.refused()
        self.assertEqual(code, 1)
        self.assertRegex(complaint, r"slipway\.toml:\d+:1: \[budget\] has no key 'p99_latncy_ms': did you mean "
                                    r"'p99_latency_ms'\?")
        self.assertEqual(self.project.names(), BEFORE)

    def test_samples_of_the_wrong_shape(self):
        (self.project.folder / "samples.npy").write_bytes(npy("(2, 20, 24)", bytes(2 * 20 * 24 * 4)))
        code, complaint = self.refused()
        self.assertEqual(code, 1)
        for word in ("samples.npy", "sensors", "24", "25"):
            self.assertIn(word, complaint)
        self.assertEqual(self.project.names(), BEFORE)

    def test_files_that_are_not_there(self):
        (self.project.folder / "samples.npy").unlink()
        code, complaint = self.refused()
        self.assertEqual(code, 1)
        self.assertIn("samples.file: cannot open samples.npy", complaint)
        (self.project.folder / "autopilot.onnx").unlink()
        code, complaint = self.refused()
        self.assertEqual(code, 1)
        self.assertIn("autopilot.onnx", complaint)

    def test_what_is_no_recipe(self):
        code, complaint = self.refused("autopilot.onnx")
        self.assertEqual(code, 2)
        self.assertIn("autopilot.onnx is a model, and build takes a recipe: slipway init autopilot.onnx writes one",
                      complaint)

    def test_dimensions_that_the_model_has_not(self):
        self.project.recipe("[model.dims]\nbtach = 1\n")
        code, complaint = self.refused()
        self.assertEqual(code, 1)
        self.assertIn("model.dims: the model has no open dimension 'btach'", complaint)

    def test_a_budget_that_cannot_be_met(self):
        code, _, err = self.project.build()
        self.assertEqual(code, 0, err)
        before = self.project.report()
        self.project.recipe("[budget]\np99_latency_ms = 0.0001\n")
        code, out, err = self.project.build("--report", "why.html")
        self.assertEqual(code, 1)
        verdict = [line for line in out.splitlines() if line.startswith("nothing keeps the budget")]
        self.assertEqual(len(verdict), 1, out)
        self.assertRegex(verdict[0], r"comes closest, [0-9]+ times it: p99 of .* where (100 ns|0\.10+ us) is allowed")
        self.assertEqual(self.project.report(), before, "what was built before is as it was")
        self.assertIn("nothing keeps the budget", (self.project.folder / "why.html").read_text())

    def test_targets(self):
        self.project.recipe('[targets.boat]\nboard = "no such board"\nprecisions = "bf16"\n')
        code, _, err = self.project.run("build", "--for", "baot")
        self.assertEqual(code, 2)
        self.assertIn("did you mean 'boat'?", err)
        code, out, err = self.project.build("--for", "boat")
        self.assertEqual(code, 0, err)
        self.assertEqual(chosen(self.project.report())[1], "bf16")
        self.assertIn("target boat is for 'no such board'", out)

    def test_a_changed_signature_demands_a_new_major(self):
        code, _, err = self.project.build()
        self.assertEqual(code, 0, err)
        path = self.project.folder / "artifacts" / "report.json"
        path.write_text(path.read_text().replace("float[batch,20,25]", "float[batch,10,25]"))
        self.project.recipe(version="1.1.0")
        code, complaint = self.refused()
        self.assertEqual(code, 1)
        self.assertIn("That demands a new major version: write version = \"2.0.0\"", complaint)
        self.project.recipe(version="2.0.0")
        self.assertEqual(self.project.build()[0], 0)

    def test_a_full_disk(self):
        code, _, err = self.project.build()
        self.assertEqual(code, 0, err)
        before = self.project.report()
        # Into which the optimised model does not fit; the page; a plan, both, the ONNX.
        for optimize, limit_bytes in (("true", 100), ("true", 231_000), ("false", 0), ("false", 20_000),
                                      ("false", 116_000), ("false", 229_000)):
            with self.subTest(f"{limit_bytes}, optimize = {optimize}"):
                self.project.recipe(tries=QUICK + f"optimize = {optimize}\n")
                def limit(most=limit_bytes):
                    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
                code, out, err = self.project.build(preexec_fn=limit)
                self.assertEqual(code, 1, out + err)
                self.assertIn("File too large", out + err)
                self.assertEqual(self.project.names(), sorted(["artifacts", *BEFORE]))
                self.assertEqual(self.project.report(), before)
        self.assert_whole()

    def test_killed(self):
        self.project.recipe(tries=QUICK_ONE)
        code, _, err = self.project.build()
        self.assertEqual(code, 0, err)
        for i in range(12):
            child = self.project.start("build", "--seconds", "1")
            time.sleep(0.02 + 0.17 * i)
            child.send_signal(signal.SIGKILL)
            child.communicate()
            self.assertIn(child.returncode, (0, -signal.SIGKILL))
            self.assertLessEqual(set(self.project.names()), {"artifacts", ".artifacts.new", *BEFORE})
            self.assert_whole()
        code, _, err = self.project.build()
        self.assertEqual(code, 0, err)
        self.assertEqual(self.project.names(), sorted(["artifacts", *BEFORE]))

    def test_it_leaves_other_folders_alone(self):
        (self.project.folder / "artifacts").mkdir()
        (self.project.folder / "artifacts" / "thesis.txt").write_text("years of work")
        code, complaint = self.refused()
        self.assertEqual(code, 2)
        self.assertIn("was not made by slipway build", complaint)
        self.assertTrue((self.project.folder / "artifacts" / "thesis.txt").exists())


QUICK_ONE = '[build]\nengines = "native"\nprecisions = "f32"\nthreads = 1\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, type=lambda path: pathlib.Path(path).resolve())
    options = parser.parse_args()
    Build.program = options.program
    unittest.main(argv=[sys.argv[0]])


if __name__ == "__main__":
    main()
