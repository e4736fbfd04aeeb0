#!/usr/bin/env python3
"""Fits small pipelines of scikit-learn and LightGBM and writes each as ONNX beside this script."""

import pathlib

import numpy as np
import onnx
from lightgbm import LGBMClassifier
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType as LightGbmFloats
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_classification
from sklearn.ensemble import (GradientBoostingClassifier, GradientBoostingRegressor, IsolationForest,
                              RandomForestClassifier)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (Binarizer, LabelEncoder, MinMaxScaler, Normalizer, OneHotEncoder, OrdinalEncoder,
                                   StandardScaler)
from sklearn.svm import SVC, SVR, LinearSVC, OneClassSVM

FOLDER = pathlib.Path(__file__).resolve().parent
FEATURES = 6
OPSETS = {"": 17, "ai.onnx.ml": 3}


def data(classes):
    x, y = make_classification(160, FEATURES, n_informative=4, n_redundant=1, n_classes=classes, random_state=7)
    return x.astype(np.float32), y


def write(name, model):
    onnx.checker.check_model(model)
    path = FOLDER / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    print(f"{path.name}: {path.stat().st_size} bytes")


def fitted(estimator, x, y, **options):
    estimator.fit(x, y)
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    if hasattr(last, "predict_proba") or isinstance(last, SVC):
        options.setdefault("zipmap", False)
    return to_onnx(estimator, x[:1], target_opset=OPSETS, options={id(last): options} if options else None)


def text_columns():
    """Text to one-hot, numbers with gaps to scaled ones, both to a logistic regression."""
    rng = np.random.default_rng(7)
    words = rng.choice(["red", "green", "blue"], (160, 1)).astype(object)
    numbers = rng.standard_normal((160, 2)).astype(np.float32)
    numbers[::9, 1] = np.nan
    y = (words[:, 0] == "red").astype(int) + (numbers[:, 0] > 0.5)
    encoder = ColumnTransformer([("words", OneHotEncoder(handle_unknown="ignore"), [0]),
                                 ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), [1, 2])])
    table = np.concatenate([words, numbers.astype(object)], axis=1)
    pipeline = make_pipeline(encoder, LogisticRegression()).fit(table, y)
    types = [("words", StringTensorType([None, 1])), ("numbers", FloatTensorType([None, 2]))]
    return to_onnx(pipeline, initial_types=types, target_opset=OPSETS, options={id(pipeline): {"zipmap": False}})


def main():
    two, three = data(2), data(3)
    names = np.array(["port", "starboard", "ahead"])
    target = np.tanh(two[0] @ np.linspace(-1, 1, FEATURES)).astype(np.float32)

    write("logistic", fitted(make_pipeline(StandardScaler(), LogisticRegression()), three[0], names[three[1]]))
    write("logistic_zipmap", fitted(LogisticRegression(), three[0], names[three[1]], zipmap=True))
    write("forest", fitted(RandomForestClassifier(6, max_depth=4, random_state=7), two[0], names[two[1]]))
    write("boosted", fitted(GradientBoostingClassifier(n_estimators=6, random_state=7), *two))
    write("boosted_many", fitted(GradientBoostingClassifier(n_estimators=4, random_state=7), *three))
    write("boosted_regressor", fitted(GradientBoostingRegressor(n_estimators=8, random_state=7), two[0], target))
    write("svc", fitted(make_pipeline(MinMaxScaler(), SVC()), *three))
    write("svc_probability", fitted(SVC(kernel="poly", probability=True, random_state=7), *three))
    write("svc_linear", fitted(LinearSVC(), *three))
    write("svr", fitted(make_pipeline(StandardScaler(), SVR()), two[0], target))
    write("one_class", fitted(OneClassSVM(), two[0], None))
    write("ridge", fitted(make_pipeline(Normalizer("l1"), Ridge()), two[0], target))
    write("bayes", fitted(make_pipeline(Binarizer(threshold=0.1), GaussianNB()), *three))
    write("neighbours", fitted(KNeighborsClassifier(), three[0][:60], three[1][:60]))
    write("perceptron", fitted(MLPRegressor(hidden_layer_sizes=[8], max_iter=60, random_state=7), two[0], target))
    write("isolation", fitted(IsolationForest(n_estimators=4, max_samples=32, random_state=7), two[0], None))
    write("text_columns", text_columns())

    words = np.array([["a", "x"], ["b", "y"], ["c", "x"]], dtype=object)
    write("ordinal", to_onnx(OrdinalEncoder().fit(words), initial_types=[("words", StringTensorType([None, 2]))],
                             target_opset=OPSETS))
    write("labels", to_onnx(LabelEncoder().fit(names), initial_types=[("words", StringTensorType([None]))],
                            target_opset=OPSETS))
    for name, (x, y) in (("lightgbm", two), ("lightgbm_many", three)):
        model = LGBMClassifier(n_estimators=4, max_depth=4, verbose=-1, random_state=7).fit(x, y)
        write(name, convert_lightgbm(model, initial_types=[("x", LightGbmFloats([None, FEATURES]))], zipmap=False,
                                     target_opset=13))


if __name__ == "__main__":
    main()
