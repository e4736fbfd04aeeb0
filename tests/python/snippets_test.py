#!/usr/bin/env python3
"""What users of onnxruntime write, by onnxruntime and by slipway: the same lines give the same answers. What differs on
purpose stands in Differences, and in python/README.md."""

import tempfile
import threading
import unittest
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import models
import slipway

CPU = ["CPUExecutionProvider"]
A = np.arange(6, dtype=np.float32).reshape(2, 3)
B = A + 1


def two_outputs():
    rows = {name: (TensorProto.FLOAT, ["n", 3]) for name in "abcd"}
    return models.model([helper.make_node("Add", ["a", "b"], ["c"]), helper.make_node("Mul", ["c", "b"], ["d"])],
                        {name: rows[name] for name in "ab"}, {name: rows[name] for name in "cd"})


def text():
    return models.model([helper.make_node("Identity", ["x"], ["y"])], {"x": (TensorProto.STRING, [None])},
                        {"y": (TensorProto.STRING, [None])})


def session(ort, options=None):
    return ort.InferenceSession(two_outputs(), options, providers=CPU)


def options(ort):
    made = ort.SessionOptions()
    made.intra_op_num_threads = 2
    made.inter_op_num_threads = 1
    made.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    made.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    made.log_severity_level = 3
    made.enable_mem_pattern = False
    made.enable_cpu_mem_arena = False
    made.add_session_config_entry("session.intra_op.allow_spinning", "0")
    own = session(ort, made).get_session_options()
    return [*session(ort, made).run(None, {"a": A, "b": B}), made.intra_op_num_threads, own.intra_op_num_threads,
            made.get_session_config_entry("session.intra_op.allow_spinning")]


def options_misspelt(ort):
    made = ort.SessionOptions()
    try:
        made.intra_op_num_thread = 2
    except AttributeError:
        return "refused"
    return "taken"


def levels(ort):
    return [(each.name, int(each)) for each in (ort.GraphOptimizationLevel.ORT_DISABLE_ALL,
                                                ort.GraphOptimizationLevel.ORT_ENABLE_ALL,
                                                ort.ExecutionMode.ORT_PARALLEL)]


def providers(ort):
    many = [("CPUExecutionProvider", {"arena_extend_strategy": "kSameAsRequested"})]
    for made in (ort.InferenceSession(two_outputs(), providers=many),
                 ort.InferenceSession(two_outputs(), providers=CPU, provider_options=[{}]),
                 ort.InferenceSession(two_outputs(), ort.SessionOptions(), CPU),
                 ort.InferenceSession(path_or_bytes=two_outputs(), sess_options=None, providers=CPU),
                 ort.InferenceSession(two_outputs(), providers=CPU, disabled_optimizers=["ConstantFolding"])):
        made.disable_fallback()
        yield made.get_providers()
        yield made.get_provider_options()
    yield [ort.get_version_string() == ort.__version__, isinstance(ort.get_build_info(), str)]
    yield [CPU[0] in ort.get_available_providers(), CPU[0] in ort.get_all_providers(), ort.get_device()]


def provider_that_is_not_there(ort):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        made = ort.InferenceSession(two_outputs(), providers=[("CUDAExecutionProvider", {"device_id": 0}), *CPU])
    return [made.get_providers(), len(said), "CUDAExecutionProvider" in str(said[0].message)]


def outputs(ort):
    made, feed = session(ort), {"a": A, "b": B}
    for names in (None, [], ["d"], ("d",), ["d", "c"], ["c", "d", "c"]):
        yield made.run(names, feed)
    yield made.run(output_names=["c"], input_feed=feed, run_options=None)
    yield [made.run([each.name], feed)[0] for each in made.get_outputs()]


def inputs(ort):
    made = session(ort)
    locked = A.copy()
    locked.flags.writeable = False
    for a in (A, A.tolist(), locked, ort.OrtValue.ortvalue_from_numpy(A)):
        yield made.run(None, {"a": a, "b": B})
    yield made.run(None, {"a": A[:0], "b": B[:0]})


def run_options(ort):
    made = ort.RunOptions()
    made.logid, made.log_severity_level = "one", 3
    made.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    yield session(ort).run(None, {"a": A, "b": B}, made)
    yield made.get_run_config_entry("memory.enable_memory_arena_shrinkage")
    made.terminate = True
    try:
        yield session(ort).run(None, {"a": A, "b": B}, made)
    except Exception:
        yield "not run"


def signature(ort):
    made = session(ort)
    yield [str(each) for each in made.get_inputs()]
    yield [(each.name, each.type, each.shape) for each in made.get_outputs()]


def signatures_that_say_less(ort):
    for extents, node in ((None, "Relu"), ([None, 3], "Relu"), ([], "Relu"), (["n", 3], "Transpose")):
        source = models.model([helper.make_node(node, ["x"], ["y"])], {"x": (TensorProto.FLOAT, extents)},
                              {"y": (TensorProto.FLOAT, None)})
        made = ort.InferenceSession(source, providers=CPU)
        yield [(each.name, each.type, each.shape) for each in (*made.get_inputs(), *made.get_outputs())]


def scalar(ort):
    source = models.model([helper.make_node("Relu", ["x"], ["y"])], {"x": (TensorProto.FLOAT, [])},
                          {"y": (TensorProto.FLOAT, [])})
    y, = ort.InferenceSession(source, providers=CPU).run(None, {"x": np.array(2, np.float32)})
    return [y, y.shape]


def free_dimension(ort):
    made = ort.SessionOptions()
    made.add_free_dimension_override_by_name("n", 2)
    fixed = session(ort, made)
    return [fixed.get_inputs()[0].shape, *fixed.run(None, {"a": A, "b": B})]


def optimized_file(ort):
    with tempfile.TemporaryDirectory() as folder:
        for number, source in enumerate((two_outputs(), str(models.AUTOPILOT))):
            made = ort.SessionOptions()
            made.optimized_model_filepath = str(Path(folder, f"{number}.onnx"))
            ort.InferenceSession(source, made, providers=CPU)
            again = ort.InferenceSession(made.optimized_model_filepath, providers=CPU)
            yield [each.name for each in (*again.get_inputs(), *again.get_outputs())]


def values(ort):
    own = A.copy()
    value = ort.OrtValue.ortvalue_from_numpy(own)
    yield [value.shape(), value.data_type(), value.device_name(), value.element_type(), value.tensor_size_in_bytes(),
           value.is_tensor(), value.is_tensor_sequence(), value.is_sparse_tensor(), value.has_value()]
    own[:] = 5
    yield value.numpy()
    place = ort.OrtValue.ortvalue_from_shape_and_type([2, 3], np.float32, "cpu", 0)
    place.update_inplace(A)
    yield [place.numpy(), np.from_dlpack(place), ort.OrtValue.from_dlpack(A).numpy()]
    for kind in ("f4", "f8", "f2", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "?"):
        value = ort.OrtValue.ortvalue_from_numpy(np.zeros(1, kind))
        yield [value.data_type(), value.element_type()]
    feed = {"a": ort.OrtValue.ortvalue_from_numpy(A), "b": ort.OrtValue.ortvalue_from_numpy(B)}
    yield [each.numpy() for each in session(ort).run_with_ort_values(["d"], feed)]


def values_of_sequences(ort):
    sequence = helper.make_tensor_sequence_value_info("s", TensorProto.FLOAT, None)
    source = models.model([helper.make_node("SequenceConstruct", ["x", "x"], ["s"])], {"x": (TensorProto.FLOAT, [3])}, {},
                          extra=[sequence])
    value, = ort.InferenceSession(source, providers=CPU).run_with_ort_values(
        None, {"x": ort.OrtValue.ortvalue_from_numpy(A[0])})
    return [value.data_type(), value.is_tensor(), value.is_tensor_sequence()]


def bindings(ort):
    made = session(ort)
    binding = made.io_binding()
    x = ort.OrtValue.ortvalue_from_numpy(A, "cpu", 0)
    place = ort.OrtValue.ortvalue_from_shape_and_type([2, 3], np.float32)
    binding.bind_input(name="a", device_type=x.device_name(), device_id=0, element_type=np.float32, shape=x.shape(),
                       buffer_ptr=x.data_ptr())
    binding.bind_ortvalue_input("b", ort.OrtValue.ortvalue_from_numpy(B))
    binding.bind_ortvalue_output("d", place)
    binding.bind_output("c")
    binding.synchronize_inputs()
    made.run_with_iobinding(binding)
    binding.synchronize_outputs()
    yield binding.copy_outputs_to_cpu()
    yield [place.numpy(), *(each.numpy() for each in binding.get_outputs())]
    binding.clear_binding_outputs()
    binding.bind_output("c", "cpu")
    made.run_with_iobinding(binding, ort.RunOptions())
    yield binding.copy_outputs_to_cpu()
    for bind, name in ((binding.bind_cpu_input, "zz"), (binding.bind_cpu_input, "c")):
        try:
            bind(name, A)
        except Exception:
            yield "refused"


def asynchronously(ort):
    done, got = threading.Event(), []

    def callback(results, user_data, error):
        got.extend([*results, user_data, error == ""])
        done.set()

    made = session(ort)
    made.run_async(["d"], {"a": A, "b": B}, callback, "mine")
    done.wait(10)
    return got


def texts(ort):
    made = ort.InferenceSession(text(), providers=CPU)
    for x in (np.array(["a", "bé"]), np.array(["a", "bé"], object), ["a", "bé"], np.array([], object)):
        y, = made.run(None, {"x": x})
        yield [y.dtype, y.tolist()]


def sequences(ort):
    port = helper.make_tensor_sequence_value_info("s", TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node("ConcatFromSequence", ["s"], ["y"], axis=0)], "g", [port],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
    source = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()
    made = ort.InferenceSession(source, providers=CPU)
    return [made.get_inputs()[0].type, made.get_inputs()[0].shape, *made.run(None, {"s": [A, B]})]


SAME = (options, options_misspelt, levels, providers, provider_that_is_not_there, outputs, inputs, run_options, signature,
        signatures_that_say_less, scalar, free_dimension, optimized_file, values, values_of_sequences, bindings,
        asynchronously, texts, sequences)


def plain(value):
    """What can be compared with ==."""
    if isinstance(value, np.ndarray):
        return (str(value.dtype), value.shape, value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        return plain(np.asarray(value))
    return value


class Snippets(unittest.TestCase):
    def test_give_what_onnxruntime_gives(self):
        for snippet in SAME:
            with self.subTest(snippet.__name__):
                ours, theirs = (snippet(module) for module in (slipway, onnxruntime))
                if hasattr(ours, "__next__"):
                    ours, theirs = list(ours), list(theirs)
                self.assertEqual(plain(ours), plain(theirs))


class Differences(unittest.TestCase):
    def test_an_initializer_that_is_an_input_too_has_its_value(self):
        source = models.model([helper.make_node("Add", ["a", "w"], ["c"])],
                              {"a": (TensorProto.FLOAT, ["n", 3]), "w": (TensorProto.FLOAT, [3])},
                              {"c": (TensorProto.FLOAT, ["n", 3])},
                              initializers=[numpy_helper.from_array(np.ones(3, np.float32), "w")])
        made = slipway.InferenceSession(source)
        self.assertEqual([each.name for each in made.get_inputs()], ["a"])
        np.testing.assert_array_equal(made.run(None, {"a": A})[0], A + 1)
        self.assertRaisesRegex(slipway.InputError, "no input 'w'", made.run, None, {"a": A, "w": np.ones(3, np.float32)})

    def test_a_free_dimension_that_is_not_there_is_told(self):
        made = slipway.SessionOptions()
        made.add_free_dimension_override_by_name("m", 2)
        self.assertRaisesRegex(slipway.UsageError, "'m'", session, slipway, made)

    def test_other_order_in_memory_is_refused_with_the_way_out(self):
        picture = np.zeros((4, 4, 3), np.float32).transpose(2, 0, 1)[None]
        source = models.model([helper.make_node("Relu", ["x"], ["y"])], {"x": (TensorProto.FLOAT, [1, 3, 4, 4])},
                              {"y": (TensorProto.FLOAT, [1, 3, 4, 4])})
        made = slipway.InferenceSession(source)
        self.assertRaisesRegex(slipway.InputError, "ascontiguousarray", made.run, None, {"x": picture})
        self.assertEqual(made.run(None, {"x": np.ascontiguousarray(picture)})[0].shape, (1, 3, 4, 4))

    def test_lists_that_lose_something_are_refused(self):
        made = session(slipway)
        whole = models.model([helper.make_node("Identity", ["x"], ["y"])], {"x": (TensorProto.INT64, [2])},
                             {"y": (TensorProto.INT64, [2])})
        for each, feed, sentence in ((made, {"a": [["x"] * 3], "b": B}, "a list was given that makes an array of <U1"),
                                     (made, {"a": [[1, 2, 3], [4]], "b": B}, "a list was given: .*shape"),
                                     (slipway.InferenceSession(whole), {"x": [1.5, 2]}, "makes an array of float64")):
            with self.subTest(sentence):
                self.assertRaisesRegex(slipway.InputTypeError, sentence, each.run, None, feed)

    def test_options_that_are_not_there_are_told(self):
        with self.assertRaisesRegex(AttributeError, "no option 'intra_op_threads': did you mean 'intra_op_num_threads'"):
            slipway.SessionOptions().intra_op_threads = 2
        with self.assertRaisesRegex(AttributeError, "no option 'colour': there are .*intra_op_num_threads"):
            slipway.SessionOptions().colour = 2

    def test_what_an_asynchronous_run_raises_is_told(self):
        done, got = threading.Event(), []
        session(slipway).run_async(None, {"a": A}, lambda *said: (got.extend(said), done.set()), 7)
        done.wait(10)
        self.assertEqual(got[:2], [[], 7])
        self.assertIn("input 'b' is missing", got[2])


if __name__ == "__main__":
    unittest.main()
