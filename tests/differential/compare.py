"""Runs a model through `slipway run` and compares what comes back with what the reference said."""

import pathlib
import subprocess
import tempfile

import numpy as np

TIMEOUT_S = 60


def run_slipway(program, model_path, inputs, folder):
    """(outputs by name, None) or (None, what went wrong)."""
    given, made = pathlib.Path(folder, "input.npz"), pathlib.Path(folder, "output.npz")
    np.savez(given, **inputs)
    made.unlink(missing_ok=True)
    try:
        done = subprocess.run([program, "run", model_path, "--input", given, "--output", made],
                              capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return None, f"slipway run took more than {TIMEOUT_S} s"
    if done.returncode != 0:
        return None, f"slipway run ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}"
    with np.load(made) as outputs:
        return {name: outputs[name] for name in outputs.files}, None


def difference(wanted, got, error):
    """None, or in what `got` differs: elements may lie `error` from `wanted`, others than floats must be equal."""
    if got.dtype != wanted.dtype:
        return f"type {got.dtype}, not {wanted.dtype}"
    if got.shape != wanted.shape:
        return f"shape {list(got.shape)}, not {list(wanted.shape)}"
    if wanted.dtype.kind == "f":
        with np.errstate(invalid="ignore"):  # infinity less infinity
            distance = np.abs(got.astype(np.float64) - wanted.astype(np.float64))
        wrong = ~(distance <= error) & ~((got == wanted) | (np.isnan(got) & np.isnan(wanted)))
    else:
        wrong = got != wanted
    if not wrong.any():
        return None
    place = tuple(int(index) for index in np.argwhere(wrong)[0])
    allowed = float(np.broadcast_to(error, wanted.shape)[place])
    return (f"{int(wrong.sum())} of {wrong.size} elements, the first at {list(place)}: {got[place]!r}, "
            f"not {wanted[place]!r}" + (f" (may differ by {allowed:.2g})" if wanted.dtype.kind == "f" else ""))


def scratch_folder():
    return tempfile.TemporaryDirectory(prefix="slipway-differential-")
