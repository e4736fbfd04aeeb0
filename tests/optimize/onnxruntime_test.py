"""Optimised and converted models load in ONNX Runtime and give the same there; what is promised is kept."""

import argparse
import pathlib
import sys
import tempfile

import numpy as np
import onnx

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from models import all_models  # noqa: E402
from pair import farthest, optimize, random_inputs, session_of, signature  # noqa: E402

EXAMPLES = HERE.parent.parent / "examples"
CASES = pathlib.Path("/usr/share/libonnx-testdata/data")
MOST_DIFFERENCE = 1e-4
OPSETS = (9, 11, 12, 13, 14, 15, 17, 18, 20, 21, 22)
CASE_OPTIONS = ((), ("--opset", "11"), ("--opset", "13"), ("--opset", "21"))
LEAST_CASES = 100
MOST_CASE_DIFFERENCE = 1e-2
NO_FORM = "has no form in opset"


class Failure(Exception):
    pass


def check_pair(program, path, folder, options=(), extents=(1, 3)):
    result = folder / "optimized.onnx"
    optimize(program, path, result, *options)
    onnx.checker.check_model(str(result))
    if signature(path) != signature(result):
        raise Failure(f"{signature(path)} became {signature(result)}")
    before, after = session_of(path), session_of(result)
    for extent in extents:
        inputs = random_inputs(before, np.random.default_rng(extent), extent)
        distance = farthest(before.run(None, inputs), after.run(None, inputs))
        if distance is None or distance > MOST_DIFFERENCE:
            raise Failure(f"outputs differ by {distance} at {extent}")
    return len(onnx.load(path).graph.node), len(onnx.load(result).graph.node)


def check_models(program, folder):
    paths = []
    for name, model in all_models():
        paths.append(folder / f"{name}.onnx")
        onnx.save(model, paths[-1])
    paths += [EXAMPLES / name for name in ("autopilot/autopilot.onnx", "pitwall/tcn.onnx", "pitwall/trees.onnx")]
    for path in paths:
        before, after = check_pair(program, path, folder)
        print(f"{path.stem}: {before} nodes to {after}")
        check_pair(program, path, folder, ["--exact"])
        converted = []
        for opset in OPSETS:
            try:
                check_pair(program, path, folder, ["--opset", str(opset)])
                converted.append(opset)
            except RuntimeError as error:
                if NO_FORM not in str(error):
                    raise
        print(f"  and in opsets {converted}")
        if len(converted) < 6:
            raise Failure(f"{path.stem} converts to {converted} alone")


def check_external_data(program, folder):
    path, result = folder / "with_data.onnx", folder / "with_data_optimized.onnx"
    onnx.save(dict(all_models())["perceptron"], path, save_as_external_data=True, location="with_data.bin",
              size_threshold=1024)
    optimize(program, path, result)
    if not pathlib.Path(f"{result}.data").exists():
        raise Failure("weights that were outside the model's file are not outside the result's")
    onnx.checker.check_model(str(result))
    inputs = random_inputs(session_of(path), np.random.default_rng(1))
    distance = farthest(session_of(path).run(None, inputs), session_of(result).run(None, inputs))
    if distance is None or distance > MOST_DIFFERENCE:
        raise Failure(f"with external data: outputs differ by {distance}")


def case_data(folder):
    """Inputs by name and wanted outputs of a case's first data set; None where they are no plain tensors."""
    model = onnx.load(folder / "model.onnx")
    data = folder / "test_data_set_0"
    sides = []
    for side, ports in (("input", model.graph.input), ("output", model.graph.output)):
        arrays = []
        for i in range(len(list(data.glob(f"{side}_*.pb")))):
            if i >= len(ports) or not ports[i].type.HasField("tensor_type"):
                return None
            arrays.append(onnx.numpy_helper.to_array(onnx.load_tensor(data / f"{side}_{i}.pb")))
        sides.append(arrays)
    names = [port.name for port in model.graph.input]
    return dict(zip(names, sides[0], strict=False)), sides[1]


def agrees(wanted, got):
    distance = farthest(wanted, got)
    return distance is not None and distance <= MOST_CASE_DIFFERENCE


def check_case(program, folder, scratch, options):
    """None where the case tells nothing: ONNX Runtime does not run it, or gives other results for it."""
    try:
        data = case_data(folder)
        got = session_of(folder / "model.onnx").run(None, data[0]) if data else None
    except Exception:  # noqa: BLE001: whatever ONNX Runtime has against the original
        return None
    if got is None or len(got) != len(data[1]) or not agrees(data[1], got):
        return None
    result = scratch / "case.onnx"
    try:
        optimize(program, folder / "model.onnx", result, "--no-check", *options)
    except RuntimeError as error:
        if options and NO_FORM in str(error):
            return None
        raise
    try:
        after = session_of(result).run(None, data[0])
    except Exception as error:  # noqa: BLE001
        raise Failure(f"{folder.name} {options}: {str(error)[:300]}") from error
    distance = farthest(got, after)
    if distance is None or distance > MOST_DIFFERENCE:
        raise Failure(f"{folder.name} {options}: outputs differ by {distance}")
    return True


def check_cases(program, scratch):
    for options in CASE_OPTIONS:
        told = [check_case(program, path.parent, scratch, options) for path in sorted(CASES.glob("node/*/model.onnx"))]
        print(f"cases {' '.join(options) or 'as they are'}: {told.count(True)} of {len(told)}")
        if told.count(True) < LEAST_CASES:
            raise Failure("so few cases tell nothing")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slipway", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="slipway-optimize-") as place:
        try:
            check_models(options.slipway, pathlib.Path(place))
            check_cases(options.slipway, pathlib.Path(place))
            check_external_data(options.slipway, pathlib.Path(place))
        except (Failure, RuntimeError) as error:
            sys.exit(f"FAILED: {error}")


if __name__ == "__main__":
    main()
