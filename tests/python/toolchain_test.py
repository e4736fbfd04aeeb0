#!/usr/bin/env python3
"""The toolchain's steps as functions: what they give back is what the program wrote, and what is wrong is raised."""

import re
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

import models
import slipway
from slipway import left_out, results
from slipway.toolchain import run_program

DIGITS = models.EXAMPLES / "digits"


class Steps(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_on(self, path, data):
        session = slipway.InferenceSession(path)
        entry, = session.get_inputs()
        return np.concatenate([session.run(None, {entry.name: row[None]})[0] for row in data])

    def test_optimize(self):
        made = slipway.optimize(models.AUTOPILOT, self.folder / "fast.onnx")
        self.assertLess(made.nodes_after, made.nodes_before)
        self.assertEqual(made.bytes_after, made.path.stat().st_size)
        self.assertEqual(made.largest_difference, 0)
        x = models.window(2)
        np.testing.assert_array_equal(*(slipway.InferenceSession(p).run(None, {"sensors": x})[0]
                                        for p in (models.AUTOPILOT, made.path)))

    def test_quantize_and_verify_with_arrays_and_with_files(self):
        samples, labels = np.load(DIGITS / "test.npz"), np.load(DIGITS / "test_labels.npy")
        name, = samples.files
        data = samples[name]
        made = slipway.quantize(DIGITS / "plain.onnx", self.folder / "small.onnx", samples={name: data[:200]},
                                labels=labels[:200])
        self.assertLess(made.bytes_after, 0.5 * made.bytes_before)
        self.assertEqual(made.kept_in_float, [])
        by_arrays = slipway.verify(made.path, DIGITS / "plain.onnx", samples=data, labels=labels, max_diff=0.05)
        by_files = slipway.verify(made.path, DIGITS / "plain.onnx", samples=DIGITS / "test.npz",
                                  labels=DIGITS / "test_labels.npy", max_diff="5%")
        self.assertEqual(by_arrays.raw, by_files.raw)
        self.assertTrue(by_arrays)
        error = np.abs(self.run_on(made.path, data) - self.run_on(DIGITS / "plain.onnx", data))
        self.assertAlmostEqual(by_arrays.outputs[0].max_error, float(error.max()), delta=1e-4 * float(error.max()))
        over = slipway.verify(made.path, DIGITS / "plain.onnx", samples=data, max_diff=1e-6)
        self.assertFalse(over)
        self.assertTrue(over.over_budget)

    def test_samples_that_come_run_by_run(self):
        windows = np.load(models.EXAMPLES / "autopilot" / "recorded_input.npy")[:6]

        class Reader:
            def __init__(self):
                self.rest = iter(windows)

            def get_next(self):
                window = next(self.rest, None)
                return None if window is None else {"sensors": window[None]}

        wanted = slipway.quantize(models.AUTOPILOT, self.folder / "all.onnx", samples=windows).path.read_bytes()
        for name, samples in (("reader", Reader()), ("dicts", [{"sensors": each[None]} for each in windows]),
                              ("generator of dicts", ({"sensors": each[None]} for each in windows)),
                              ("generator", (each[None] for each in windows)), ("list", list(windows)),
                              ("batches", iter([{"sensors": windows[:4]}, {"sensors": windows[4:]}]))):
            with self.subTest(name):
                made = slipway.quantize(models.AUTOPILOT, self.folder / "some.onnx", samples=samples)
                self.assertEqual(made.path.read_bytes(), wanted)
        for samples in (iter([]), [{"a": windows}, {"b": windows}]):
            self.assertRaises(slipway.UsageError, slipway.quantize, models.AUTOPILOT, self.folder / "q.onnx",
                              samples=samples)

    def test_what_is_no_path_is_told(self):
        for call in (slipway.inspect, slipway.check, slipway.benchmark, slipway.build):
            self.assertRaisesRegex(slipway.UsageError, "a bytes was given where a file's path is taken", call, b"model")

    def test_max_drop_names_what_stays_in_float(self):
        made = slipway.quantize(DIGITS / "separable.onnx", self.folder / "small.onnx", samples=DIGITS / "calibration.npz",
                                max_drop=0.002)
        self.assertTrue(made.kept_in_float)

    def test_prune(self):
        made = slipway.prune(DIGITS / "plain.onnx", self.folder / "thin.onnx", ratio=0.3, samples=DIGITS / "test.npz")
        self.assertLess(made.parameters_after, made.parameters_before)
        self.assertIsNotNone(made.relative_error)

    def test_benchmark(self):
        timed = slipway.benchmark(models.AUTOPILOT, runs=2000, profile=True)
        self.assertEqual(timed.runs, 2000)
        self.assertLessEqual(timed.p50_us, timed.p90_us)
        self.assertLessEqual(timed.p90_us, timed.p99_us)
        self.assertLessEqual(timed.p99_us, timed.max_us)
        self.assertTrue(timed.steps)
        once = slipway.benchmark(models.AUTOPILOT, runs=1)
        self.assertIn("<svg", once._repr_html_())  # a bin of no width
        self.assertGreater(slipway.benchmark(models.AUTOPILOT, seconds=0.2).runs, 10)

    def test_build(self):
        made = slipway.build(models.EXAMPLES / "autopilot" / "slipway.toml", output=self.folder / "artifacts", seconds=0.3)
        self.assertTrue(made, str(made))
        self.assertIn(made.chosen, made.candidates)
        self.assertTrue((made.artifacts / "report.json").is_file())
        self.assertTrue(made.report.is_file())

    def test_build_that_keeps_no_budget(self):
        recipe = self.folder / "slipway.toml"
        recipe.write_text(f'[model]\nname = "autopilot"\nversion = "1.0.0"\nfile = "{models.AUTOPILOT}"\n'
                          '[budget]\np99_latency_ms = 0.000001\n[build]\nengines = "native"\nthreads = 1\n')
        made = slipway.build(recipe, output=self.folder / "artifacts", seconds=0.1)
        self.assertFalse(made)
        self.assertIsNone(made.chosen)
        self.assertIsNone(made.artifacts)
        self.assertTrue(made.verdict)

    def test_compile(self):
        made = slipway.compile(models.AUTOPILOT, self.folder / "a.plan", weights="bf16")
        x = models.window()
        wanted, = slipway.InferenceSession(models.AUTOPILOT).run(None, {"sensors": x})
        given, = slipway.InferenceSession(made.path).run(None, {"sensors": x})
        np.testing.assert_allclose(given, wanted, atol=0.02)

    def test_inspect_and_check(self):
        seen = slipway.inspect(models.AUTOPILOT)
        self.assertEqual(seen.operators["LSTM"], 2)
        self.assertGreater(seen.parameters, 50_000)
        self.assertTrue(slipway.check(models.AUTOPILOT))
        bad = self.folder / "bad.onnx"
        bad.write_text("no model")
        checked = slipway.check(bad)
        self.assertFalse(checked)
        self.assertIn("not an ONNX model", checked.problems[0]["message"])

    def test_all_of_them_print_and_show(self):
        made = (slipway.optimize(models.AUTOPILOT, self.folder / "f.onnx"),
                   slipway.prune(DIGITS / "plain.onnx", self.folder / "p.onnx", ratio=0.2),
                   slipway.benchmark(models.AUTOPILOT, runs=200), slipway.inspect(models.AUTOPILOT),
                   slipway.check(models.AUTOPILOT))
        for result in made:
            with self.subTest(type(result).__name__):
                self.assertGreater(len(str(result).splitlines()), 1)
                self.assertIn("<table>", result._repr_html_())
                ElementTree.fromstring(result._repr_html_())
        self.assertIn("<svg", made[2]._repr_html_())

    def test_a_long_name_stays_in_the_picture(self):
        name = "onnxruntime int8 dynamic, pruned by 30 %, 16 threads"
        candidates = [results.Candidate(name, "f32 <&>", 1, "refused", "slower", 9.0, 10.0, {}),
                      results.Candidate("native", "f32", 1, "chosen", "", 3.0, 4.0, {}),
                      results.Candidate("native", "f16", 1, "failed", "why", None, None, {})]
        built = results.Built(True, "fast", [], candidates[1], candidates, None, None, {})
        picture = ElementTree.fromstring(built._repr_html_()).find("svg")
        words = picture.findall("text")
        self.assertEqual(words[0].text, candidates[0].name)
        self.assertGreater(float(words[0].get("x")), 6 * len(words[0].text))  # of 12 pixels' height
        self.assertEqual(len(picture.findall("rect")), 2)
        for word in words:
            self.assertLess(float(word.get("x")), float(picture.get("width")))

    def test_what_is_wrong_is_raised(self):
        with self.assertRaisesRegex(slipway.CommandError, "cannot open.*none.onnx") as caught:
            slipway.optimize(self.folder / "none.onnx", self.folder / "f.onnx")
        self.assertEqual(caught.exception.exit_code, 1)
        self.assertRaisesRegex(slipway.UsageError, "int3", slipway.quantize, models.AUTOPILOT, self.folder / "q.onnx",
                               to="int3")
        self.assertRaises(slipway.SlipwayError, slipway.quantize, models.AUTOPILOT, self.folder / "q.onnx",
                          samples=np.zeros((3, 7), np.float32))
        self.assertFalse((self.folder / "q.onnx").exists())

    def test_what_is_misspelt_is_guessed(self):
        for word, meant in (("exprot", "export"), ("qantize", "quantize"), ("hepl", "help")):
            with self.subTest(word):
                code, _, said = run_program([word])
                self.assertEqual((code, said), (2, f"error: there is no command '{word}': did you mean '{meant}'?\n"))

    def test_what_the_package_leaves_out_is_told(self):
        def commands(text):
            return set(re.findall(r"^  ([a-z-]+) +\S", text, re.MULTILINE))

        _, listed, _ = run_program(["help"])
        program = (models.ROOT / "tests" / "cli" / "golden" / "help.txt").read_text(encoding="utf-8")
        self.assertEqual(commands(program) - commands(listed), set(left_out.COMMANDS))
        self.assertEqual(commands(listed) - commands(program), {"export"})
        for name in left_out.COMMANDS:
            with self.subTest(name):
                for words in ([name, "--help"], ["help", name]):
                    code, out, said = run_program(words)
                    self.assertEqual((code, out), (2, ""))
                    self.assertIn(f"build/bin/slipway {name}", said)
        self.assertFalse(hasattr(slipway, "pack"))
        with self.assertRaisesRegex(AttributeError, "has no attribute 'pack': it needs OpenSSL.*build/bin/slipway pack"):
            slipway.pack("artifacts", "autopilot.slip")
        with self.assertRaisesRegex(AttributeError, "has no attribute 'pak'$"):
            slipway.pak()


if __name__ == "__main__":
    unittest.main()
