#!/usr/bin/env python3
"""Pipelines of scikit-learn as skl2onnx writes them, by slipway and by onnxruntime: labels, dicts of probabilities, text
and numbers are of the same Python types and, but for rounding, the same. Needs scripts/requirements-python.txt."""

import unittest
import warnings

import numpy as np
import onnx
import onnxruntime
import pandas
import skl2onnx
import slipway
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.mixture import GaussianMixture
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    LabelEncoder,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, SVR, LinearSVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier

IRIS, KINDS = load_iris(return_X_y=True)
IRIS = IRIS.astype(np.float32)
NAMES = np.array(["setosa", "versicolor", "virginica"])[KINDS]
DIABETES, PROGRESS = load_diabetes(return_X_y=True)
DIABETES = DIABETES.astype(np.float32)

TEXT_OR_NUMBER = {
    "logistic regression": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    "random forest": lambda: RandomForestClassifier(20, random_state=0),
    "decision tree": lambda: DecisionTreeClassifier(random_state=0),
    "support vectors": lambda: SVC(probability=True, random_state=0),
    "support vectors without probabilities": SVC,
    "support vectors, linear": lambda: SVC(kernel="linear"),
    "support vectors, polynomial": lambda: SVC(kernel="poly"),
    "support vectors, sigmoid": lambda: make_pipeline(StandardScaler(), SVC(kernel="sigmoid")),
    "polynomial": lambda: make_pipeline(PolynomialFeatures(3), LogisticRegression(max_iter=9000)),
    "linear support vectors": lambda: LinearSVC(max_iter=9000, random_state=0),
    "neighbours": KNeighborsClassifier,
    "perceptron": lambda: MLPClassifier((8,), max_iter=300, random_state=0),
    "naive Bayes": GaussianNB,
    "gradient boosting": lambda: GradientBoostingClassifier(n_estimators=5, random_state=0),
    "stacked": lambda: StackingClassifier([("a", GaussianNB()), ("b", DecisionTreeClassifier(random_state=0))]),
}
NUMBER = {
    "histogram boosting": lambda: HistGradientBoostingClassifier(max_iter=5),
    "extra trees": lambda: ExtraTreesClassifier(5, random_state=0),
    "boosted trees": lambda: AdaBoostClassifier(n_estimators=3, algorithm="SAMME", random_state=0),
    "bagged trees": lambda: BaggingClassifier(DecisionTreeClassifier(), 3, random_state=0),
    "multinomial Bayes": MultinomialNB,
    "Bernoulli Bayes": BernoulliNB,
    "stochastic gradient": lambda: SGDClassifier(loss="log_loss", random_state=0),
    "one against the rest": lambda: OneVsRestClassifier(LogisticRegression()),
    "calibrated": lambda: CalibratedClassifierCV(LinearSVC(max_iter=9000, random_state=0), cv=2),
}
REGRESSORS = {
    "linear": LinearRegression,
    "polynomial": lambda: make_pipeline(PolynomialFeatures(2), Ridge()),
    "random forest": lambda: RandomForestRegressor(5, random_state=0),
    "gradient boosting": lambda: GradientBoostingRegressor(n_estimators=5, random_state=0),
    "support vectors": SVR,
    "neighbours": KNeighborsRegressor,
    "perceptron": lambda: MLPRegressor((8,), max_iter=50, random_state=0),
    "Gaussian process": lambda: GaussianProcessRegressor(alpha=0.1),
    "principal components": lambda: make_pipeline(StandardScaler(), PCA(3)),
    "scaled": MinMaxScaler,
    "bins": lambda: KBinsDiscretizer(5, encode="ordinal", subsample=None),
    "power": PowerTransformer,
    "cubes": lambda: make_pipeline(PolynomialFeatures(3), Ridge()),
}
TEXTS = {
    "counts": CountVectorizer,
    "frequencies": TfidfVectorizer,
    "pairs": lambda: TfidfVectorizer(ngram_range=(1, 2)),
    "characters": lambda: CountVectorizer(analyzer="char", ngram_range=(1, 2)),
    "either case": lambda: CountVectorizer(lowercase=False),
    "letters": lambda: TfidfVectorizer(token_pattern="[a-zA-Z]+"),
}
OF_ROWS = {
    "clusters": lambda: KMeans(3, n_init=2, random_state=0),
    "mixture": lambda: GaussianMixture(3, random_state=0),
    "outliers by trees": lambda: IsolationForest(n_estimators=5, random_state=0),
    "outliers by support vectors": OneClassSVM,
}


def decisions(given, rows):
    """Of each pair of classes, in float64, by the attributes of an SVMClassifier."""
    gamma, added, degree = given["kernel_params"]
    vectors = np.array(given["support_vectors"], np.float64).reshape(-1, rows.shape[1])
    products = rows @ vectors.T
    values = {b"LINEAR": lambda: products, b"POLY": lambda: (gamma * products + added) ** degree,
              b"SIGMOID": lambda: np.tanh(gamma * products + added),
              b"RBF": lambda: np.exp(-gamma * ((rows[:, None] - vectors) ** 2).sum(-1))}[given["kernel_type"]]()
    counts = given["vectors_per_class"]
    coefficients = np.array(given["coefficients"], np.float64).reshape(len(counts) - 1, -1)
    ends = np.cumsum([0, *counts])
    part = lambda i, row: values[:, ends[i]:ends[i + 1]] @ coefficients[row, ends[i]:ends[i + 1]]
    pairs = [(i, j) for i in range(len(counts)) for j in range(i + 1, len(counts))]
    return np.stack([part(i, j - 1) + part(j, i) + rho for (i, j), rho in zip(pairs, given["rho"])], 1)


class Pipelines(unittest.TestCase):
    def compare(self, model, feed, **options):
        """Both engines' answers, and the session."""
        source = model if isinstance(model, bytes) else skl2onnx.to_onnx(
            model, next(iter(feed.values()))[:1], target_opset={"": 17, "ai.onnx.ml": 3}, **options).SerializeToString()
        ours = slipway.InferenceSession(source)
        theirs = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
        for a, b in zip((*ours.get_inputs(), *ours.get_outputs()), (*theirs.get_inputs(), *theirs.get_outputs())):
            self.assertEqual((a.name, a.type), (b.name, b.type))
        for rows in (slice(None), slice(0, 1)):
            some = {name: array[rows] for name, array in feed.items()}
            answers = ours.run(None, some), theirs.run(None, some)
            self.assertEqual(len(answers[0]), len(answers[1]))
            for one, other in zip(*answers):
                self.same(one, other)
        return ours

    def same(self, ours, theirs):
        self.assertIs(type(ours), type(theirs))
        if isinstance(ours, list):
            self.assertEqual(len(ours), len(theirs))
            for one, other in zip(ours, theirs):
                self.same(one, other)
        elif isinstance(ours, dict):
            self.assertEqual(list(ours), list(theirs))
            self.assertEqual([type(key) for key in ours], [type(key) for key in theirs])
            self.assertEqual({type(value) for value in ours.values()}, {float})
            np.testing.assert_allclose(list(ours.values()), list(theirs.values()), rtol=1e-3, atol=1e-4)
        elif ours.dtype == object:
            self.assertEqual(ours.tolist(), theirs.tolist())
        else:
            self.assertEqual((ours.dtype, ours.shape), (theirs.dtype, theirs.shape))
            np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3)

    def test_classes_as_numbers_and_as_text(self):
        feed = {"X": IRIS[::7].copy()}
        for name, make in TEXT_OR_NUMBER.items():
            for labels in (KINDS, NAMES):
                with self.subTest(name, labels=labels.dtype):
                    fitted = make().fit(IRIS, labels)
                    self.compare(fitted, feed)
                    if hasattr(fitted, "predict_proba"):
                        self.compare(fitted, feed, options={"zipmap": False})
        for name, make in NUMBER.items():
            with self.subTest(name):
                self.compare(make().fit(IRIS, KINDS), feed)

    def test_two_classes(self):
        for labels in (KINDS == 0, (KINDS == 0).astype(np.int64), np.where(KINDS == 0, "yes", "no")):
            with self.subTest(labels.dtype):
                for make in (LogisticRegression, lambda: RandomForestClassifier(5, random_state=0)):
                    self.compare(make().fit(IRIS, labels), {"X": IRIS[::7].copy()})
        self.compare(LogisticRegression(max_iter=900).fit(IRIS, KINDS), {"X": IRIS[::7].copy()},
                     options={"zipmap": "columns"})

    def test_several_outputs_and_what_is_no_classifier(self):
        feed = {"X": IRIS[::7].copy()}
        both = MultiOutputClassifier(DecisionTreeClassifier(random_state=0)).fit(IRIS, np.c_[KINDS, KINDS == 1])
        self.compare(both, feed)
        for name, make in OF_ROWS.items():
            with self.subTest(name):
                self.compare(make().fit(IRIS), feed)

    def test_numbers(self):
        for name, make in REGRESSORS.items():
            with self.subTest(name):
                self.compare(make().fit(DIABETES, PROGRESS), {"X": DIABETES[::20].copy()})

    def test_missing_values_and_doubles(self):
        rows = IRIS.copy()
        rows[::3, 1] = np.nan
        self.compare(make_pipeline(SimpleImputer(), LogisticRegression(max_iter=900)).fit(rows, KINDS),
                     {"X": rows[::7].copy()})
        self.compare(make_pipeline(StandardScaler(), SVC(probability=True, random_state=0)).fit(IRIS, KINDS),
                     {"X": IRIS[::7].astype(np.float64)}, initial_types=[("X", DoubleTensorType([None, 4]))],
                     options={"zipmap": False})

    def test_columns_of_text(self):
        rng = np.random.default_rng(0)
        frame = pandas.DataFrame({"age": rng.uniform(0, 30, 60), "laps": rng.integers(0, 9, 60),
                                  "city": rng.choice(["Rome", "Oslo", "Nice"], 60),
                                  "tyre": rng.choice(["soft", "hard"], 60)})
        wears = np.where(frame.age > 15, "worn", "new")
        types = [("age", FloatTensorType([None, 1])), ("laps", Int64TensorType([None, 1])),
                 ("city", StringTensorType([None, 1])), ("tyre", StringTensorType([None, 1]))]
        feed = {name: frame[[name]].to_numpy() for name in frame} | {"age": frame[["age"]].to_numpy(np.float32)}
        for encoder in (OneHotEncoder(handle_unknown="ignore"), OrdinalEncoder()):
            for model in (LogisticRegression(), RandomForestClassifier(5, random_state=0)):
                with self.subTest(f"{encoder} {model}"):
                    columns = ColumnTransformer([("numbers", StandardScaler(), ["age", "laps"]),
                                                 ("text", encoder, ["city", "tyre"])])
                    source = skl2onnx.convert_sklearn(make_pipeline(columns, model).fit(frame, wears), initial_types=types,
                                                      target_opset={"": 17, "ai.onnx.ml": 3})
                    self.compare(source.SerializeToString(), feed)
        source = skl2onnx.convert_sklearn(LabelEncoder().fit(["a", "b", "c"]),
                                          initial_types=[("x", StringTensorType([None]))],
                                          target_opset={"": 17, "ai.onnx.ml": 3})
        self.compare(source.SerializeToString(), {"x": np.array(["b", "a", "c"], object)})

    def test_texts(self):
        texts = np.array(["The boat turns to port", "a boat sails, the wind turns!", "wind and waves", "port side: 12 knots",
                          "sail the boat home_again", "x y z waves", "élan, and the wind"] * 3, object)
        for name, make in TEXTS.items():
            with self.subTest(name):
                fitted = make_pipeline(make(), LogisticRegression()).fit(texts, np.arange(len(texts)) % 7 % 2)
                source = skl2onnx.convert_sklearn(fitted, initial_types=[("x", StringTensorType([None]))],
                                                  target_opset={"": 17, "ai.onnx.ml": 3})
                for node in source.graph.node:
                    if node.op_type == "StringNormalizer":  # onnxruntime's default is a locale that few machines have
                        node.attribute.append(onnx.helper.make_attribute("locale", "C"))
                more = np.array(["", "the wind, the WIND", "none of these words", "boat boat port", "été"], object)
                self.compare(source.SerializeToString(), {"x": np.concatenate([texts, more])})

    def test_decisions_are_as_near_as_onnxruntime_s(self):
        """Of support vector machines, next to the same arithmetic in float64."""
        rows, kinds = load_digits(return_X_y=True)
        rows = (rows / 16).astype(np.float32)
        for kernel in ("rbf", "linear", "poly", "sigmoid"):
            with self.subTest(kernel):
                source = skl2onnx.to_onnx(SVC(kernel=kernel).fit(rows, kinds), rows[:1],
                                          target_opset={"": 17, "ai.onnx.ml": 3}, options={"zipmap": False})
                machine = source.graph.node[0]
                given = {a.name: onnx.helper.get_attribute_value(a) for a in machine.attribute}
                graph = onnx.helper.make_graph([machine], "machine", source.graph.input, [
                    onnx.helper.make_tensor_value_info(machine.output[0], onnx.TensorProto.INT64, None),
                    onnx.helper.make_tensor_value_info(machine.output[1], onnx.TensorProto.FLOAT, None)])
                alone = onnx.helper.make_model(graph, ir_version=8, opset_imports=source.opset_import).SerializeToString()
                ours = slipway.InferenceSession(alone)
                self.assertIsNone(ours.why_interpreted())
                theirs = onnxruntime.InferenceSession(alone, providers=["CPUExecutionProvider"])
                right = decisions(given, rows.astype(np.float64))
                errors = [np.sqrt(np.mean((session.run(None, {"X": rows})[1] - right) ** 2)) for session in (ours, theirs)]
                self.assertLessEqual(errors[0], 1.02 * errors[1])

    def test_usual_classifiers_have_plans(self):
        """Numbers go in, and only labels and dicts come out: kernels do the work."""
        for make in (lambda: make_pipeline(StandardScaler(), LogisticRegression()),
                     lambda: RandomForestClassifier(5, random_state=0), lambda: SVC(probability=True, random_state=0),
                     lambda: MLPClassifier((8,), max_iter=50, random_state=0), KNeighborsClassifier, SVC,
                     lambda: make_pipeline(PolynomialFeatures(2), LogisticRegression(max_iter=9000))):
            for labels in (KINDS, NAMES):
                with self.subTest(str(make()), labels=labels.dtype):
                    session = self.compare(make().fit(IRIS, labels), {"X": IRIS[::7].copy()})
                    self.assertIsNone(session.why_interpreted())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    unittest.main()
