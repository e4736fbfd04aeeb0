#!/usr/bin/env python3
"""Readers of handwritten digits: a network of torch and a forest of scikit-learn, both as ONNX through slipway.export,
the network in int8 within a budget, and how many digits each reads right, run by slipway.

Needs slipway, torch, scikit-learn and skl2onnx. `--quick` trains for seconds; without, half a minute.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier

import slipway

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from make_models import load, plain, train  # noqa: E402

EPOCHS = {True: 5, False: 60}  # by `quick`


def train_both(images, labels, quick):
    torch.set_num_threads(1)
    torch.manual_seed(7)
    network = plain()
    train(network, images, labels, EPOCHS[quick])
    forest = RandomForestClassifier(40, max_depth=10, random_state=1).fit(images.reshape(len(images), -1), labels)
    return network, forest


def export(network, forest, images, folder):
    """network.onnx and forest.onnx, which gives the digit and the share of trees for each."""
    return (slipway.export.torch(network, torch.from_numpy(images[:1]), folder / "network.onnx", input_names=["image"],
                                 output_names=["scores"]),
            slipway.export.sklearn(forest, folder / "forest.onnx", sample=images[:300].reshape(300, -1),
                                   output_names=["digit", "shares"]))


def right(folder, images, labels):
    """The share of digits that each model reads right."""
    rows = images.reshape(len(images), -1)
    said = {}
    for name, feeds in (("network", {"image": images}), ("network_int8", {"image": images}),
                        ("forest", {"input": rows})):
        with slipway.InferenceSession(folder / f"{name}.onnx") as session:
            first = session.run(None, feeds)[0]
        digits = first if first.ndim == 1 else first.argmax(axis=1)
        said[name] = round(float(np.mean(digits == labels)), 4)
    return said


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, required=True, help="folder")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)

    (images, labels), (test_images, test_labels) = load()
    for result in export(*train_both(images, labels, given.quick), images, given.output):
        print(result)
    print(slipway.quantize(given.output / "network.onnx", given.output / "network_int8.onnx", samples=images[:500],
                           labels=labels[:500], max_drop="1%"))
    found = {"right": right(given.output, test_images, test_labels)}
    (given.output / "story.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
