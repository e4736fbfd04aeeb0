#!/usr/bin/env python3
"""slipway.MultiThreadedInference: every input has its result, in order or not, and no thread is left.

Needs NumPy; PYTHONPATH has the package.
"""

import gc
import os
import subprocess
import sys
import threading
import time
import unittest
import weakref

import numpy as np
import slipway
from edge_models import AUTOPILOT, EXAMPLES, WINDOWS, InFolder, gather


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

    def test_a_forked_child_ends_though_a_worker_held_the_lock(self):
        code = ("import os, signal, sys, threading, slipway\n"
                f"m = slipway.MultiThreadedInference({str(AUTOPILOT)!r}, 1)\n"
                "held, go = threading.Event(), threading.Event()\n"
                "def hold():\n"
                "    with m._shared.lock:\n"
                "        held.set()\n"
                "        go.wait()\n"
                "threading.Thread(target=hold).start()\n"
                "held.wait()\n"
                "child = os.fork()\n"
                "if child == 0:\n"
                "    signal.alarm(20)\n"
                "    sys.exit(0)\n"
                "code = os.waitpid(child, 0)[1]\n"
                "go.set()\n"
                "m.stop()\n"
                "print(code)\n")
        ran = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=60,
                             check=False)
        self.assertEqual((ran.stdout, ran.returncode), ("0\n", 0), ran.stderr)

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


if __name__ == "__main__":
    unittest.main()
