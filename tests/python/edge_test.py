#!/usr/bin/env python3
"""slipway.edge: the engine and its script, a model in little memory, the autopilot's window, which is compared with
ONNX Runtime where that is installed.

Needs NumPy; PYTHONPATH has the package.
"""

import io
import json
import logging
import subprocess
import sys
import threading
import unittest

import numpy as np
import slipway
from edge_models import AUTOPILOT, EXAMPLES, WINDOWS, InFolder, gather, steering, two_inputs, write_model, onnx_bytes


def setUpModule():
    logging.getLogger("slipway.edge").addHandler(logging.NullHandler())


class Engine(InFolder):
    def setUp(self):
        super().setUp()
        logger = logging.getLogger("slipway.edge")
        self.log = io.StringIO()
        handler = logging.StreamHandler(self.log)
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)

    def test_gives_what_the_session_gives_and_logs_the_load(self):
        engine = slipway.EdgeInferenceEngine(str(AUTOPILOT))
        wanted = slipway.InferenceSession(AUTOPILOT).run(None, {"sensors": WINDOWS[:4]})[0]
        np.testing.assert_array_equal(engine.infer(WINDOWS[:4]), wanted)
        np.testing.assert_array_equal(engine.infer({"sensors": WINDOWS[:4].astype(np.float64)}), wanted)
        np.testing.assert_array_equal(engine.infer(WINDOWS[:4].tolist()), wanted)
        np.testing.assert_array_equal(engine.infer(np.asfortranarray(WINDOWS[:4])), wanted)
        self.assertEqual(self.log.getvalue(), f"Model loaded successfully from {AUTOPILOT}\n")

    def test_several_inputs_and_outputs(self):
        with slipway.EdgeInferenceEngine(two_inputs(self.folder / "m.onnx")) as engine:
            made = engine.infer({"a": [1, 2], "b": [3, 4]})
            self.assertEqual({name: array.tolist() for name, array in made.items()},
                             {"total": [4.0, 6.0], "product": [3.0, 8.0]})
            self.refuses(slipway.InputError, "give a dict of arrays by name, of a, b", engine.infer, [1, 2])
            self.refuses(slipway.InputError, "'b' is missing", engine.infer, {"a": [1, 2]})
            self.refuses(slipway.InputError, "no input 'c'", engine.infer, {"a": [1, 2], "b": [1, 2], "c": [1, 2]})
        self.refuses(slipway.ClosedError, "closed", engine.infer, {"a": [1, 2], "b": [3, 4]})

    def test_a_model_that_does_not_load_is_logged_and_raised(self):
        self.refuses(slipway.ModelNotFoundError, "none.onnx", slipway.EdgeInferenceEngine, self.folder / "none.onnx")
        (self.folder / "x.engine").write_bytes(b"ftrt\0\0\0\0" + bytes(range(200)))
        self.refuses(slipway.InvalidModelError, "x.engine", slipway.EdgeInferenceEngine, self.folder / "x.engine")
        self.assertEqual(self.log.getvalue().count("Failed to load model: "), 2)

    def test_float_is_not_taken_for_whole_numbers_nor_objects_for_numbers(self):
        with slipway.EdgeInferenceEngine(gather(self.folder / "g.onnx")) as engine:
            self.assertEqual(engine.infer(np.array([2], np.int32)).tolist(), [12.0])
            self.refuses(slipway.InputTypeError, "astype('int64')", engine.infer, np.array([1.5]))
            self.refuses(slipway.InputTypeError, "object", engine.infer, np.array([None]))
            self.refuses(slipway.InputTypeError, "'index'", engine.infer, [[1], [2, 3]])

    def test_configuration(self):
        config = self.folder / "c.json"
        config.write_text(json.dumps({"threads": 1, "weights": "int8", "dims": {"batch": 1}}))
        with slipway.EdgeInferenceEngine(AUTOPILOT, config) as engine:
            rounded = engine.infer(WINDOWS[:1])
        exact = slipway.EdgeInferenceEngine(AUTOPILOT).infer(WINDOWS[:1])
        self.assertNotEqual(rounded.tolist(), exact.tolist())
        np.testing.assert_allclose(rounded, exact, atol=0.05)
        for text, words in (('{"thread": 1}', ["no setting 'thread'", "threads"]),
                            ('{"threads": -1}', ["'threads'", "0 or more"]),
                            ('{"threads": true}', "'threads'"), ('{"weights": 8}', "'weights'"),
                            ('{"dims": [1]}', "'dims'"), ('{"cores": 1}', "'cores'"),
                            ("[1]", "no table"), ("{", "cannot be read")):
            config.write_text(text)
            with self.subTest(text):
                self.refuses(slipway.UsageError, words, slipway.EdgeInferenceEngine, AUTOPILOT, config)
        (self.folder / "c.yaml").write_text("threads: 1")
        self.refuses(slipway.UsageError, ".json", slipway.EdgeInferenceEngine, AUTOPILOT, self.folder / "c.yaml")
        self.refuses(slipway.UsageError, "no.json", slipway.EdgeInferenceEngine, AUTOPILOT, self.folder / "no.json")

    @unittest.skipIf(sys.version_info < (3, 11), "TOML is read with Python 3.11 and later")
    def test_configuration_in_toml(self):
        config = self.folder / "c.toml"
        config.write_text('weights = "f32"\nthreads = 1\n[dims]\nbatch = 1\n')
        with slipway.EdgeInferenceEngine(AUTOPILOT, config) as engine:
            self.assertEqual(engine.infer(WINDOWS[:1]).shape, (1, 1))

    def test_a_logger_with_handlers_gets_no_more_and_one_without_gets_one(self):
        before = list(logging.getLogger("slipway.edge").handlers)
        slipway.EdgeInferenceEngine(AUTOPILOT).close()
        self.assertEqual(logging.getLogger("slipway.edge").handlers, before)
        code = (f"import slipway; slipway.EdgeInferenceEngine({str(AUTOPILOT)!r}); "
                f"slipway.EdgeInferenceEngine({str(AUTOPILOT)!r})")
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr
        lines = said.splitlines()
        self.assertEqual(len(lines), 2, said)
        for line in lines:
            self.assertRegex(line, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ - slipway\.edge - INFO - Model loaded success")


class Script(InFolder):
    def call(self, *words):
        ran = subprocess.run([sys.executable, "-m", "slipway.edge", *map(str, words)], capture_output=True, text=True,
                             check=False)
        return ran.returncode, ran.stdout, ran.stderr

    def test_a_run_prints_time_and_shape_and_saves_what_was_said(self):
        np.save(self.folder / "in.npy", WINDOWS[:3])
        code, out, said = self.call("--model", AUTOPILOT, "--input", self.folder / "in.npy",
                                    "--output", self.folder / "out.npy")
        self.assertEqual(code, 0, said)
        self.assertRegex(out, r"\AInference completed in \d+\.\d{3}s\nOutput shape: \(3, 1\)\n"
                              r"Results saved to .*out.npy\n\Z")
        wanted = np.load(EXAMPLES / "autopilot/recorded_rudder.npy")[:3]
        np.testing.assert_allclose(np.load(self.folder / "out.npy"), wanted, atol=1e-5)

    def test_several_inputs_and_outputs_go_by_npz(self):
        model = two_inputs(self.folder / "m.onnx")
        np.savez(self.folder / "in.npz", a=np.float32([1, 2]), b=np.float32([3, 4]))
        code, out, said = self.call("--model", model, "--input", self.folder / "in.npz",
                                    "--output", self.folder / "out.npz")
        self.assertEqual(code, 0, said)
        self.assertIn("Output shape: total (2,)\nOutput shape: product (2,)\n", out)
        self.assertEqual(np.load(self.folder / "out.npz")["product"].tolist(), [3.0, 8.0])
        code, _, said = self.call("--model", model, "--input", self.folder / "in.npz",
                                  "--output", self.folder / "o.npy")
        self.assertEqual(code, 1)
        self.assertIn("name an .npz", said)

    def test_what_is_wrong_is_a_sentence_and_no_trace(self):
        np.save(self.folder / "bad.npy", np.zeros((1, 5, 25), np.float32))
        np.save(self.folder / "in.npy", WINDOWS[:1])
        (self.folder / "text.npy").write_text("no array")
        cases = [
            (("--model", self.folder / "no.onnx", "--input", self.folder / "in.npy"), "no.onnx"),
            (("--model", AUTOPILOT, "--input", self.folder / "no.npy"), "no.npy"),
            (("--model", AUTOPILOT, "--input", self.folder / "text.npy"), "text.npy"),
            (("--model", AUTOPILOT, "--input", self.folder / "bad.npy"), "[1,5,25]"),
            (("--model", AUTOPILOT, "--input", self.folder / "in.npy", "--output", "/no/folder/x.npy"), "/no/folder"),
        ]
        for words, part in cases:
            with self.subTest(part):
                code, _, said = self.call(*words)
                self.assertEqual(code, 1)
                self.assertIn("error: ", said)
                self.assertIn(part, said)
                self.assertNotIn("Traceback", said)
        self.assertEqual(self.call("--model", AUTOPILOT)[0], 2)


class Memory(InFolder):
    def test_predict_and_cleanup(self):
        small = slipway.MemoryEfficientInference(AUTOPILOT)
        wanted = slipway.InferenceSession(AUTOPILOT).run(None, {"sensors": WINDOWS[:2]})[0]
        first = small.predict(WINDOWS[:2])
        np.testing.assert_array_equal(first, wanted)
        small.predict(WINDOWS[2:4])
        np.testing.assert_array_equal(first, wanted, "a result is the caller's")
        small.cleanup()
        small.cleanup()
        self.refuses(slipway.ClosedError, "closed", small.predict, WINDOWS[:2])

    def test_cleanup_gives_memory_back(self):
        rows, columns = 2048, 2048  # 16 MiB of weights
        weights = onnx_bytes.floats("w", [rows, columns], [0.5] * (rows * columns))
        model = write_model(self.folder / "big.onnx", [onnx_bytes.node("MatMul", ["x", "w"], ["y"])],
                            [onnx_bytes.value("x", [1, rows])], [onnx_bytes.value("y", [1, columns])], [weights])
        del weights
        code = ("import sys, slipway\n"
                "def kib(): return int(open('/proc/self/statm').read().split()[1]) * 4\n"
                f"slipway.MemoryEfficientInference({model!r}).cleanup()\n"
                "before = kib()\n"
                f"m = slipway.MemoryEfficientInference({model!r})\n"
                "held = kib()\n"
                "m.cleanup()\n"
                "print(held - before, kib() - before)\n")
        held, left = map(int, subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                                             check=True).stdout.split())
        self.assertGreater(held, 15000)
        self.assertLess(left, 2000)

    def test_the_warm_up_runs_the_model_and_fails_with_it(self):
        index = gather(self.folder / "g.onnx")
        with slipway.MemoryEfficientInference(index) as model:
            self.assertEqual(model.predict([3]).tolist(), [13.0])
        self.refuses(slipway.InputError, "index", slipway.MemoryEfficientInference, index, warm_up=[77])
        slipway.MemoryEfficientInference(index, warm_up=False).cleanup()
        self.refuses(slipway.SlipwayError, "weights", slipway.MemoryEfficientInference, AUTOPILOT, weights="f12")

    def test_weights_in_fewer_bits(self):
        exact = slipway.MemoryEfficientInference(AUTOPILOT).predict(WINDOWS[:8])
        rounded = slipway.MemoryEfficientInference(AUTOPILOT, weights="f16").predict(WINDOWS[:8])
        self.assertFalse(np.array_equal(exact, rounded))
        np.testing.assert_allclose(rounded, exact, atol=0.01)


class Autopilot(InFolder):
    def by_hand(self, readings):
        """The command by a session on a window made with NumPy alone: the newest 20, the first repeated before them."""
        newest = np.asarray(readings, np.float32)[-20:]
        window = np.concatenate([np.repeat(newest[:1], 20 - len(newest), axis=0), newest])[None]
        return np.clip(self.run_reference(window), -1, 1)

    def run_reference(self, window):
        return float(self.session.run(None, {"sensors": np.ascontiguousarray(window)})[0][0, 0])

    def setUp(self):
        super().setUp()
        self.tolerance = 0.0
        self.session = slipway.InferenceSession(AUTOPILOT)
        self.voyage = WINDOWS[20:, -1]  # single readings, each unlike the others
        self.assertEqual(len(np.unique(self.voyage, axis=0)), len(self.voyage))

    def test_predict_against_a_straightforward_computation(self):
        pilot = slipway.AutopilotInference(AUTOPILOT)
        self.assertEqual((pilot.sequence_length, pilot.features), (20, 25))
        for count in (1, 2, 19, 20, 21, 60):
            with self.subTest(count):
                self.assertEqual(pilot.predict(self.voyage[:count]), self.by_hand(self.voyage[:count]))
        self.assertEqual(pilot.predict(WINDOWS[:1]), self.by_hand(WINDOWS[0]))
        self.assertEqual(pilot.predict(WINDOWS[0].tolist()), self.by_hand(WINDOWS[0]))
        self.assertIsInstance(pilot.predict(WINDOWS[0].astype(np.float64)), float)

    def test_push_keeps_the_window(self):
        pilot = slipway.AutopilotInference(AUTOPILOT)
        for count in range(1, 50):
            with self.subTest(count):
                self.assertEqual(pilot.push(self.voyage[count - 1]), self.by_hand(self.voyage[:count]))
        np.testing.assert_array_equal(pilot.window, self.voyage[29:49])
        pilot.window[:] = 0  # a copy
        np.testing.assert_array_equal(pilot.window, self.voyage[29:49])
        pilot.reset()
        self.assertEqual(pilot.push(self.voyage[100]), self.by_hand(self.voyage[100:101]))

    def test_push_goes_on_from_predict(self):
        pilot = slipway.AutopilotInference(AUTOPILOT)
        pilot.predict(self.voyage[:5])
        self.assertEqual(pilot.push(self.voyage[5]), self.by_hand(self.voyage[:6]))

    def test_onnxruntime_says_the_same(self):
        try:
            import onnxruntime
        except ImportError:
            self.skipTest("onnxruntime is not installed")
        self.session = onnxruntime.InferenceSession(str(AUTOPILOT), providers=["CPUExecutionProvider"])
        pilot = slipway.AutopilotInference(AUTOPILOT)
        for count in range(1, 60):
            self.assertAlmostEqual(pilot.push(self.voyage[count - 1]), self.by_hand(self.voyage[:count]), delta=1e-5)

    def test_padding_by_zeros(self):
        pilot = slipway.AutopilotInference(AUTOPILOT, padding="zeros")
        window = np.zeros((1, 20, 25), np.float32)
        for count in range(1, 25):
            window = np.concatenate([window[:, 1:], self.voyage[None, count - 1:count]], axis=1)
            self.assertEqual(pilot.push(self.voyage[count - 1]), np.clip(self.run_reference(window), -1, 1))
        self.refuses(slipway.UsageError, "first or zeros", slipway.AutopilotInference, AUTOPILOT, padding="mirror")

    def test_commands_are_held_to_minus_one_and_one(self):
        pilot = slipway.AutopilotInference(steering(self.folder / "s.onnx"), padding="zeros")
        for reading, command in (([0.25, 0.5], 0.75), ([5, 5], 1.0), ([-90, 0], -1.0)):
            self.assertEqual(pilot.push(reading), command)

    def test_what_is_no_command_is_refused(self):
        pilot = slipway.AutopilotInference(steering(self.folder / "s.onnx"), padding="zeros")
        self.refuses(slipway.RunError, "nan", pilot.push, [float("nan"), 0])
        self.refuses(slipway.RunError, "nan", pilot.push, [0, 0])  # it is in the window
        pilot.reset()
        self.assertEqual(pilot.push([0.5, 0]), 0.5)

    def test_wrong_arguments(self):
        pilot = slipway.AutopilotInference(AUTOPILOT)
        before = pilot.push(self.voyage[0])
        self.refuses(slipway.InputError, ["25 numbers", "[24]"], pilot.push, np.zeros(24))
        self.refuses(slipway.InputError, "predict() a sequence", pilot.push, np.zeros((20, 25)))
        self.refuses(slipway.InputError, "[readings, 25]", pilot.predict, np.zeros((20, 24)))
        self.refuses(slipway.InputError, "one reading at least", pilot.predict, np.zeros((0, 25)))
        self.refuses(slipway.InputError, "[2, 20, 25]", pilot.predict, WINDOWS[:2])
        self.refuses(slipway.InputTypeError, "numbers", pilot.push, ["a"] * 25)
        self.refuses(slipway.InputTypeError, "numbers", pilot.predict, None)
        self.assertEqual(pilot.push(self.voyage[1]), self.by_hand(self.voyage[:2]), "what was refused left no trace")
        self.assertNotEqual(before, pilot.push(self.voyage[2]))
        self.refuses(slipway.UsageError, "20 readings", slipway.AutopilotInference, AUTOPILOT, sequence_length=10)
        for model in (two_inputs(self.folder / "m.onnx"), EXAMPLES / "pitwall/trees.onnx"):
            self.refuses(slipway.UnsupportedModelError, "[batch, readings, features]", slipway.AutopilotInference,
                         model)
        pilot.close()
        self.refuses(slipway.ClosedError, "closed", pilot.push, self.voyage[0])

    def test_from_several_threads_each_call_is_whole(self):
        pilot = slipway.AutopilotInference(AUTOPILOT)
        wrong = []

        def ask(i):
            wanted = self.by_hand(WINDOWS[i])
            wrong.extend(i for _ in range(100) if pilot.predict(WINDOWS[i]) != wanted)

        threads = [threading.Thread(target=ask, args=(i * 30,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
