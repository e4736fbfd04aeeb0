#!/usr/bin/env python3
"""The pit wall's way: stints are simulated, a TCN and gradient-boosted trees learn what worn tyres cost, both become
ONNX through slipway.export, and a stint that neither has seen is judged lap by lap by slipway.

Needs slipway, torch, scikit-learn and skl2onnx. `--quick` trains for seconds; without, two minutes.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import torch

import slipway

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from chart import Chart, page  # noqa: E402
from make_models import rms, train_tcn, train_trees  # noqa: E402
from stint import CHANNELS, LAPS, SAMPLES, race  # noqa: E402

QUICK = {"stints": 240, "epochs": 3, "trees": 40}
FULL = {"stints": 720, "epochs": 10, "trees": 200}


def train(quick):
    """The two models, and the laps that they have learned from."""
    torch.set_num_threads(1)
    size = QUICK if quick else FULL
    laps = race(np.random.default_rng(1), size["stints"])
    telemetry, rows, loss = laps
    return train_tcn(telemetry, loss, size["epochs"]), train_trees(rows, loss, size["trees"]), laps


def export(tcn, trees, laps, folder):
    """tcn.onnx and trees.onnx; the trees are compared on laps that they know, so that their branches are reached."""
    telemetry, rows, _ = laps
    return (
        slipway.export.torch(tcn, torch.zeros(1, len(CHANNELS), SAMPLES), folder / "tcn.onnx",
                             output_names=["lap_time_loss"]),
        slipway.export.sklearn(trees, folder / "trees.onnx", sample=rows[:500], output_names=["lap_time_loss"]),
        slipway.quantize(folder / "tcn.onnx", folder / "tcn_int8.onnx", samples=telemetry[:256]),
    )


def judge(folder, telemetry, rows):
    """Each model's seconds for each lap, by slipway."""
    said = {}
    for name, inputs in (("tcn", {"telemetry": telemetry}), ("tcn_int8", {"telemetry": telemetry}),
                         ("trees", {"input": rows})):
        with slipway.InferenceSession(folder / f"{name}.onnx") as session:
            said[name] = session.run(["lap_time_loss"], inputs)[0][:, 0]
    return said


def plot(truth, said, path):
    """The last stint, lap by lap."""
    laps = np.arange(1, LAPS + 1)
    chart = Chart("What these tyres cost", "lap of the stint", "seconds slower than on fresh tyres")
    chart.line("truth", laps, truth[-LAPS:], "#9e9e9e", width=4)
    for name, colour, dashed in (("tcn", "#1565c0", False), ("tcn_int8", "#e65100", True), ("trees", "#2e7d32", False)):
        chart.line(name, laps, said[name][-LAPS:], colour, dashed)
    picture = page([chart])
    path.write_text(picture, encoding="utf-8")
    return picture


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, required=True, help="folder")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)

    tcn, trees, known = train(given.quick)
    for result in export(tcn, trees, known, given.output):
        print(result)
    telemetry, rows, truth = race(np.random.default_rng(2), 20)
    said = judge(given.output, telemetry, rows)
    plot(truth, said, given.output / "stint.svg")
    found = {"rms_seconds": {"always the mean": round(float(rms(truth - known[2].mean())), 3),
                             **{name: round(float(rms(truth - each)), 3) for name, each in said.items()}}}
    (given.output / "story.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
