#!/usr/bin/env python3
"""The example models on random inputs, in ONNX Runtime and in slipway; and slipway alone, with other batch sizes."""

import argparse
import pathlib
import subprocess
import sys
import time

import numpy as np
import onnx

from compare import difference, run_slipway, scratch_folder
from draft import session_of

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = REPOSITORY / "examples"

# Model, script that makes it where it is not committed, batch sizes, atol relative to the largest element.
MODELS = [
    ("autopilot/autopilot.onnx", None, (1, 3, 64), 1e-5),
    ("pitwall/tcn.onnx", None, (1, 3, 64), 1e-5),
    ("pitwall/trees.onnx", None, (1, 3, 200), 1e-5),
    ("policy/policy.onnx", "policy/make_model.py", (1, 2), 1e-4),
]


def random_inputs(rng, model, batch):
    """Normal numbers for every input; its first dimension, the symbolic one, is the batch."""
    inputs = {}
    for value in model.graph.input:
        dims = [dim.dim_value or batch for dim in value.type.tensor_type.shape.dim]
        inputs[value.name] = rng.standard_normal(dims, np.float32)
    return inputs


def find_model(path, maker, scratch):
    if maker is None:
        return EXAMPLES / path
    subprocess.run([sys.executable, "-B", EXAMPLES / maker, "--output", scratch], check=True, stdout=subprocess.DEVNULL)
    return pathlib.Path(scratch, pathlib.Path(path).name)


def check_model(program, path, batches, atol, rng, scratch):
    """Yields what is wrong."""
    model = onnx.load(path)
    session = session_of(path.read_bytes())
    names = [output.name for output in model.graph.output]
    largest_inputs = random_inputs(rng, model, max(batches))
    by_batch = {}
    for batch in batches:
        inputs = {name: array[:batch] for name, array in largest_inputs.items()}
        wanted = dict(zip(names, session.run(names, inputs)))
        got, problem = run_slipway(program, path, inputs, scratch)
        if problem:
            yield f"batch {batch}: {problem}"
            return
        by_batch[batch] = got
        for name in names:
            found = difference(wanted[name], got[name], atol * max(1.0, float(np.abs(wanted[name]).max())))
            if found:
                yield f"batch {batch}, {name}: {found}"
    for batch in batches:
        for name in names:
            found = difference(by_batch[max(batches)][name][:batch], by_batch[batch][name], 0.0)
            if found:
                yield f"{name}: batch {batch} gives other bits than batch {max(batches)}: {found}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slipway", type=pathlib.Path, default=REPOSITORY / "build" / "bin" / "slipway")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="a new one every second if not given")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    failures = 0
    for index, (path, maker, batches, atol) in enumerate(MODELS):
        with scratch_folder() as scratch:
            model = find_model(path, maker, scratch)
            rng = np.random.default_rng([options.seed, index])
            problems = list(check_model(options.slipway, model, batches, atol, rng, scratch))
        for problem in problems:
            print(f"{path}: {problem}")
        print(f"{path}: batch sizes {', '.join(map(str, batches))}: {'differs' if problems else 'agrees'}", flush=True)
        failures += bool(problems)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
