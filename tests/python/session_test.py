#!/usr/bin/env python3
"""slipway.InferenceSession next to onnxruntime's, and what only Slipway's has: states, windows, results in place."""

import gc
import threading
import time
import unittest

import ml_dtypes
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import models
import slipway

TYPES = {TensorProto.FLOAT: np.float32, TensorProto.DOUBLE: np.float64, TensorProto.FLOAT16: np.float16,
         TensorProto.INT8: np.int8, TensorProto.UINT8: np.uint8, TensorProto.INT16: np.int16,
         TensorProto.UINT16: np.uint16, TensorProto.INT32: np.int32, TensorProto.UINT32: np.uint32,
         TensorProto.INT64: np.int64, TensorProto.UINT64: np.uint64, TensorProto.BOOL: np.bool_}


def resident_kib():
    with open("/proc/self/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


class LikeOnnxruntime(unittest.TestCase):
    def both(self, source):
        return [slipway.InferenceSession(source), onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])]

    def test_the_same_code_gives_the_same_answers(self):
        for path, feed in ((models.AUTOPILOT, {"sensors": models.window(3)}),
                           (models.TCN, None), (models.TREES, None)):
            with self.subTest(path.name):
                answers = []
                for module in (slipway, onnxruntime):
                    options = module.SessionOptions()
                    options.graph_optimization_level = module.GraphOptimizationLevel.ORT_ENABLE_ALL
                    options.intra_op_num_threads = 1
                    session = module.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
                    if feed is None:
                        entry = session.get_inputs()[0]
                        shape = [n if isinstance(n, int) else 2 for n in entry.shape]
                        feed = {entry.name: np.random.default_rng(1).standard_normal(shape).astype(np.float32)}
                    answers.append(session.run(None, feed))
                for ours, theirs in zip(*answers):
                    self.assertEqual(ours.dtype, theirs.dtype)
                    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)

    def test_signatures_are_told_alike(self):
        for path in (models.AUTOPILOT, models.TCN, models.TREES):
            ours, theirs = self.both(str(path))
            for a, b in ((ours.get_inputs(), theirs.get_inputs()), (ours.get_outputs(), theirs.get_outputs())):
                self.assertEqual([(p.name, p.type, list(p.shape)) for p in a], [(p.name, p.type, list(p.shape)) for p in b])
            self.assertEqual(ours.get_modelmeta().producer_name, theirs.get_modelmeta().producer_name)
            self.assertEqual(ours.get_modelmeta().custom_metadata_map, theirs.get_modelmeta().custom_metadata_map)

    def test_every_type_of_elements(self):
        for kind, dtype in TYPES.items():
            with self.subTest(np.dtype(dtype).name):
                source = models.model([helper.make_node("Identity", ["x"], ["y"])], {"x": (kind, ["n", 3])},
                                      {"y": (kind, ["n", 3])})
                x = np.arange(6).reshape(2, 3).astype(dtype)
                y, = slipway.InferenceSession(source).run(None, {"x": x})
                self.assertEqual(y.dtype, x.dtype)
                np.testing.assert_array_equal(y, x)

    def test_bfloat16(self):
        source = models.model([helper.make_node("Identity", ["x"], ["y"])], {"x": (TensorProto.BFLOAT16, [3])},
                              {"y": (TensorProto.BFLOAT16, [3])})
        x = np.array([1, 2.5, -3], ml_dtypes.bfloat16)
        y, = slipway.InferenceSession(source).run(None, {"x": x})
        self.assertEqual(y.dtype, x.dtype)
        np.testing.assert_array_equal(y, x)

    def test_sequences_maps_and_text(self):
        sequence = helper.make_tensor_sequence_value_info("s", TensorProto.FLOAT, None)
        source = models.model([helper.make_node("SequenceConstruct", ["x", "x"], ["s"])], {"x": (TensorProto.FLOAT, [2])},
                              {}, extra=[sequence])
        x = np.array([1, 2], np.float32)
        ours, theirs = (session.run(None, {"x": x})[0] for session in self.both(source))
        self.assertEqual(len(ours), len(theirs))
        np.testing.assert_array_equal(ours, theirs)

        zipped = helper.make_value_info("z", helper.make_sequence_type_proto(helper.make_map_type_proto(
            TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, []))))
        source = models.model([helper.make_node("ZipMap", ["x"], ["z"], domain="ai.onnx.ml",
                                                classlabels_strings=["low", "high"])],
                              {"x": (TensorProto.FLOAT, [None, 2])}, {}, extra=[zipped])
        x = np.array([[0.25, 0.75], [1, 0]], np.float32)
        ours, theirs = (session.run(None, {"x": x})[0] for session in self.both(source))
        self.assertEqual(ours, theirs)

        source = models.model([helper.make_node("LabelEncoder", ["x"], ["y"], domain="ai.onnx.ml",
                                                keys_strings=["a", "b"], values_int64s=[7, 9])],
                              {"x": (TensorProto.STRING, [None])}, {"y": (TensorProto.INT64, [None])})
        for text in (np.array(["b", "a"]), np.array(["b", "a"], object)):
            np.testing.assert_array_equal(slipway.InferenceSession(source).run(None, {"x": text})[0], [9, 7])

    def test_outputs_by_name_and_in_order(self):
        source = models.model([helper.make_node("Relu", ["x"], ["a"]), helper.make_node("Neg", ["x"], ["b"])],
                              {"x": (TensorProto.FLOAT, [2])}, {"a": (TensorProto.FLOAT, [2]), "b": (TensorProto.FLOAT, [2])})
        x = np.array([-1, 2], np.float32)
        for session in self.both(source):
            b, a = session.run(["b", "a"], {"x": x})
            np.testing.assert_array_equal(a, [0, 2])
            np.testing.assert_array_equal(b, [1, -2])
            self.assertEqual(len(session.run(["b"], {"x": x})), 1)

    def test_a_model_as_bytes_or_as_a_path(self):
        for source in (str(models.AUTOPILOT), models.AUTOPILOT, models.AUTOPILOT.read_bytes(),
                       memoryview(models.AUTOPILOT.read_bytes()), bytearray(models.AUTOPILOT.read_bytes())):
            self.assertEqual(slipway.InferenceSession(source).get_inputs()[0].name, "sensors")

    def test_bindings_and_values(self):
        x = models.window(2)
        wanted = slipway.InferenceSession(models.AUTOPILOT).run(None, {"sensors": x})[0]
        for module in (slipway, onnxruntime):
            with self.subTest(module.__name__):
                session = module.InferenceSession(str(models.AUTOPILOT))
                binding = session.io_binding()
                binding.bind_cpu_input("sensors", x)
                binding.bind_output("rudder")
                session.run_with_iobinding(binding)
                np.testing.assert_allclose(binding.copy_outputs_to_cpu()[0], wanted, atol=1e-5)
                np.testing.assert_allclose(binding.get_outputs()[0].numpy(), wanted, atol=1e-5)

                place = np.full((2, 1), np.nan, np.float32)
                binding.clear_binding_outputs()
                binding.bind_input("sensors", "cpu", 0, np.float32, x.shape, x.ctypes.data)
                binding.bind_output("rudder", "cpu", 0, np.float32, place.shape, place.ctypes.data)
                session.run_with_iobinding(binding)
                np.testing.assert_allclose(place, wanted, atol=1e-5)

                value = module.OrtValue.ortvalue_from_numpy(x)
                self.assertEqual((value.shape(), value.data_type(), value.device_name()), ([2, 20, 25], "tensor(float)", "cpu"))
                rudder, = session.run_with_ort_values(None, {"sensors": value})
                np.testing.assert_allclose(rudder.numpy(), wanted, atol=1e-5)
        self.assertRaisesRegex(slipway.NotAvailableError, "cuda", slipway.OrtValue.ortvalue_from_numpy, x, "cuda")

    def test_other_providers_are_said_not_to_be_used(self):
        with self.assertWarnsRegex(UserWarning, "CUDAExecutionProvider.*on the processor"):
            session = slipway.InferenceSession(models.AUTOPILOT, providers=["CUDAExecutionProvider", "CPUExecutionProvider"])
        self.assertEqual(session.get_providers(), ["CPUExecutionProvider"])


class OfSlipway(unittest.TestCase):
    def test_every_batch_has_the_bits_of_its_rows(self):
        session = slipway.InferenceSession(models.AUTOPILOT)
        rows = models.window(7)
        all_at_once, = session.run(None, {"sensors": rows})
        one_by_one = [session.run(None, {"sensors": row[None]})[0][0] for row in rows]
        self.assertEqual(all_at_once.tobytes(), np.array(one_by_one).tobytes())

    def test_what_it_looks_like(self):
        session = slipway.InferenceSession(models.AUTOPILOT)
        self.assertEqual(repr(session), "InferenceSession(sensors: tensor(float) ['batch', 20, 25] -> "
                                        "rudder: tensor(float) ['batch', 1])")
        session.close()
        self.assertEqual(repr(session), "InferenceSession(closed)")

    def test_results_in_place(self):
        session = slipway.InferenceSession(models.AUTOPILOT)
        rudder = np.full((2, 1), np.nan, np.float32)
        session.run_into({"sensors": models.window(2)}, {"rudder": rudder})
        np.testing.assert_array_equal(rudder, session.run(None, {"sensors": models.window(2)})[0])

    def test_what_came_out_stays_as_it_was(self):
        session = slipway.InferenceSession(models.AUTOPILOT)
        first, = session.run(None, {"sensors": models.window(seed=1)})
        kept = first.copy()
        session.run(None, {"sensors": models.window(seed=2)})
        np.testing.assert_array_equal(first, kept)

    def test_copies_when_asked(self):
        options = slipway.SessionOptions()
        options.copy_inputs = True
        session = slipway.InferenceSession(models.AUTOPILOT, options)
        x = models.window(2)
        wanted, = session.run(None, {"sensors": x})
        for given in (x.astype(np.float64), np.asfortranarray(x), np.repeat(x, 2, axis=2)[:, :, ::2]):
            np.testing.assert_array_equal(session.run(None, {"sensors": given})[0], wanted)

    def test_windows_that_slide(self):
        whole = slipway.InferenceSession(models.TCN)
        entry, = whole.get_inputs()
        shape = [n if isinstance(n, int) else 1 for n in entry.shape]
        options = slipway.SessionOptions()
        options.windows = {entry.name: 2}
        sliding = slipway.InferenceSession(models.TCN, options)
        self.assertEqual(sliding.get_inputs()[0].shape[2], 1)
        stream = np.random.default_rng(3).standard_normal((shape[0], shape[1], shape[2] + 20)).astype(np.float32)
        for t in range(stream.shape[2]):
            newest, = sliding.run(None, {entry.name: np.ascontiguousarray(stream[:, :, t:t + 1])})
            if t + 1 >= shape[2]:
                past = np.ascontiguousarray(stream[:, :, t + 1 - shape[2]:t + 1])
                self.assertEqual(newest.tobytes(), whole.run(None, {entry.name: past})[0].tobytes())

    def test_states_are_kept_reset_and_moved(self):
        source = models.model([helper.make_node("Add", ["x", "h"], ["next"]), helper.make_node("Identity", ["next"], ["y"])],
                              {"x": (TensorProto.FLOAT, [1]), "h": (TensorProto.FLOAT, [1])},
                              {"next": (TensorProto.FLOAT, [1]), "y": (TensorProto.FLOAT, [1])})
        options = slipway.SessionOptions()
        options.states = {"next": "h"}
        session = slipway.InferenceSession(source, options)
        self.assertEqual([p.name for p in session.get_inputs()], ["x"])
        one = {"x": np.ones(1, np.float32)}
        self.assertEqual([float(session.run(None, one)[0][0]) for _ in range(3)], [1, 2, 3])
        kept = session.state
        self.assertEqual(len(kept), session.state_bytes())
        session.reset()
        self.assertEqual(float(session.run(None, one)[0][0]), 1)
        other = slipway.InferenceSession(source, options)
        other.state = kept
        self.assertEqual(float(other.run(None, one)[0][0]), 4)
        with self.assertRaisesRegex(slipway.InputError, "bytes"):
            other.state = kept + b"1"

    def test_a_state_begins_as_the_model_says(self):
        source = models.model([helper.make_node("Add", ["x", "h"], ["next"]), helper.make_node("Identity", ["next"], ["y"])],
                              {"x": (TensorProto.FLOAT, [1]), "h": (TensorProto.FLOAT, [1])},
                              {"next": (TensorProto.FLOAT, [1]), "y": (TensorProto.FLOAT, [1])},
                              initializers=[numpy_helper.from_array(np.array([40], np.float32), "h")])
        options = slipway.SessionOptions()
        options.states = {"next": "h"}
        session = slipway.InferenceSession(source, options)
        one = {"x": np.ones(1, np.float32)}
        self.assertEqual([float(session.run(None, one)[0][0]) for _ in range(2)], [41, 42])

    def test_threads_agree_bit_for_bit(self):
        session = slipway.InferenceSession(models.AUTOPILOT)
        wanted = session.run(None, {"sensors": models.window(2)})[0].tobytes()
        wrong, threads = [], []

        def work():
            for _ in range(300):
                if session.run(None, {"sensors": models.window(2)})[0].tobytes() != wanted:
                    wrong.append(1)

        for _ in range(8):
            threads.append(threading.Thread(target=work))
            threads[-1].start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_others_run_meanwhile(self):
        """Of one long run, by a plan and by the reference implementations: a loop in Python goes on beside it."""
        product = helper.make_node("MatMul", ["x", "x"], ["y"])
        sequence = helper.make_tensor_sequence_value_info("s", TensorProto.FLOAT, None)
        rows = (("plan", 1500, models.model([product], {"x": (TensorProto.FLOAT, [1500, 1500])},
                                            {"y": (TensorProto.FLOAT, [1500, 1500])})),
                ("reference", 500, models.model([product, helper.make_node("SequenceConstruct", ["y"], ["s"])],
                                                {"x": (TensorProto.FLOAT, [500, 500])}, {}, extra=[sequence])))
        for name, size, source in rows:
            with self.subTest(name):
                options = slipway.SessionOptions()
                options.intra_op_num_threads = 1
                session, x = slipway.InferenceSession(source, options), np.ones((size, size), np.float32)
                self.assertEqual(session.why_interpreted() is None, name == "plan")
                session.run(None, {"x": x})
                # A lock that is held stops the loop for the whole run; a busy machine does so now and then.
                shares = (self.longest_stop(lambda session=session, x=x: session.run(None, {"x": x})) for _ in range(20))
                self.assertTrue(any(share < 0.5 for share in shares))
        many = np.random.default_rng(0).random(2_000_000).tolist()
        self.assertGreater(self.longest_stop(lambda: sorted(many)), 0.5, "what holds the lock is not noticed")

    @staticmethod
    def longest_stop(work):
        """The longest time for which a loop in another thread stands still, as a share of that of `work`."""
        begin, end = [], []

        def run():
            begin.append(time.perf_counter())
            work()
            end.append(time.perf_counter())

        thread = threading.Thread(target=run)
        seen = [time.perf_counter()]
        thread.start()
        while not end:
            seen.append(time.perf_counter())
        seen.append(time.perf_counter())
        thread.join()
        longest = max(min(after, end[0]) - max(before, begin[0]) for before, after in zip(seen, seen[1:]))
        return longest / (end[0] - begin[0])

    def test_memory_stays_where_it_is(self):
        session = slipway.InferenceSession(models.relu())
        feed = {"x": np.ones((1, 4), np.float32)}
        for _ in range(20_000):
            session.run(None, feed)
        before = resident_kib()
        for _ in range(1_000_000):
            session.run(None, feed)
        self.assertLess(resident_kib() - before, 512)

        source = models.AUTOPILOT.read_bytes()
        for _ in range(200):
            slipway.InferenceSession(source).run(None, {"sensors": models.window()})
        gc.collect()
        before = resident_kib()
        for _ in range(10_000):
            slipway.InferenceSession(source).close()
        gc.collect()
        self.assertLess(resident_kib() - before, 2048)

    def test_no_thread_is_left_behind(self):
        def threads_of_the_process():
            with open("/proc/self/status", encoding="utf-8") as status:
                return next(int(line.split()[1]) for line in status if line.startswith("Threads"))

        before = threads_of_the_process()
        options = slipway.SessionOptions()
        options.intra_op_num_threads = 4
        with slipway.InferenceSession(models.EXAMPLES / "digits" / "plain.onnx", options) as session:
            entry, = session.get_inputs()
            session.run(None, {entry.name: np.zeros([n if isinstance(n, int) else 1 for n in entry.shape], np.float32)})
        self.assertEqual(threads_of_the_process(), before)


if __name__ == "__main__":
    unittest.main()
