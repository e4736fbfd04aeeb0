"""A model and what `slipway optimize` makes of it, both in ONNX Runtime with its own optimiser off."""

import pathlib
import subprocess

import numpy as np
import onnx
import onnxruntime

TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16,
         "tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(int8)": np.int8, "tensor(uint8)": np.uint8,
         "tensor(bool)": np.bool_}


def optimize(program, model, result, *options):
    """The words of the command; an error with them where it fails."""
    done = subprocess.run([program, "optimize", model, "-o", result, *options], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"slipway optimize {pathlib.Path(model).name}: {done.stderr.strip()}")
    return done.stderr


def session_of(model, threads=1):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def random_inputs(session, rng, extent=1):
    inputs = {}
    for value in session.get_inputs():
        shape = [dim if isinstance(dim, int) else extent for dim in value.shape]
        numbers = rng.standard_normal(shape) if "float" in value.type or "double" in value.type \
            else rng.integers(0, 2, shape)
        inputs[value.name] = np.asarray(numbers).astype(TYPES[value.type])
    return inputs


def signature(path):
    """Names and types of inputs and outputs, as the file states them, metadata and documentation."""
    model = onnx.load(path, load_external_data=False)
    ports = [[(p.name, p.type.tensor_type.elem_type,
               [d.dim_value or d.dim_param for d in p.type.tensor_type.shape.dim]) for p in side]
             for side in (model.graph.input, model.graph.output)]
    return ports, {p.key: p.value for p in model.metadata_props}, model.doc_string, model.graph.doc_string


def farthest(wanted, got):
    """The largest difference of floats, relative to the largest number; None where others than floats differ."""
    distance = 0.0
    for a, b in zip(wanted, got, strict=True):
        if not isinstance(a, np.ndarray):
            if a != b:
                return None
            continue
        if a.dtype != b.dtype or a.shape != b.shape:
            return None
        if a.dtype.kind != "f":
            if not np.array_equal(a, b):
                return None
            continue
        wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
        with np.errstate(invalid="ignore"):  # infinity less infinity
            apart = np.abs(wide_a - wide_b)
        apart[(wide_a == wide_b) | (np.isnan(wide_a) & np.isnan(wide_b))] = 0
        if np.isnan(apart).any():
            return None
        if apart.size:
            largest = max(float(np.abs(wide_a[np.isfinite(wide_a)]).max(initial=0)), 1e-6)
            distance = max(distance, float(apart.max()) / largest)
    return distance
