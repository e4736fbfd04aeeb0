#!/usr/bin/env python3
"""slipway.edge: the engine and its script, many threads, the autopilot's window, the monitor, health, integrity.

Needs NumPy; PYTHONPATH has the package. The autopilot is compared with ONNX Runtime where that is installed.
"""

import contextlib
import gc
import io
import json
import logging
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import weakref

import numpy as np
import slipway
from slipway import edge

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/cli"))
import onnx_bytes  # noqa: E402

EXAMPLES = TOP / "examples"
AUTOPILOT = EXAMPLES / "autopilot/autopilot.onnx"
WINDOWS = np.load(EXAMPLES / "autopilot/recorded_input.npy")
TCN = EXAMPLES / "pitwall/tcn.onnx"


def write_model(path, nodes, inputs, outputs, initializers=()):
    body = onnx_bytes.graph(nodes, inputs, outputs, initializers)
    pathlib.Path(path).write_bytes(onnx_bytes.model(body))
    return str(path)


def two_inputs(path):
    """total = a + b and product = a * b, each float32 [2]."""
    node, value = onnx_bytes.node, onnx_bytes.value
    return write_model(path, [node("Add", ["a", "b"], ["total"]), node("Mul", ["a", "b"], ["product"])],
                       [value("a", [2]), value("b", [2])], [value("total", [2]), value("product", [2])])


def gather(path):
    """picked = table[index]: an index out of range fails in the run and not before."""
    value = onnx_bytes.value
    return write_model(path, [onnx_bytes.node("Gather", ["table", "index"], ["picked"])],
                       [value("index", [1], onnx_bytes.INT64)], [value("picked", [1])],
                       [onnx_bytes.floats("table", [4], [10.0, 11.0, 12.0, 13.0])])


def steering(path, readings=3, features=2, nodes=None):
    """rudder = the sum of the window, which leaves [-1, 1] at once."""
    node = onnx_bytes.node
    nodes = nodes or [node("ReduceSum", ["sensors"], ["rudder"], keepdims=0)]
    return write_model(path, nodes, [onnx_bytes.value("sensors", [1, readings, features])],
                       [onnx_bytes.value("rudder", [])])


def read(path):
    return pathlib.Path(path).read_text(encoding="utf-8")


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def refuses(self, kind, words, call, *args, **named):
        """`call` raises exactly this kind, with each of the words in its sentence."""
        with self.assertRaises(kind) as caught:
            call(*args, **named)
        for word in words if isinstance(words, (list, tuple)) else [words]:
            self.assertIn(word, str(caught.exception))
        return caught.exception


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
        self.assertRegex(out, r"\AInference completed in \d+\.\d{3}s\nOutput shape: \(3, 1\)\nResults saved to .*out.npy\n\Z")
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
        code, _, said = self.call("--model", model, "--input", self.folder / "in.npz", "--output", self.folder / "o.npy")
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


class Threads(InFolder):
    def setUp(self):
        super().setUp()
        self.before = set(threading.enumerate())

    def none_left(self):
        self.assertEqual(set(threading.enumerate()) - self.before, set())

    def test_every_input_has_its_result_and_no_thread_is_left(self):
        wanted = slipway.InferenceSession(AUTOPILOT).run(None, {"sensors": WINDOWS[:1]})[0].shape
        with slipway.MultiThreadedInference(AUTOPILOT, num_threads=3) as many:
            self.assertEqual(len(set(threading.enumerate()) - self.before), 3)
            tickets = [many.submit(WINDOWS[i:i + 1]) for i in range(60)]
            self.assertEqual(tickets, list(range(60)))
            made = {}
            for _ in range(60):
                result = many.get_result(timeout=30)
                worker_id, output = result
                self.assertIn(worker_id, range(3))
                self.assertEqual((result.worker_id, result.output.shape), (worker_id, wanted))
                self.assertIs(result.output, output)
                made[result.ticket] = output
            self.assertEqual(many.pending, 0)
        alone = slipway.InferenceSession(AUTOPILOT)
        self.assertEqual(sorted(made), list(range(60)))
        for i, output in made.items():
            np.testing.assert_array_equal(output, alone.run(None, {"sensors": WINDOWS[i:i + 1]})[0])
        self.assertFalse(many.running)
        self.none_left()

    def test_the_older_names_of_the_calls(self):
        many = slipway.MultiThreadedInference(AUTOPILOT)
        self.assertEqual(many.num_threads, 4)
        many.submit_inference(WINDOWS[:1])
        worker_id, result = many.get_result()
        many.stop()
        self.assertIn(worker_id, range(4))
        np.testing.assert_allclose(result, np.load(EXAMPLES / "autopilot/recorded_rudder.npy")[:1], atol=1e-5)
        self.none_left()

    def test_ordered_results_come_as_inputs_were_given(self):
        # Inputs of very different size, so that workers overtake each other.
        with slipway.MultiThreadedInference(AUTOPILOT, num_threads=4, ordered=True) as many:
            sizes = [240 if i % 4 == 0 else 1 for i in range(40)]
            for size in sizes:
                many.submit(WINDOWS[:size])
            results = [many.get_result(timeout=60) for _ in sizes]
        self.assertEqual([result.ticket for result in results], list(range(40)))
        self.assertEqual([len(result.output) for result in results], sizes)

    def test_without_order_results_come_as_they_are_finished(self):
        hold = threading.Event()
        many = slipway.MultiThreadedInference(AUTOPILOT, num_threads=2)
        self.addCleanup(many.stop)
        self.addCleanup(hold.set)
        self.hold_the_first(many, hold)
        for i in range(3):
            many.submit(WINDOWS[i:i + 1])
        self.assertEqual({many.get_result(timeout=30).ticket for _ in range(2)}, {1, 2})
        hold.set()
        self.assertEqual(many.get_result(timeout=30).ticket, 0)

    def hold_the_first(self, many, hold):
        """The first run waits for the event."""
        model, first = many._shared.model, threading.Event()
        run = model.run

        def held(arrays):
            if not first.is_set():
                first.set()
                hold.wait(60)
            return run(arrays)

        model.run = held
        return first

    def test_ordered_results_wait_for_the_one_before(self):
        hold = threading.Event()
        many = slipway.MultiThreadedInference(AUTOPILOT, num_threads=2, ordered=True)
        self.addCleanup(many.stop)
        self.addCleanup(hold.set)
        self.hold_the_first(many, hold)
        for i in range(3):
            many.submit(WINDOWS[i:i + 1])
        self.refuses(slipway.TimedOutError, "3 are to come", many.get_result, timeout=0.2)
        hold.set()
        self.assertEqual([many.get_result(timeout=30).ticket for _ in range(3)], [0, 1, 2])

    def test_the_queue_is_bounded(self):
        hold = threading.Event()
        many = slipway.MultiThreadedInference(AUTOPILOT, num_threads=1, max_queue=2)
        self.addCleanup(many.stop)
        self.addCleanup(hold.set)
        started = self.hold_the_first(many, hold)
        many.submit(WINDOWS[:1])
        self.assertTrue(started.wait(30))
        many.submit(WINDOWS[:1])
        many.submit(WINDOWS[:1])
        error = self.refuses(slipway.TimedOutError, "2 inputs wait already", many.submit, WINDOWS[:1], timeout=0.1)
        self.assertIsInstance(error, TimeoutError)
        waiting = threading.Thread(target=many.submit, args=(WINDOWS[:1],))
        waiting.start()
        waiting.join(0.1)
        self.assertTrue(waiting.is_alive(), "submit() without a timeout waits for room")
        hold.set()
        waiting.join(30)
        self.assertFalse(waiting.is_alive())
        self.assertEqual([many.get_result(timeout=30).ticket for _ in range(4)], [0, 1, 2, 3])

    def test_results_that_no_one_fetches_are_bounded(self):
        with slipway.MultiThreadedInference(AUTOPILOT, num_threads=1, max_results=2) as many:
            for _ in range(2):
                many.submit(WINDOWS[:1])
            deadline = time.monotonic() + 30
            while len(many._shared.finished) < 2 and time.monotonic() < deadline:
                time.sleep(0.001)
            self.refuses(slipway.UsageError, "2 results lie unfetched", many.submit, WINDOWS[:1])
            many.get_result()
            self.assertEqual(many.submit(WINDOWS[:1]), 2)

    def test_errors_of_a_run_reach_the_caller_and_the_workers_go_on(self):
        with slipway.MultiThreadedInference(gather(self.folder / "g.onnx"), 2, ordered=True) as many:
            for index in (1, 99, 2):
                many.submit(np.array([index]))
            self.assertEqual(many.get_result(timeout=30).output.tolist(), [11.0])
            error = self.refuses(slipway.InputError, "index", many.get_result, timeout=30)
            self.assertEqual(error.ticket, 1)
            self.assertEqual(many.get_result(timeout=30).output.tolist(), [12.0])
            self.assertTrue(all(thread.is_alive() for thread in many.threads))
            many.submit({"indes": [1]})
            self.refuses(slipway.InputError, "'index' is missing", many.get_result, timeout=30)
            self.refuses(slipway.InputTypeError, "float64", many.submit, np.array([0.5]))  # before anything is queued
            self.assertEqual(many.pending, 0)
        self.none_left()

    def test_inputs_are_copied_when_they_are_given(self):
        hold = threading.Event()
        many = slipway.MultiThreadedInference(AUTOPILOT, num_threads=1)
        self.addCleanup(many.stop)
        self.addCleanup(hold.set)
        self.hold_the_first(many, hold)
        camera = WINDOWS[:1].copy()
        many.submit(camera)
        many.submit(camera)
        camera[:] = 0
        hold.set()
        wanted = slipway.InferenceSession(AUTOPILOT).run(None, {"sensors": WINDOWS[:1]})[0]
        for _ in range(2):
            np.testing.assert_array_equal(many.get_result(timeout=30).output, wanted)

    def test_stop_runs_what_was_given_or_says_what_it_did_not_run(self):
        many = slipway.MultiThreadedInference(AUTOPILOT, num_threads=2)
        for i in range(20):
            many.submit(WINDOWS[i:i + 1])
        many.stop()
        self.none_left()
        self.assertEqual({many.get_result().ticket for _ in range(20)}, set(range(20)))
        self.refuses(slipway.ClosedError, "none to wait for", many.get_result)
        self.refuses(slipway.ClosedError, "stopped", many.submit, WINDOWS[:1])
        many.stop()

        hold = threading.Event()
        many = slipway.MultiThreadedInference(AUTOPILOT, num_threads=1)
        started = self.hold_the_first(many, hold)
        for _ in range(3):
            many.submit(WINDOWS[:1])
        self.assertTrue(started.wait(30))
        stopping = threading.Thread(target=many.stop, kwargs={"drain": False})
        stopping.start()
        while many.running:
            time.sleep(0.001)
        hold.set()
        stopping.join(30)
        outcomes = []
        for _ in range(3):
            try:
                outcomes.append(many.get_result(timeout=30).ticket)
            except slipway.ClosedError as error:
                outcomes.append(f"not run: {error.ticket}")
        self.assertEqual(sorted(map(str, outcomes)), ["0", "not run: 1", "not run: 2"])
        self.none_left()

    def test_stop_wakes_those_who_wait(self):
        many = slipway.MultiThreadedInference(AUTOPILOT, num_threads=1)
        caught = []

        def wait():
            try:
                many.get_result()
            except slipway.ClosedError as error:
                caught.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.05)
        many.stop()
        waiting.join(30)
        self.assertEqual(len(caught), 1)
        self.none_left()

    def test_one_that_is_forgotten_ends_its_threads(self):
        many = slipway.MultiThreadedInference(AUTOPILOT, num_threads=2)
        gone = weakref.ref(many)
        many.submit(WINDOWS[:1])
        del many
        gc.collect()
        self.assertIsNone(gone())
        self.none_left()

    def test_an_error_in_the_with_statement_ends_its_threads(self):
        with self.assertRaises(KeyError), slipway.MultiThreadedInference(AUTOPILOT, num_threads=2) as many:
            many.submit(WINDOWS[:1])
            raise KeyError
        self.none_left()

    def test_the_interpreter_ends_without_stop(self):
        code = (f"import slipway, numpy as np; m = slipway.MultiThreadedInference({str(AUTOPILOT)!r}); "
                "m.submit(np.zeros((1, 20, 25), np.float32)); print(m.get_result()[1].shape)")
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((ran.returncode, ran.stdout, ran.stderr), (0, "(1, 1)\n", ""))

    def test_a_forked_child_is_told(self):
        many = slipway.MultiThreadedInference(AUTOPILOT, num_threads=1)
        self.addCleanup(many.stop)
        code = (f"import os, slipway, numpy as np\nm = slipway.MultiThreadedInference({str(AUTOPILOT)!r}, 1)\n"
                "child = os.fork()\n"
                "if child == 0:\n"
                "    said = []\n"
                "    for call in (lambda: m.submit(np.zeros((1, 20, 25), np.float32)), m.get_result):\n"
                "        try: call()\n"
                "        except slipway.ForkedError as error: said.append(str(error))\n"
                "    m.stop()\n"
                "    os._exit(0 if len(said) == 2 and all('forked' in s for s in said) else 1)\n"
                "code = os.waitpid(child, 0)[1]\n"
                "m.stop()\n"
                "print(code)\n")
        ran = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=60,
                             check=False)
        self.assertEqual((ran.stdout, ran.stderr), ("0\n", ""))

    def test_wrong_arguments(self):
        for named in ({"num_threads": 0}, {"num_threads": 1.5}, {"max_queue": 0}, {"max_results": True}):
            with self.subTest(named):
                self.refuses(slipway.UsageError, list(named), slipway.MultiThreadedInference, AUTOPILOT, **named)
        self.refuses(slipway.ModelNotFoundError, "no.onnx", slipway.MultiThreadedInference, "no.onnx")
        self.none_left()

    def test_a_session_that_is_lent_stays_open(self):
        session = slipway.InferenceSession(AUTOPILOT)
        with slipway.MultiThreadedInference(session, 2) as many:
            many.submit(WINDOWS[:1])
            many.get_result(timeout=30)
        self.assertEqual(session.run(None, {"sensors": WINDOWS[:1]})[0].shape, (1, 1))


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
            self.refuses(slipway.UnsupportedModelError, "[batch, readings, features]", slipway.AutopilotInference, model)
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


class Monitor(InFolder):
    KEYS = {"timestamp", "uptime", "cpu_percent", "memory_percent", "disk_usage"}
    GPU_KEYS = {"gpu_load", "gpu_memory_percent", "gpu_temperature"}

    def write(self, path, text):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def machine(self, user=100, idle=100):
        self.write("proc/stat", f"cpu  {user} 0 0 {idle} 0 0 0 0 0 0\ncpu0 {user} 0 0 {idle} 0 0 0 0 0 0\n")
        self.write("proc/meminfo", "MemTotal:  1000 kB\nMemFree:  100 kB\nMemAvailable:  250 kB\n")

    def test_of_this_machine(self):
        metrics = slipway.EdgeMonitor().get_system_metrics()
        self.assertLessEqual(self.KEYS, set(metrics))
        self.assertLessEqual(set(metrics) - self.KEYS, self.GPU_KEYS)
        for key in ("cpu_percent", "memory_percent", "disk_usage"):
            self.assertTrue(0 <= metrics[key] <= 100, (key, metrics))
        self.assertGreater(metrics["memory_percent"], 0)
        self.assertAlmostEqual(metrics["timestamp"], time.time(), delta=60)
        if os.path.exists("/proc/driver/nvidia/version"):
            self.skipTest("a GPU's driver is here: which of its metrics there are depends on it")
        self.assertEqual(set(metrics), self.KEYS)

    def test_of_a_machine_that_is_known(self):
        self.machine()
        monitor = slipway.EdgeMonitor(self.folder)
        self.machine(user=100 + 30, idle=100 + 70)
        metrics = monitor.get_system_metrics()
        self.assertEqual(set(metrics), self.KEYS)
        self.assertAlmostEqual(metrics["cpu_percent"], 30)
        self.assertAlmostEqual(metrics["memory_percent"], 75)
        self.assertGreater(metrics["uptime"], 0)
        self.machine(user=130 + 50, idle=170)
        self.assertAlmostEqual(monitor.get_system_metrics()["cpu_percent"], 100)
        self.assertEqual(monitor.get_system_metrics()["cpu_percent"], 0)  # no tick since

    def test_of_a_jetson(self):
        self.machine()
        self.write("sys/devices/platform/17000000.ga10b/load", "420\n")
        self.write("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n")
        self.write("sys/class/thermal/thermal_zone0/temp", "40000\n")
        self.write("sys/class/thermal/thermal_zone1/type", "gpu-thermal\n")
        self.write("sys/class/thermal/thermal_zone1/temp", "51500\n")
        metrics = slipway.EdgeMonitor(self.folder).get_system_metrics()
        self.assertEqual((metrics["gpu_load"], metrics["gpu_memory_percent"], metrics["gpu_temperature"]),
                         (42.0, metrics["memory_percent"], 51.5))
        (self.folder / "sys/class/thermal/thermal_zone1/temp").unlink()
        self.assertEqual(set(slipway.EdgeMonitor(self.folder).get_system_metrics()) - self.KEYS,
                         {"gpu_load", "gpu_memory_percent"}, "what is not told has no key")

    def test_of_nvidia_and_amd(self):
        self.machine()
        smi = self.write("usr/bin/nvidia-smi", "#!/bin/sh\necho 'NVIDIA H100, 17, 2048, 8192, 45'\n")
        smi.chmod(0o755)
        metrics = slipway.EdgeMonitor(self.folder).get_system_metrics()
        self.assertEqual([metrics[key] for key in ("gpu_load", "gpu_memory_percent", "gpu_temperature")], [17, 25, 45])
        smi.write_text("#!/bin/sh\necho 'no driver' >&2\nexit 9\n")
        self.assertEqual(set(slipway.EdgeMonitor(self.folder).get_system_metrics()), self.KEYS)
        card = "sys/class/drm/card0/device"
        for name, text in (("gpu_busy_percent", "8"), ("mem_info_vram_used", "30"), ("mem_info_vram_total", "40"),
                           ("hwmon/hwmon3/temp1_input", "61000")):
            self.write(f"{card}/{name}", text)
        metrics = slipway.EdgeMonitor(self.folder).get_system_metrics()
        self.assertEqual([metrics[key] for key in ("gpu_load", "gpu_memory_percent", "gpu_temperature")], [8, 75, 61])

    def test_log_metrics(self):
        monitor, out, path = slipway.EdgeMonitor(), io.StringIO(), self.folder / "log"
        with contextlib.redirect_stdout(out):
            first = monitor.log_metrics(path)
            monitor.log_metrics(path)
        self.assertIn(f"System Metrics: {first}\n", out.getvalue())
        lines = [json.loads(line) for line in read(path).splitlines()]
        self.assertEqual((len(lines), lines[0]), (2, first))
        with contextlib.redirect_stdout(out):
            self.refuses(slipway.UsageError, "/no/log", monitor.log_metrics, "/no/log")

    def test_without_proc(self):
        self.refuses(slipway.NotAvailableError, "/proc", slipway.EdgeMonitor, self.folder)


class Health(InFolder):
    CHECKS = {"model_loaded", "gpu_available", "memory_available", "disk_space", "network_connectivity", "sensor_data",
              "inference_time"}

    def test_nothing_given_is_not_healthy_and_says_what_was_not_checked(self):
        found = slipway.health_check()
        self.assertEqual(set(found), {"status", "checks", "timestamp", "details"})
        self.assertEqual((set(found["checks"]), set(found["details"])), (self.CHECKS, self.CHECKS))
        self.assertEqual(found["status"], "unhealthy")
        for name in ("model_loaded", "sensor_data", "inference_time"):
            self.assertIsNone(found["checks"][name])
            self.assertIn("not checked", found["details"][name])
        self.assertAlmostEqual(found["timestamp"], time.time(), delta=60)

    def test_all_that_is_required_is_good(self):
        required = self.CHECKS - {"gpu_available", "network_connectivity"}
        found = slipway.health_check(AUTOPILOT, sensor=lambda: WINDOWS[0], required=required, max_inference_ms=10000,
                                     min_disk_share=0, min_memory_share=0)
        self.assertEqual(found["status"], "healthy", found)
        self.assertTrue(all(found["checks"][name] is True for name in required))
        worse = slipway.health_check(AUTOPILOT, sensor=lambda: WINDOWS[0] * np.nan, required=required,
                                     max_inference_ms=10000, min_disk_share=0, min_memory_share=0)
        self.assertEqual((worse["status"], worse["checks"]["sensor_data"]), ("unhealthy", False))
        self.assertIn("NaN", worse["details"]["sensor_data"])

    def test_one_that_was_not_checked_does_not_pass(self):
        self.assertEqual(slipway.health_check(required=["sensor_data"])["status"], "unhealthy")
        self.assertEqual(slipway.health_check(sensor=lambda: 1.0, required=["sensor_data"])["status"], "healthy")

    def check(self, name, **named):
        found = slipway.health_check(**named)
        return found["checks"][name], found["details"][name]

    def test_models(self):
        engine = slipway.EdgeInferenceEngine(AUTOPILOT)
        session = slipway.InferenceSession(AUTOPILOT)
        small = slipway.MemoryEfficientInference(AUTOPILOT)
        pilot = slipway.AutopilotInference(AUTOPILOT)
        for model in (str(AUTOPILOT), AUTOPILOT, AUTOPILOT.read_bytes(), engine, session, small, pilot):
            self.assertIs(self.check("model_loaded", model=model)[0], True)
        for model in (engine, small, pilot):
            model.cleanup() if model is small else model.close()
            self.assertEqual(self.check("model_loaded", model=model), (False, "the model's session was closed"))
        self.assertEqual(session.run(None, {"sensors": WINDOWS[:1]})[0].shape, (1, 1), "it was lent")
        for model in ("no.onnx", b"", b"not a model", 3):
            good, why = self.check("model_loaded", model=model)
            self.assertIs(good, False)
            self.assertIn("does not load", why)

    def test_sensors(self):
        def broken():
            raise OSError("bus error")

        for sensor, good, words in ((lambda: [1.0, 2], True, "2 finite"), (lambda: {"a": [1], "b": 2}, True, "2 finite"),
                                    (lambda: True, True, "passed"), (lambda: False, False, "failed"),
                                    (lambda: None, False, "nothing"), (lambda: [], False, "empty"),
                                    (lambda: {}, False, "empty"), (lambda: "text", False, "no numbers"),
                                    (lambda: [1, float("inf")], False, "infinity"), (broken, False, "bus error")):
            self.assertEqual((self.check("sensor_data", sensor=sensor)[0]), good)
            self.assertIn(words, self.check("sensor_data", sensor=sensor)[1])

    def test_inference_time(self):
        calls = []
        good, why = self.check("inference_time", inference=lambda: calls.append(1), max_inference_ms=1000)
        self.assertIs(good, True)
        self.assertIn("1000 ms are allowed", why)
        self.assertGreater(len(calls), 1)
        good, why = self.check("inference_time", inference=lambda: time.sleep(0.005), max_inference_ms=4)
        self.assertIs(good, False)
        good, why = self.check("inference_time", inference=lambda: 1 / 0)
        self.assertIs(good, False)
        self.assertIn("ZeroDivisionError", why)
        self.assertIs(self.check("inference_time", model=AUTOPILOT, max_inference_ms=0)[0], False)

    def test_memory_and_disk(self):
        (self.folder / "proc").mkdir()
        (self.folder / "proc/meminfo").write_text("MemTotal: 1000 kB\nMemAvailable: 40 kB\n")
        self.assertIs(self.check("memory_available", root=self.folder)[0], False)
        self.assertIs(self.check("memory_available", root=self.folder, min_memory_share=0.04)[0], True)
        (self.folder / "proc/meminfo").write_text("nothing\n")
        self.assertIs(self.check("memory_available", root=self.folder)[0], None)
        self.assertIs(self.check("disk_space", min_disk_share=0)[0], True)
        self.assertIs(self.check("disk_space", min_disk_share=1)[0], False)
        good, why = self.check("disk_space", disk_path="/no/such/folder")
        self.assertIs(good, None)
        self.assertIn("/no/such/folder", why)

    def test_gpu(self):
        good, why = self.check("gpu_available", root=self.folder)
        self.assertIs(good, False)
        self.assertIn("no GPU was found", why)
        load = self.folder / "sys/devices/gpu.0/load"
        load.parent.mkdir(parents=True)
        load.write_text("0\n")
        self.assertIs(self.check("gpu_available", root=self.folder)[0], True)

    def test_network_without_a_host_sends_nothing(self):
        state = self.folder / "sys/class/net/eth0/operstate"
        state.parent.mkdir(parents=True)
        state.write_text("up\n")
        routes = self.folder / "proc/net/route"
        routes.parent.mkdir(parents=True)
        head = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
        routes.write_text(head + "eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\n")
        good, why = self.check("network_connectivity", root=self.folder)
        self.assertIs(good, True)
        self.assertIn("not tried", why)
        state.write_text("down\n")
        self.assertIs(self.check("network_connectivity", root=self.folder)[0], False)
        state.write_text("up\n")
        routes.write_text(head + "eth0\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n")
        self.assertIs(self.check("network_connectivity", root=self.folder)[0], False)
        routes.write_text(head)
        (routes.parent / "ipv6_route").write_text(f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} 00000400 00000001 00000000 "
                                                  f"00000003 eth0\n")
        self.assertIs(self.check("network_connectivity", root=self.folder)[0], True)
        self.assertIs(self.check("network_connectivity", root=self.folder / "none")[0], None)

    def test_network_with_a_host(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            host = f"127.0.0.1:{server.getsockname()[1]}"
            self.assertIs(self.check("network_connectivity", host=host)[0], True)
        good, why = self.check("network_connectivity", host=host)
        self.assertIs(good, False)
        self.assertIn("does not answer", why)
        self.assertIs(self.check("network_connectivity", host="robot:99999")[0], None)

    def test_wrong_arguments(self):
        self.refuses(slipway.UsageError, ["no check 'gpu'", "gpu_available"], slipway.health_check, required=["gpu"])
        self.refuses(slipway.UsageError, "min_disk_share", slipway.health_check, min_disk_share=5)


class Integrity(InFolder):
    def test_the_code_of_a_known_file(self):
        # RFC 4231, test cases 1 and 2, of HMAC-SHA-256.
        file = self.folder / "m"
        for key, data, code in ((b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b"
                                 "881dc200c9833da726e9376c2e32cff7"),
                                ("Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c7"
                                 "5a003f089d2739839dec58b964ec3843")):
            file.write_bytes(data)
            self.assertEqual(edge.model_hmac(file, key), code)
            self.assertIs(slipway.verify_model_integrity(file, code, key), True)
            self.assertIs(slipway.verify_model_integrity(str(file), code.upper() + "\n", key), True)
            self.assertIs(slipway.verify_model_integrity(file, code[:-1] + "0", key), False)
            self.assertIs(slipway.verify_model_integrity(file, "", key), False)
            self.assertIs(slipway.verify_model_integrity(file, "ä" * 64, key), False)
            self.assertIs(slipway.verify_model_integrity(file, code, b"another"), False)

    def test_every_bit_counts(self):
        data = bytearray(AUTOPILOT.read_bytes())
        code = edge.model_hmac(AUTOPILOT, "key")
        for place in (0, len(data) // 2, len(data) - 1):
            data[place] ^= 1
            (self.folder / "m.onnx").write_bytes(data)
            self.assertIs(slipway.verify_model_integrity(self.folder / "m.onnx", code, "key"), False)
            data[place] ^= 1
        (self.folder / "m.onnx").write_bytes(data)
        self.assertIs(slipway.verify_model_integrity(self.folder / "m.onnx", code, "key"), True)

    def test_wrong_arguments(self):
        self.refuses(slipway.ModelNotFoundError, "no.onnx", slipway.verify_model_integrity, "no.onnx", "0" * 64, "k")
        self.refuses(slipway.UsageError, str(self.folder), slipway.verify_model_integrity, self.folder, "0" * 64, "k")
        self.refuses(slipway.UsageError, "key is empty", slipway.verify_model_integrity, AUTOPILOT, "0" * 64, "")
        self.refuses(slipway.UsageError, "int", slipway.verify_model_integrity, AUTOPILOT, "0" * 64, 5)
        self.refuses(slipway.UsageError, "bytes", slipway.verify_model_integrity, AUTOPILOT, b"0" * 64, "k")


def setUpModule():
    logging.getLogger("slipway.edge").addHandler(logging.NullHandler())


if __name__ == "__main__":
    unittest.main()
