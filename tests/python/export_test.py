#!/usr/bin/env python3
"""slipway.export: what it writes says what PyTorch and scikit-learn say, also in ONNX Runtime, and what does not is
refused with a sentence and leaves nothing behind. Needs scripts/requirements-python.txt and torch."""

import contextlib
import io
import json
import pathlib
import pickle
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import numpy as np
import onnxruntime
import pandas
import torch
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingRegressor, IsolationForest, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC

import slipway
from slipway.export import command, sklearn_model, torch_model
from slipway.export.stage import staged

sys.modules["export_test"] = sys.modules[__name__]  # where pickles find the classes below


class Pilot(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(5, 8, num_layers=2, batch_first=True, dropout=0.5)
        self.head = torch.nn.Linear(8, 1)

    def forward(self, sensors):
        states, _ = self.lstm(sensors)
        return torch.tanh(self.head(states[:, -1]))


class Policy(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.see = torch.nn.Conv2d(3, 4, 3, stride=2)
        self.norm = torch.nn.LayerNorm(4)
        self.act = torch.nn.Linear(4 + 6, 2)

    def forward(self, image, robot_state, goal=None, gain=None):
        seen = self.norm(self.see(image).mean((2, 3)))
        action = self.act(torch.cat([seen, robot_state], 1))
        action = action if goal is None else action - goal
        return action if gain is None else action * gain


class Memory(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(3, 4, batch_first=True)

    def forward(self, x, state):
        y, (h, c) = self.lstm(x, state)
        return {"y": y, "h": h, "c": c}


class FixedBatch(torch.nn.Module):
    """A trace makes a constant of the batch."""

    def forward(self, x):
        return x * float(x.shape[0])


class Sums(torch.nn.Module):
    def forward(self, a, b):
        return a.sum(0) + b.sum(0)


class Noisy(torch.nn.Module):
    def forward(self, x):
        return x + torch.rand(1)


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (pathlib.Path.touch, (pathlib.Path(self.path),))


for _each in (Pilot, Policy, Memory, FixedBatch, Sums, Noisy):
    _each.__module__ = "export_test"


class Case(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.path = self.folder / "model.onnx"

    def says(self, error, words, call, *arguments, **options):
        """The call raises this, its message has all these words, and no file is left."""
        before = sorted(self.folder.iterdir())
        with self.assertRaises(error) as raised:
            call(*arguments, **options)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, str(raised.exception))
        self.assertEqual(sorted(self.folder.iterdir()), before, "files are left behind")

    def by_onnxruntime(self, feeds):
        return onnxruntime.InferenceSession(str(self.path), providers=["CPUExecutionProvider"]).run(None, feeds)


class Torch(Case):
    def test_lstm_with_an_open_batch(self):
        made = slipway.export.torch(Pilot(), torch.zeros(1, 7, 5), self.path)
        self.assertEqual((made.path, made.opset, made.notes), (self.path, 17, []))
        self.assertEqual((made.inputs, made.outputs), ({"sensors": ["batch", 7, 5]}, {"output": ["batch", 1]}))
        self.assertEqual([each.inputs for each in made.agreements], ["the sample inputs", "batch 3"])
        self.assertTrue(all(each.max_error <= each.allowed < 1e-3 for each in made.agreements))
        self.assertIn("output on batch 3", str(made))
        self.assertIn("<table>", made._repr_html_())

    def test_document_options_and_onnxruntime(self):
        model = Pilot().eval()
        made = slipway.export.torch(
            model, torch.randn(1, 7, 5), self.path, opset=12, input_names=["input"], output_names=["output"],
            dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}})
        self.assertEqual((made.opset, made.inputs), (12, {"input": ["batch", 7, 5]}))
        windows = torch.randn(5, 7, 5)
        np.testing.assert_allclose(self.by_onnxruntime({"input": windows.numpy()})[0],
                                   model(windows).detach().numpy(), atol=1e-5)

    def test_inputs_by_name_in_any_order(self):
        model = Policy().eval()
        sample = {"robot_state": torch.randn(1, 6), "image": np.ones((1, 3, 8, 8), np.float32)}
        made = slipway.export.torch(model, sample, self.path, output_names=["action"], dynamic_axes={
            "image": {0: "batch", 2: "height", -1: "width"}, "robot_state": {0: "batch"}, "action": {0: "batch"}})
        self.assertEqual(made.inputs, {"image": ["batch", 3, "height", "width"], "robot_state": ["batch", 6]})
        self.assertEqual(made.outputs, {"action": ["batch", 2]})
        self.assertEqual({each.inputs for each in made.agreements},
                         {"the sample inputs", "batch 3", "height 16", "width 16"})
        feeds = {"image": torch.randn(2, 3, 20, 12), "robot_state": torch.randn(2, 6)}
        got = self.by_onnxruntime({name: each.numpy() for name, each in feeds.items()})[0]
        np.testing.assert_allclose(got, model(**feeds).detach().numpy(), atol=1e-5)

    def test_an_argument_left_out_before_the_last(self):
        sample = {"image": torch.randn(1, 3, 8, 8), "robot_state": torch.randn(1, 6), "gain": torch.randn(1, 2)}
        made = slipway.export.torch(Policy(), sample, self.path)
        self.assertEqual(list(made.inputs), ["image", "robot_state", "gain"])

    def test_states_in_tuples_and_outputs_in_a_dict(self):
        states = (torch.randn(1, 2, 4), torch.randn(1, 2, 4))
        made = slipway.export.torch(Memory(), (torch.randn(2, 5, 3), states), self.path, dynamic_axes={
            "x": {0: "batch", 1: "time"}, "state_0": {1: "batch"}, "state_1": {1: "batch"}})
        self.assertEqual(list(made.inputs), ["x", "state_0", "state_1"])
        self.assertEqual(made.outputs, {"y": ["batch", "time", 4], "h": [1, "batch", 4], "c": [1, "batch", 4]})

    def test_fixed_and_listed_axes(self):
        made = slipway.export.torch(Pilot(), torch.zeros(2, 7, 5), self.path, dynamic_axes=False)
        self.assertEqual((made.inputs, made.outputs), ({"sensors": [2, 7, 5]}, {"output": [2, 1]}))
        self.assertEqual([each.inputs for each in made.agreements], ["the sample inputs", "random inputs"])
        made = slipway.export.torch(Pilot(), torch.zeros(2, 7, 5), self.path, dynamic_axes={"sensors": [0, 1]})
        self.assertEqual(made.inputs, {"sensors": ["sensors_axis0", "sensors_axis1", 5]})

    def test_an_output_axis_that_is_a_multiple(self):
        made = slipway.export.torch(torch.nn.Upsample(scale_factor=2), torch.randn(1, 2, 3, 4), self.path,
                                    dynamic_axes={"input": {0: "batch", 2: "height"}})
        self.assertEqual(made.outputs, {"output": ["batch", 2, "output_axis2", 8]})

    def test_the_module_is_left_as_it_was(self):
        model = Pilot().train()
        model.head.eval()
        slipway.export.torch(model, torch.zeros(1, 7, 5), self.path)
        self.assertEqual((model.training, model.lstm.training, model.head.training), (True, True, False))

    def test_a_trace_that_does_not_follow(self):
        self.path.write_bytes(b"before")
        self.says(slipway.ExportError, ["output 'output'", "on batch 4", "where 0.000", "Nothing was written",
                                        "export_test.py:", "constant"],
                  slipway.export.torch, FixedBatch(), torch.randn(2, 3), self.path)
        self.assertEqual(self.path.read_bytes(), b"before")

    def test_other_weights_than_the_modules(self):
        def write(library, inputs, *rest):
            with torch.no_grad():
                inputs.module.head.bias += 0.01
            try:
                return torch_model_write(library, inputs, *rest)
            finally:
                with torch.no_grad():
                    inputs.module.head.bias -= 0.01

        torch_model_write = torch_model.write_legacy
        with mock.patch.object(torch_model, "write_legacy", write):
            self.says(slipway.ExportError, ["output 'output' differs from PyTorch's by up to 0.00", "tolerance=..."],
                      slipway.export.torch, Pilot(), torch.randn(1, 7, 5), self.path, save_pt=True)
            slipway.export.torch(Pilot(), torch.randn(1, 7, 5), self.path, tolerance=1.0)

    def test_a_random_module(self):
        self.says(slipway.ExportError, "take the randomness out", slipway.export.torch, Noisy(), torch.randn(2, 3),
                  self.path)

    def test_what_makes_no_sense(self):
        export, pilot, x = slipway.export.torch, Pilot(), torch.zeros(1, 7, 5)
        for words, arguments, options in [
            ("takes no 'picture': it takes image, robot_state", (Policy(), {"image": x, "picture": x}), {}),
            ("takes 1: sensors", (pilot, (x, x)), {}),
            ("is empty", (pilot, {}), {}),
            ("is of the type str", (pilot, "x"), {}),
            ("of the type int: give a torch.nn.Module", (3, x), {}),
            ("writes 7 to", (pilot, x), {"opset": 99}),
            ("dynamic_axes names 'sensor'", (pilot, x), {"dynamic_axes": {"sensor": [0]}}),
            ("opens axis 3 of 'sensors', which has 3", (pilot, x), {"dynamic_axes": {"sensors": [3]}}),
            ("is 1 in the sample of 'a' and 2 in that of 'b'",
             (Sums(), (torch.zeros(1, 3), torch.zeros(2, 3))), {"dynamic_axes": {"a": {0: "n"}, "b": {0: "n"}}}),
            ("input_names has 2 names for 1", (pilot, x), {"input_names": ["a", "b"]}),
            ("output_names has 2 names for 1", (pilot, x), {"output_names": ["a", "b"]}),
            ("have the name 'sensors'", (pilot, x), {"output_names": ["sensors"]}),
            ("tolerance is -1", (pilot, x), {"tolerance": -1}),
        ]:
            with self.subTest(words):
                self.says(slipway.UsageError, words, export, *arguments, self.path, **options)
        self.says(slipway.UsageError, "there is no folder", export, pilot, x, self.folder / "no" / "model.onnx")
        self.says(slipway.UsageError, "is a folder", export, pilot, x, self.folder)
        self.says(slipway.ExportError, "fails in PyTorch", export, pilot, torch.zeros(1, 7, 4), self.path)
        self.says(slipway.ExportError, "gives bfloat16", export, torch.nn.Identity(), torch.zeros(1).bfloat16(),
                  self.path)

    def test_a_batch_that_cannot_be_open(self):
        class Flat(torch.nn.Module):
            def forward(self, x):
                return x.reshape(6)

        self.says(slipway.ExportError, ["at 'batch' = 4", "dynamic_axes=False"], slipway.export.torch, Flat(),
                  torch.randn(2, 3), self.path)
        slipway.export.torch(Flat(), torch.randn(2, 3), self.path, dynamic_axes=False)

    @unittest.skipIf(torch.__version__ >= "2.5", "this torch has the other exporter")
    def test_dynamo_is_not_in_this_torch(self):
        self.says(slipway.NotAvailableError, "torch>=2.5", slipway.export.torch, Pilot(), torch.zeros(1, 7, 5),
                  self.path, dynamo=True)

    @unittest.skipIf(torch.__version__ < "2.5", "this torch has the legacy exporter alone")
    def test_dynamo(self):
        states = (torch.randn(1, 1, 4), torch.randn(1, 1, 4))
        for model, sample, axes in [
            (Pilot(), torch.zeros(1, 7, 5), None),
            (Policy(), {"image": torch.randn(1, 3, 8, 8), "robot_state": torch.randn(1, 6),
                        "gain": torch.randn(1, 2)}, None),
            (Memory(), (torch.randn(1, 5, 3), states),
             {"x": {0: "n", 1: "t"}, "state_0": {1: "n"}, "state_1": {1: "n"}}),
        ]:
            with self.subTest(type(model).__name__):
                made = slipway.export.torch(model, sample, self.path, dynamic_axes=axes, dynamo=True)
                self.assertEqual(made.opset, 18)
                self.assertEqual(list(self.folder.iterdir()), [self.path])

    def test_without_torch(self):
        with mock.patch.dict(sys.modules, {"torch": None}):
            self.says(slipway.MissingPackageError, "pip install torch", slipway.export.torch, Pilot(),
                      torch.zeros(1, 7, 5), self.path)


class Places(Case):
    def test_all_files_of_a_model_or_none(self):
        with staged(self.path) as stage:
            stage.file.write_bytes(b"model")
            stage.file.with_name("model.onnx.data").write_bytes(b"weights")
            self.assertFalse(self.path.exists())
            stage.publish()
        self.assertEqual(sorted(each.name for each in self.folder.iterdir()), ["model.onnx", "model.onnx.data"])
        with self.assertRaises(KeyboardInterrupt), staged(self.path) as stage:
            stage.file.write_bytes(b"other")
            raise KeyboardInterrupt
        self.assertEqual(sorted(each.name for each in self.folder.iterdir()), ["model.onnx", "model.onnx.data"])
        self.assertEqual(self.path.read_bytes(), b"model")


class TorchFiles(Case):
    def test_saved_beside_and_read_again(self):
        made = slipway.export.torch(Pilot(), torch.randn(1, 7, 5), self.path, save_pt=True)
        self.assertEqual(made.saved, self.folder / "model.pt")
        again = self.folder / "again.onnx"
        slipway.export.torch(made.saved, torch.randn(1, 7, 5), again)
        self.assertEqual(again.read_bytes(), self.path.read_bytes())
        self.assertEqual(sorted(each.name for each in self.folder.iterdir()), ["again.onnx", "model.onnx", "model.pt"])

    def test_torchscript(self):
        script = self.folder / "script.pt"
        torch.jit.script(torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU())).save(str(script))
        made = slipway.export.torch(str(script), torch.randn(1, 3), self.path)
        self.assertEqual((made.inputs, made.outputs), ({"input": ["batch", 3]}, {"output": ["batch", 2]}))

    def test_what_is_no_module(self):
        model, x = Pilot(), torch.zeros(1, 7, 5)
        for words, saved in [
            ("a state dict of 10 tensors", model.state_dict()),
            ("a training checkpoint, a dict of epoch, weights", {"epoch": 3, "weights": model.state_dict()}),
            ("torch.load(path)['net']", {"epoch": 3, "net": model}),
            ("holds a list, not a module", [1, 2]),
        ]:
            with self.subTest(words):
                torch.save(saved, self.folder / "saved.pt")
                self.says(slipway.InvalidModelError, words, slipway.export.torch, self.folder / "saved.pt", x,
                          self.path)
        (self.folder / "saved.pt").write_bytes(b"garbage")
        self.says(slipway.InvalidModelError, "not a file of torch.save()", slipway.export.torch,
                  self.folder / "saved.pt", x, self.path)
        self.says(slipway.ModelNotFoundError, "no such file", slipway.export.torch, self.folder / "no.pt", x, self.path)

    def test_a_class_that_is_not_here(self):
        saved = self.folder / "saved.pt"
        torch.save(Pilot(), saved)
        with mock.patch.dict(sys.modules, {"export_test": None}):
            self.says(slipway.InvalidModelError, ["cannot be imported here", "PYTHONPATH"], slipway.export.torch, saved,
                      torch.zeros(1, 7, 5), self.path)


class Sklearn(Case):
    def setUp(self):
        super().setUp()
        self.rows, labels = load_iris(return_X_y=True)
        self.words = np.array(["setosa", "versicolor", "virginica"])[labels]
        self.length = self.rows @ [1.0, 2.0, -1.0, 0.5]

    def export(self, estimator, **options):
        return slipway.export.sklearn(estimator, self.path, **options)

    def test_trees_in_a_pipeline(self):
        model = make_pipeline(StandardScaler(), GradientBoostingRegressor(n_estimators=20)).fit(self.rows, self.length)
        made = self.export(model, sample=self.rows, output_names=["length"])
        self.assertEqual((made.inputs, made.outputs), ({"input": ["batch", 4]}, {"length": ["batch", 1]}))
        self.assertEqual([each.inputs for each in made.agreements], ["the sample, 150 rows", "one row"])
        got = self.by_onnxruntime({"input": self.rows.astype(np.float32)})[0][:, 0]
        np.testing.assert_allclose(got, model.predict(self.rows), rtol=1e-4)

    def test_document_types(self):
        from skl2onnx.common.data_types import FloatTensorType

        made = self.export(LinearRegression().fit(self.rows, self.length), opset=12,
                           initial_types=[("float_input", FloatTensorType([None, 4]))])
        self.assertEqual((made.opset, made.inputs), (12, {"float_input": ["batch", 4]}))

    def test_classes_in_words(self):
        model = LogisticRegression(max_iter=500).fit(self.rows, self.words)
        for zipmap in (False, True):
            with self.subTest(zipmap=zipmap):
                made = self.export(model, sample=self.rows, zipmap=zipmap)
                self.assertEqual(len(made.agreements), 4)
                label, scores = slipway.InferenceSession(self.path).run(None, {"input": self.rows.astype(np.float32)})
                self.assertEqual(list(label), list(model.predict(self.rows)))
                row = scores[3] if not zipmap else [scores[3][name] for name in model.classes_]
                np.testing.assert_allclose(row, model.predict_proba(self.rows)[3], atol=1e-5)

    def test_other_kinds(self):
        for model, outputs, notes in [
            (RandomForestClassifier(5).fit(self.rows, self.words), 2, 0),
            (LinearSVC().fit(self.rows, self.words), 2, 0), (SVC().fit(self.rows, self.words == "setosa"), 2, 1),
            (KMeans(3, n_init=1).fit(self.rows), 2, 0),
            (KMeans(3, n_init=1).fit(self.rows.astype(np.float32)), 2, 0), (PCA(2).fit(self.rows), 1, 0),
            (IsolationForest(n_estimators=3).fit(self.rows), 2, 0),
            (LinearRegression().fit(self.rows, self.rows), 1, 0),
        ]:
            with self.subTest(type(model).__name__):
                made = self.export(model, sample=self.rows)
                self.assertEqual((len(made.agreements), len(made.notes)), (2 * outputs, notes), made.notes)

    def test_columns_by_name(self):
        frame = pandas.DataFrame({"age": [1, 2, 3, 4] * 5, "wear": np.linspace(0, 1, 20),
                                  "tyre": ["soft", "hard"] * 10})
        picks = ColumnTransformer([("text", OneHotEncoder(), ["tyre"]), ("rest", StandardScaler(), ["age", "wear"])])
        model = make_pipeline(picks, LinearRegression()).fit(frame, frame["age"] * frame["wear"])
        made = self.export(model, sample=frame)
        self.assertEqual(made.inputs, {name: ["batch", 1] for name in frame.columns})
        self.says(slipway.UsageError, "give sample=...", self.export, model)
        plain = LinearRegression().fit(frame[["age", "wear"]], frame["age"])
        self.assertEqual(self.export(plain, sample=frame[["age", "wear"]]).inputs, {"input": ["batch", 2]})

    def test_rows_made_up(self):
        made = self.export(StandardScaler().fit(self.rows))
        self.assertEqual(made.agreements[0].inputs, "made-up data, 192 rows")

    def test_other_values_than_the_estimators(self):
        model = LinearRegression().fit(self.rows, self.length)
        convert = sklearn_model._converted

        def converted(skl2onnx, estimator, *rest):
            other = LinearRegression().fit(self.rows, self.length + 0.1)
            return convert(skl2onnx, other, *rest)

        with mock.patch.object(sklearn_model, "_converted", converted):
            self.says(slipway.ExportError, ["output 'variable' differs from scikit-learn's by up to 0.1", "Nothing"],
                      self.export, model, sample=self.rows)

    def test_equally_likely_classes_alone_may_differ(self):
        scores = np.array([[0.5, 0.5], [0.9, 0.1]])
        close = sklearn_model._undecided(scores, 1e-4)
        self.assertEqual(list(close), [True, False])

    def test_what_makes_no_sense(self):
        fitted = LinearRegression().fit(self.rows, self.length)
        for words, model, options in [
            ("is not fitted", LinearRegression(), {}), ("is not fitted", make_pipeline(StandardScaler()), {}),
            ("of the type int", 3, {}), ("of the type ABCMeta", LinearRegression, {}),
            ("n_features is 0", fitted, {"n_features": 0}),
            ("sample has the shape [4]", fitted, {"sample": [1, 2, 3, 4]}),
            ("writes 9 to", fitted, {"opset": 99}), ("give 1 different ones", fitted, {"output_names": ["a", "b"]}),
            ("which is the name of another value", fitted, {"output_names": ["input"]}),
            ("fails on the sample, 1 row", fitted, {"sample": [[1, 2]]}),
        ]:
            with self.subTest(words):
                self.says(slipway.UsageError, words, self.export, model, **options)
        (self.folder / "model.pkl").write_bytes(b"garbage")
        self.says(slipway.InvalidModelError, "not a file of pickle", self.export, self.folder / "model.pkl")
        with mock.patch.dict(sys.modules, {"skl2onnx": None}):
            self.says(slipway.MissingPackageError, "pip install skl2onnx", self.export, fitted)


class Command(Case):
    def run_words(self, *words):
        out, said = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
            code = command.main([str(word) for word in words])
        return code, out.getvalue(), said.getvalue()

    def test_torch(self):
        torch.save(Policy(), self.folder / "policy.pt")
        words = ["torch", self.folder / "policy.pt", "-o", self.path, "--input", "image=1,3,8,8", "--input",
                 "robot_state=1,6", "--output-name", "action", "--open", "image.0=n", "--open", "robot_state.0=n"]
        code, out, said = self.run_words(*words)
        self.assertEqual((code, out, self.path.exists()), (2, "", False))
        self.assertIn("--trust", said)
        code, out, said = self.run_words(*words, "--trust", "--json", "--save-pt", self.folder / "copy.pt")
        self.assertEqual((code, said), (0, ""))
        self.assertEqual(json.loads(out)["outputs"], {"action": ["n", 2]})
        self.assertTrue((self.folder / "copy.pt").is_file())
        np.savez(self.folder / "frames.npz", image=np.ones((2, 3, 8, 8), "f"), robot_state=np.ones((2, 6), "f"))
        code, out, said = self.run_words("torch", self.folder / "policy.pt", "-o", self.path, "--trust", "--fixed",
                                         "--sample", self.folder / "frames.npz")
        self.assertEqual((code, said), (0, ""))
        self.assertRegex(out, r"image +\[2, 3, 8, 8\]")

    def test_nothing_is_unpickled_without_trust(self):
        touched = self.folder / "touched"
        for framework, model in (("torch", "evil.pt"), ("sklearn", "evil.pkl")):
            (self.folder / model).write_bytes(pickle.dumps(Evil(touched)))
            words = [framework, self.folder / model, "-o", self.path]
            words += ["--input", "1,3"] if framework == "torch" else []
            self.assertEqual(self.run_words(*words)[0], 2)
            self.assertFalse(touched.exists())
            self.assertEqual(self.run_words(*words, "--trust")[0], 1)
            self.assertTrue(touched.exists(), "the pickle is not what the test means it to be")
            touched.unlink()

    def test_sklearn(self):
        rows = np.random.default_rng(1).normal(size=(60, 3))
        (self.folder / "model.pkl").write_bytes(pickle.dumps(LogisticRegression().fit(rows, rows[:, 0] > 0)))
        np.save(self.folder / "rows.npy", rows)
        code, out, said = self.run_words("sklearn", self.folder / "model.pkl", "-o", self.path, "--sample",
                                         self.folder / "rows.npy", "--trust")
        self.assertEqual((code, said), (0, ""))
        self.assertIn("probabilities on the sample, 60 rows", out)

    def test_bad_words(self):
        for words, code, expected in [
            ([], 2, "a framework is missing"), (["keras"], 2, "no exporter 'keras'"),
            (["torch", "m.pt"], 2, "-o"), (["torch", "m.pt", "-o", "x"], 2, "--input NAME=SHAPE"),
            (["torch", "m.pt", "-o", "x", "--input", "a=1,b"], 2, "as image=1,3,224,224"),
            (["torch", "m.pt", "-o", "x", "--input", "a=1", "--input", "a=2"], 2, "two inputs of the name"),
            (["torch", "m.pt", "-o", "x", "--input", "a=1", "--open", "a=2"], 2, "as image.2=height"),
            (["torch", "no.pt", "-o", self.path, "--input", "a=1", "--trust"], 1, "no such file"),
            (["sklearn", "no.pkl", "-o", self.path, "--trust"], 1, "no such file"),
            (["sklearn", "no.pkl", "-o", self.path, "--sample", "no.npy", "--trust"], 2, "no such file"),
        ]:
            with self.subTest(words=words):
                got, out, said = self.run_words(*words)
                self.assertEqual((got, out), (code, ""))
                self.assertTrue(said.startswith("error: "), said)
                self.assertIn(expected, said)

    def test_help_by_the_program(self):
        for words, expected in ((["export", "torch", "--help"], "example: slipway export torch"),
                                (["export", "sklearn", "--help"], "RUNS CODE"), (["help", "export"], "slipway export"),
                                (["help"], "scikit-learn as ONNX")):
            ran = subprocess.run([sys.executable, "-m", "slipway", *words], capture_output=True, text=True, check=False)
            self.assertEqual((ran.returncode, ran.stderr), (0, ""))
            self.assertIn(expected, ran.stdout)


if __name__ == "__main__":
    unittest.main()
