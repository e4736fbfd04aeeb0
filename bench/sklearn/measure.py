#!/usr/bin/env python3
"""Models of scikit-learn as skl2onnx writes them, by slipway and by onnxruntime in the same process, in turns: a row at a
time and a thousand at once, one thread each. Medians; answers are compared before anything is timed.

usage: measure.py [--times N] [--only WORDS] [--json FILE]
"""

import argparse
import json
import pathlib
import statistics
import time
import warnings

import numpy as np
import onnxruntime
import skl2onnx
from sklearn.cluster import KMeans
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.mixture import GaussianMixture
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC, OneClassSVM

import slipway

BATCHES = (1, 1000)
DATA = {"iris": load_iris(return_X_y=True), "digits": load_digits(return_X_y=True),
        "diabetes": load_diabetes(return_X_y=True)}
MODELS = [
    ("SVC", "iris", SVC),
    ("SVC", "digits", SVC),
    ("SVC with probabilities", "digits", lambda: SVC(probability=True, random_state=0)),
    ("SVC, linear", "digits", lambda: SVC(kernel="linear")),
    ("SVC, polynomial", "digits", lambda: SVC(kernel="poly")),
    ("SVC, sigmoid", "digits", lambda: SVC(kernel="sigmoid")),
    ("SVR", "diabetes", SVR),
    ("one-class SVM", "iris", OneClassSVM),
    ("5 neighbours", "iris", KNeighborsClassifier),
    ("5 neighbours", "digits", KNeighborsClassifier),
    ("5 neighbours, mean", "diabetes", KNeighborsRegressor),
    ("Gaussian process", "diabetes", lambda: GaussianProcessRegressor(alpha=0.1)),
    ("squares, Ridge", "diabetes", lambda: make_pipeline(PolynomialFeatures(2), Ridge())),
    ("cubes, Ridge", "diabetes", lambda: make_pipeline(PolynomialFeatures(3), Ridge())),
    ("products, logistic regression", "iris",
     lambda: make_pipeline(PolynomialFeatures(2, interaction_only=True), LogisticRegression(max_iter=900))),
    ("linear regression", "diabetes", LinearRegression),
    ("scaled, logistic regression", "digits", lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=900))),
    ("linear SVC", "digits", lambda: LinearSVC(max_iter=9000, random_state=0)),
    ("perceptron", "digits", lambda: MLPClassifier((64,), max_iter=60, random_state=0)),
    ("naive Bayes", "digits", GaussianNB),
    ("components, k-means", "digits", lambda: make_pipeline(PCA(8), KMeans(10, n_init=2, random_state=0))),
    ("mixture", "iris", lambda: GaussianMixture(3, random_state=0)),
    ("random forest", "digits", lambda: RandomForestClassifier(100, random_state=0)),
    ("gradient boosting", "iris", lambda: GradientBoostingClassifier(n_estimators=50, random_state=0)),
]


def exported(make, rows, targets):
    model = make().fit(rows, targets)
    options = {}
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    if hasattr(last, "classes_") and not isinstance(last, LinearSVC):
        options = {"options": {id(model): {"zipmap": False}}}
    return skl2onnx.to_onnx(model, rows[:1], target_opset={"": 17, "ai.onnx.ml": 3}, **options).SerializeToString()


def both(source):
    options = slipway.SessionOptions(), onnxruntime.SessionOptions()
    for each in options:
        each.intra_op_num_threads = 1
    return (slipway.InferenceSession(source, options[0]),
            onnxruntime.InferenceSession(source, options[1], providers=["CPUExecutionProvider"]))


def difference(answers):
    """The share of labels that differ, and the greatest difference of numbers by the largest of them."""
    labels, numbers = 0.0, 0.0
    for one, other in zip(*answers):
        assert one.shape == other.shape and one.dtype == other.dtype, (one.shape, other.shape)
        if one.dtype.kind == "f":
            numbers = max(numbers, float(np.abs(one - other).max() / max(np.abs(other).max(), 1e-30)))
        else:
            labels = max(labels, float((one != other).mean()))
    return labels, numbers


def microseconds(session, feed, runs):
    run, begin = session.run, time.perf_counter()
    for _ in range(runs):
        run(None, feed)
    return (time.perf_counter() - begin) / runs * 1e6


def in_turns(sessions, feed, times):
    """Of each session, one a turn of about 10 ms."""
    runs = [max(1, int(10_000 / microseconds(session, feed, 3))) for session in sessions]
    taken = [[microseconds(session, feed, count) for session, count in zip(sessions, runs)] for _ in range(times)]
    return list(zip(*taken))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"onnxruntime {onnxruntime.__version__}, one thread; medians of {arguments.times} turns, us")
    print(f"{'ratio':>7} {'slipway':>9} {'onnxrt':>9}   {'ratio':>7} {'slipway':>9} {'onnxrt':>9}")
    print(f"{'1 row':>27}   {'1,000 rows':>27}")
    table = []
    for name, data, make in MODELS:
        title = f"{name} ({data})"
        if arguments.only not in title:
            continue
        rows, targets = DATA[data]
        rows = rows.astype(np.float32)
        sessions = both(exported(make, rows, targets))
        row = {"name": title, "interpreted": sessions[0].why_interpreted()}
        for batch in BATCHES:
            feed = {"X": np.resize(rows, (batch, rows.shape[1]))}
            labels, numbers = difference([session.run(None, feed) for session in sessions])
            assert labels <= 0.02 and numbers <= 1e-3, f"{title}: {labels:.2%} of labels and numbers by {numbers} differ"
            ours, theirs = (statistics.median(each) for each in in_turns(sessions, feed, arguments.times))
            row[str(batch)] = {"slipway_us": ours, "onnxruntime_us": theirs, "ratio": theirs / ours}
        table.append(row)
        cells = "   ".join(f"{each['ratio']:7.2f} {each['slipway_us']:9.1f} {each['onnxruntime_us']:9.1f}"
                           for each in (row[str(batch)] for batch in BATCHES))
        print(f"{cells}   {title}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(table, indent=2))


if __name__ == "__main__":
    main()
