#!/usr/bin/env python3
"""What is wrong is an exception of a documented type with a sentence, never a crash."""

import multiprocessing
import pickle
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

import models
import slipway

X = np.zeros((2, 20, 25), np.float32)


class Runs(unittest.TestCase):
    def setUp(self):
        self.session = slipway.InferenceSession(models.AUTOPILOT)

    def test_inputs_that_are_refused(self):
        transposed = np.asfortranarray(X)
        unaligned = np.zeros(X.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(X.shape)
        rows = (
            ("missing", {}, slipway.InputError, "input 'sensors' is missing: the model takes sensors"),
            ("misspelt", {"sensor": X}, slipway.InputError, "is missing"),
            ("one too many", {"sensors": X, "sensor": X}, slipway.InputError, "did you mean 'sensors'"),
            ("float64", {"sensors": X.astype(np.float64)}, slipway.InputTypeError,
             "takes an array of float32, and an array of float64 was given.*astype"),
            ("integers", {"sensors": X.astype(np.int32)}, slipway.InputTypeError, "an array of int32"),
            ("big-endian", {"sensors": X.astype(">f4")}, slipway.InputTypeError, "an array of >f4"),
            ("Fortran order", {"sensors": transposed}, slipway.InputError, "ascontiguousarray"),
            ("every other row", {"sensors": np.zeros((4, 20, 25), np.float32)[::2]}, slipway.InputError, "ascontiguous"),
            ("unaligned", {"sensors": unaligned}, slipway.InputError, "multiple of its element's size"),
            ("objects", {"sensors": X.astype(object)}, slipway.InputTypeError, "an array of object"),
            ("text", {"sensors": np.array(["a"])}, slipway.InputTypeError, "an array of <U1"),
            ("a list of no numbers", {"sensors": ["a"]}, slipway.InputTypeError, "a list was given"),
            ("a list of another shape", {"sensors": [1.0]}, slipway.InputError, r"has the shape \[1\]"),
            ("None", {"sensors": None}, slipway.InputTypeError, "a NoneType was given"),
            ("a number", {"sensors": 1.0}, slipway.InputTypeError, "a float was given"),
            ("wrong extent", {"sensors": np.zeros((1, 20, 24), np.float32)}, slipway.InputError,
             r"has the shape \[1,20,24\], the model takes \[batch,20,25\]"),
            ("wrong rank", {"sensors": np.zeros((20, 25), np.float32)}, slipway.InputError, r"the shape \[20,25\]"),
            ("a scalar", {"sensors": np.float32(1)}, slipway.InputError, ""),
            ("no dict", [X], slipway.InputTypeError, "as a dict of arrays by name, and a list was given"),
            ("keys that are no text", {1: X}, slipway.InputError, "is missing"),
        )
        for name, feed, kind, sentence in rows:
            with self.subTest(name):
                self.assertRaisesRegex(kind, sentence, self.session.run, None, feed)
        self.assertEqual(self.session.run(None, {"sensors": X})[0].shape, (2, 1))  # none of it broke the session

    def test_they_are_the_built_in_exceptions_too(self):
        self.assertRaises(ValueError, self.session.run, None, {})
        self.assertRaises(TypeError, self.session.run, None, {"sensors": X.astype(object)})
        self.assertRaises(slipway.SlipwayError, self.session.run, None, {})

    def test_outputs_that_are_not_there(self):
        self.assertRaisesRegex(slipway.InputError, "no output 'rudders': it gives rudder",
                               self.session.run, ["rudders"], {"sensors": X})
        self.assertRaises((slipway.InputError, TypeError), self.session.run, [1], {"sensors": X})

    def test_places_for_results(self):
        rows = (
            ("wrong type", np.zeros((2, 1)), slipway.InputTypeError, "goes into an array of float32"),
            ("wrong shape", np.zeros((1, 1), np.float32), slipway.InputError, r"has the shape \[2,1\], the array \[1,1\]"),
            ("order", np.zeros((2, 2), np.float32)[:, :1], slipway.InputError, "rows stand one after the other"),
            ("a list", [0.0, 0.0], slipway.InputTypeError, "may be written, and a list"),
        )
        read_only = np.zeros((2, 1), np.float32)
        read_only.flags.writeable = False
        for name, place, kind, sentence in (*rows, ("read-only", read_only, slipway.InputTypeError, "may be written")):
            with self.subTest(name):
                self.assertRaisesRegex(kind, sentence, self.session.run_into, {"sensors": X}, {"rudder": place})

    def test_an_index_out_of_range(self):
        source = models.model([helper.make_node("Gather", ["x", "i"], ["y"])],
                              {"x": (TensorProto.FLOAT, [3]), "i": (TensorProto.INT64, [1])}, {"y": (TensorProto.FLOAT, [1])})
        session = slipway.InferenceSession(source)
        x = np.arange(3, dtype=np.float32)
        self.assertRaisesRegex(slipway.InputError, "out of range", session.run, None, {"x": x, "i": np.array([7])})
        np.testing.assert_array_equal(session.run(None, {"x": x, "i": np.array([2])})[0], [2])

    def test_a_closed_session(self):
        self.session.close()
        self.session.close()
        self.assertTrue(self.session.is_closed)
        for call in (lambda: self.session.run(None, {"sensors": X}), self.session.get_inputs, self.session.reset,
                     lambda: self.session.state, self.session.get_modelmeta):
            self.assertRaisesRegex(slipway.ClosedError, "was closed", call)

    def test_closing_while_others_run(self):
        # Half of them by the reference implementations, which run without the interpreter's lock, too.
        sequence = helper.make_tensor_sequence_value_info("s", TensorProto.FLOAT, None)
        source = models.model([helper.make_node("Exp", ["sensors"], ["e"]), helper.make_node("SequenceConstruct", ["e"], ["s"])],
                              {"sensors": (TensorProto.FLOAT, [2, 20, 25])}, {}, extra=[sequence])
        sessions = [slipway.InferenceSession(source if i % 2 else models.AUTOPILOT) for i in range(20)]

        def work(session):
            try:
                while True:
                    session.run(None, {"sensors": X})
            except slipway.ClosedError:
                pass

        threads = [threading.Thread(target=work, args=(s,)) for s in sessions for _ in range(2)]
        for thread in threads:
            thread.start()
        for session in sessions:
            session.close()
        for thread in threads:
            thread.join(60)
            self.assertFalse(thread.is_alive())

    def test_a_fork(self):
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()

        def child():
            try:
                self.session.run(None, {"sensors": X})
                theirs.send("ran")
            except slipway.ForkedError as error:
                own = slipway.InferenceSession(models.AUTOPILOT).run(None, {"sensors": X})[0].shape
                theirs.send(f"{error} {own}")

        self.session.run(None, {"sensors": X})
        process = context.Process(target=child)
        process.start()
        self.assertRegex(ours.recv(), r"before this process was forked off: make it in the child.*\(2, 1\)")
        process.join(60)
        self.assertEqual(process.exitcode, 0)
        self.assertEqual(self.session.run(None, {"sensors": X})[0].shape, (2, 1))  # here it is as it was

    def test_sessions_are_not_pickled(self):
        self.assertRaises(TypeError, pickle.dumps, self.session)

    def test_a_session_that_was_never_made(self):
        code = ("import slipway\nclass Half(slipway.InferenceSession):\n    def __init__(self): pass\n"
                "try:\n    Half().run(None, {})\nexcept Exception as error: print(type(error).__name__)")
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertTrue(ran.stdout.strip())


class Models(unittest.TestCase):
    def test_files_that_are_none(self):
        with tempfile.TemporaryDirectory() as folder:
            text = Path(folder, "text.onnx")
            text.write_text("no model")
            cut = Path(folder, "cut.onnx")
            cut.write_bytes(models.AUTOPILOT.read_bytes()[:1000])
            plan = Path(folder, "cut.plan")
            slipway.compile(models.AUTOPILOT, plan)
            plan.write_bytes(plan.read_bytes()[:5000])
            rows = ((Path(folder, "none.onnx"), slipway.ModelNotFoundError), (text, slipway.InvalidModelError),
                    (cut, slipway.InvalidModelError), (plan, slipway.InvalidModelError), (b"", slipway.InvalidModelError),
                    (b"\xff" * 100, slipway.InvalidModelError), (Path(folder), slipway.UsageError),
                    (7, slipway.UsageError), (None, slipway.UsageError))
            for source, kind in rows:
                with self.subTest(str(source)[-20:]):
                    with self.assertRaises(kind) as caught:
                        slipway.InferenceSession(source)
                    self.assertGreater(len(str(caught.exception)), 10)
        self.assertTrue(issubclass(slipway.ModelNotFoundError, FileNotFoundError))

    def test_an_operator_that_is_unknown(self):
        source = models.model([helper.make_node("Warp", ["x"], ["y"])], {"x": (TensorProto.FLOAT, [1])},
                              {"y": (TensorProto.FLOAT, [1])})
        self.assertRaisesRegex(slipway.SlipwayError, "Warp", slipway.InferenceSession, source)

    def test_options_that_make_no_sense(self):
        def session(**fields):
            options = slipway.SessionOptions()
            for name, value in fields.items():
                setattr(options, name, value)
            return slipway.InferenceSession(models.AUTOPILOT, options)

        for fields, kind in (({"intra_op_num_threads": -1}, slipway.UsageError), ({"weights": "f12"}, slipway.UsageError),
                             ({"dims": {"bitch": 1}}, slipway.UsageError), ({"windows": {"sensor": 1}}, slipway.SlipwayError),
                             ({"states": {"a": "b"}}, slipway.SlipwayError), ({"cores": ["a"]}, slipway.UsageError),
                             ({"dims": {"batch": -4}}, slipway.SlipwayError),
                             ({"intra_op_num_threads": 10**9}, slipway.SlipwayError)):
            with self.subTest(str(fields)):
                self.assertRaises(kind, lambda fields=fields: session(**fields).run(None, {"sensors": X[:1]}))
        self.assertRaisesRegex(slipway.UsageError, "no argument 'fast'", slipway.InferenceSession, models.AUTOPILOT, fast=1)


if __name__ == "__main__":
    unittest.main()
