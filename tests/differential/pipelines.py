#!/usr/bin/env python3
"""The committed pipelines of scikit-learn and LightGBM in ONNX Runtime and in slipway: labels, scores and maps."""

import argparse
import json
import pathlib
import subprocess
import sys

import numpy as np
import onnx

from compare import TIMEOUT_S, difference, scratch_folder
from draft import session_of

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = pathlib.Path(__file__).resolve().parent / "pipelines"
ROWS = 50
RELATIVE = 1e-4  # of the largest score: both sides add up in float, each in its own order


def words_of(model):
    """Every text that an attribute of the model holds, and one that none does."""
    found = {text.decode() for node in model.graph.node for attribute in node.attribute for text in attribute.strings
             if attribute.name in ("cats_strings", "keys_strings")}
    return [*sorted(found), "no such word"]


def random_inputs(rng, model):
    inputs = {}
    for value in model.graph.input:
        tensor = value.type.tensor_type
        shape = [dim.dim_value or ROWS for dim in tensor.shape.dim]
        if tensor.elem_type == onnx.TensorProto.STRING:
            inputs[value.name] = rng.choice(words_of(model), shape)
        else:
            inputs[value.name] = rng.standard_normal(shape, np.float32)
    return inputs


def run_json(program, path, inputs, folder):
    """The outputs as slipway prints them, by name."""
    given = pathlib.Path(folder, "input.npz")
    np.savez(given, **inputs)
    done = subprocess.run([program, "run", path, "--input", given, "--json"], capture_output=True, text=True,
                          timeout=TIMEOUT_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"slipway run ended with {done.returncode}: {done.stderr.strip()}")
    return {output["name"]: output for output in json.loads(done.stdout)["outputs"]}


def problems_of(wanted, got):
    """Yields in what an output of slipway's differs from the reference's."""
    if isinstance(wanted, list):  # of maps
        for row, (one, other) in enumerate(zip(wanted, got["items"], strict=True)):
            scores = dict(zip(other["keys"], other["values"], strict=True))
            if scores.keys() != one.keys():
                yield f"row {row} has the keys {sorted(scores)}, not {sorted(one)}"
            elif any(abs(scores[key] - score) > RELATIVE for key, score in one.items()):
                yield f"row {row} is {scores}, not {one}"
        return
    array = np.array(got["values"]).reshape(got["shape"])
    if wanted.dtype.kind == "f":
        found = difference(wanted, array.astype(wanted.dtype), RELATIVE * max(1.0, float(np.abs(wanted).max())))
    else:
        found = difference(np.asarray(wanted, dtype=str), array.astype(str), 0.0) if array.shape == wanted.shape else (
            f"shape {array.shape}, not {wanted.shape}")
    if found:
        yield found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slipway", type=pathlib.Path, default=REPOSITORY / "build" / "bin" / "slipway")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    paths = sorted(FOLDER.glob("*.onnx"))
    failures = 0
    for path in paths:
        model = onnx.load(path)
        inputs = random_inputs(np.random.default_rng(options.seed), model)
        names = [output.name for output in model.graph.output]
        feeds = {name: array.astype(object) if array.dtype.kind == "U" else array for name, array in inputs.items()}
        wanted = dict(zip(names, session_of(path.read_bytes()).run(names, feeds)))
        with scratch_folder() as scratch:
            got = run_json(options.slipway, path, inputs, scratch)
        found = [f"{path.stem}: {name}: {text}" for name in names for text in problems_of(wanted[name], got[name])]
        print("\n".join(found) if found else f"{path.stem}: agrees", flush=True)
        failures += bool(found)
    print(f"{len(paths) - failures} of {len(paths)} pipelines agree")
    return 1 if failures or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
