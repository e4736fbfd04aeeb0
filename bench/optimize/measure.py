"""Times ONNX Runtime, one thread's processor time, on models before and after `slipway optimize`, in turns."""

import argparse
import json
import pathlib
import statistics
import sys
import tempfile
import time

import numpy as np
import onnx

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPOSITORY / "tests" / "optimize"))

from models import all_models  # noqa: E402
from pair import farthest, optimize, random_inputs, session_of  # noqa: E402

MOST_DIFFERENCE = 1e-3
LEAST_BLOCK_S = 0.002  # runs that are shorter are timed many at a time
EXAMPLES = ("autopilot/autopilot.onnx", "pitwall/tcn.onnx", "pitwall/trees.onnx")


def time_block(session, inputs, count):
    start = time.thread_time()  # one thread does all of it: what else the machine does counts for nothing
    for _ in range(count):
        session.run(None, inputs)
    return (time.thread_time() - start) / count


def measure(before, after, inputs, blocks):
    """Medians, and the median and quartiles of the ratios of neighbouring blocks; who is first changes."""
    once = min(time_block(before, inputs, 1) for _ in range(3))
    count = max(1, int(LEAST_BLOCK_S / max(once, 1e-7)))
    times = ([], [])
    for block in range(blocks + 2):
        order = (0, 1) if block % 2 == 0 else (1, 0)
        for which in order:
            taken = time_block((before, after)[which], inputs, count)
            if block >= 2:  # the first ones warm up
                times[which].append(taken)
    ratios = [b / a for a, b in zip(*times, strict=True)]
    return statistics.median(times[0]), statistics.median(times[1]), statistics.quantiles(ratios, n=4)


def row_of(program, path, folder, blocks):
    result = folder / "optimized.onnx"
    optimize(program, path, result, *(["--no-check"] if path.stat().st_size > 1 << 22 else []))
    before, after = session_of(path), session_of(result)
    inputs = random_inputs(before, np.random.default_rng(1))
    distance = farthest(before.run(None, inputs), after.run(None, inputs))
    if distance is None or distance > MOST_DIFFERENCE:
        sys.exit(f"{path.name}: the optimised model gives other numbers ({distance})")
    was, now, (low, ratio, high) = measure(before, after, inputs, blocks)
    return {"model": path.stem, "before_us": was * 1e6, "after_us": now * 1e6, "ratio": ratio, "ratio_low": low,
            "ratio_high": high, "difference": distance,
            "nodes_before": len(onnx.load(path, load_external_data=False).graph.node),
            "nodes_after": len(onnx.load(result, load_external_data=False).graph.node)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slipway", required=True)
    parser.add_argument("--quick", action="store_true", help="fewer runs")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("models", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="slipway-bench-optimize-") as place:
        folder = pathlib.Path(place)
        paths = options.models
        if not paths:
            paths = [REPOSITORY / "examples" / name for name in EXAMPLES]
            for name, model in all_models():
                onnx.save(model, folder / f"{name}.onnx")
                paths.append(folder / f"{name}.onnx")
            paths += sorted((REPOSITORY / "build" / "bench" / "models").glob("*.onnx"))
        print(f"{'model':24} {'nodes':>11} {'before':>11} {'after':>11}  ratio (quartiles)")
        for path in paths:
            row = row_of(options.slipway, path, folder, 20 if options.quick else 60)
            rows.append(row)
            print(f"{row['model']:24} {row['nodes_before']:5} {row['nodes_after']:5} {row['before_us']:8.1f} us "
                  f"{row['after_us']:8.1f} us  {row['ratio']:.3f} ({row['ratio_low']:.3f} to {row['ratio_high']:.3f})",
                  flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
