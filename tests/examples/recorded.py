#!/usr/bin/env python3
"""slipway says about the committed examples what the frameworks that trained them said, and their plans say the same
bit for bit. Standard library only."""

import array
import pathlib
import re
import subprocess
import sys
import tempfile

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent.parent / "examples"

# Model, recorded input, recorded output, how far an element may lie from it.
CASES = [
    ("autopilot/autopilot.onnx", "autopilot/recorded_input.npy", "autopilot/recorded_rudder.npy", 1e-5),
    ("pitwall/tcn.onnx", "pitwall/recorded_telemetry.npy", "pitwall/recorded_tcn_loss.npy", 1e-5),
    ("pitwall/trees.onnx", "pitwall/recorded_laps.npy", "pitwall/recorded_trees_loss.npy", 1e-5),
]


def load_floats(path):
    """(shape as written, elements) of a float32 .npy file."""
    data = path.read_bytes()
    start = 10 + int.from_bytes(data[8:10], "little")
    header = data[10:start].decode()
    if data[:7] != b"\x93NUMPY\x01" or "'descr': '<f4'" not in header or "'fortran_order': False" not in header:
        sys.exit(f"{path}: not a float32 .npy file of version 1: {header.strip()}")
    return re.search(r"'shape': \(([^)]*)\)", header).group(1).strip(" ,"), array.array("f", data[start:])


def plan_problem(program, model, recorded_input, made, folder):
    """The model compiled has to give the very bytes that the model gave."""
    plan, by_plan = pathlib.Path(folder, "model.plan"), pathlib.Path(folder, "by_plan.npy")
    batch = load_floats(EXAMPLES / recorded_input)[0].split(",")[0]
    for command in ([program, "compile", EXAMPLES / model, "-o", plan, "--batch", batch],
                    [program, "run", plan, "--input", EXAMPLES / recorded_input, "--output", by_plan]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return f"slipway {command[1]} ended with {done.returncode}: {done.stderr.strip()}"
    return None if by_plan.read_bytes() == made.read_bytes() else "the plan gives other bits than the model"


def problem_of(program, model, recorded_input, recorded_output, tolerance, folder):
    made = pathlib.Path(folder, "output.npy")
    command = [program, "run", EXAMPLES / model, "--input", EXAMPLES / recorded_input, "--output", made]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return f"slipway run ended with {done.returncode}: {done.stderr.strip()}"
    shape, got = load_floats(made)
    wanted_shape, wanted = load_floats(EXAMPLES / recorded_output)
    if shape != wanted_shape:
        return f"shape ({shape}), not ({wanted_shape})"
    problem = plan_problem(program, model, recorded_input, made, folder)
    if problem is not None:
        return problem
    worst = max(abs(a - b) if a == a else float("inf") for a, b in zip(got, wanted))
    return None if worst <= tolerance else f"an element lies {worst:g} from the recorded one, more than {tolerance:g}"


def main():
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            problem = problem_of(sys.argv[1], *case, folder)
            print(f"{case[0]}: {problem or 'agrees'}")
            failures += problem is not None
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
