#!/usr/bin/env python3
"""Trains the pit wall's two tyre models on simulated stints and writes tcn.onnx, trees.onnx and recorded laps.

Needs torch 1.13 (Debian 12: apt install python3-torch) and requirements.txt; the README has the command lines.
Fixed seeds and one thread: the same machine writes the same files again.
"""

import argparse
import pathlib

import numpy as np
import torch
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import GradientBoostingRegressor

from stint import CHANNELS, FEATURE_NAMES, SAMPLES, race

WIDTH = 64
KERNEL = 3
TRAIN_STINTS = 720
EPOCHS = 10
TREES = 200
DEPTH = 6


class Block(torch.nn.Module):
    """Two causal convolutions of one dilation and a way around them."""

    def __init__(self, inputs, dilation):
        super().__init__()
        self.past = (KERNEL - 1) * dilation
        self.first = torch.nn.Conv1d(inputs, WIDTH, KERNEL, dilation=dilation)
        self.second = torch.nn.Conv1d(WIDTH, WIDTH, KERNEL, dilation=dilation)
        self.around = torch.nn.Conv1d(inputs, WIDTH, 1) if inputs != WIDTH else torch.nn.Identity()

    def forward(self, x):
        y = torch.relu(self.first(torch.nn.functional.pad(x, (self.past, 0))))
        y = torch.relu(self.second(torch.nn.functional.pad(y, (self.past, 0))))
        return torch.relu(y + self.around(x))


class Tcn(torch.nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [len(CHANNELS)] + [WIDTH] * 3
        self.blocks = torch.nn.Sequential(*(Block(size, 2**level) for level, size in enumerate(sizes)))
        self.head = torch.nn.Linear(WIDTH, 1)

    def forward(self, telemetry):
        return self.head(self.blocks(telemetry)[:, :, -1])


def rms(values):
    return np.sqrt(np.mean(np.square(values)))


def train_tcn(telemetry, loss, epochs=EPOCHS):
    torch.manual_seed(11)
    model = Tcn()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    shuffle = torch.Generator().manual_seed(12)
    telemetry, loss = torch.from_numpy(telemetry), torch.from_numpy(loss)
    for epoch in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(loss), generator=shuffle).split(128):
            error = torch.mean((model(telemetry[batch])[:, 0] - loss[batch]) ** 2)
            optimiser.zero_grad()
            error.backward()
            optimiser.step()
            total += error.item() * len(batch)
        schedule.step()
        print(f"tcn: epoch {epoch + 1}/{epochs}, RMS error {np.sqrt(total / len(loss)):.3f} s", flush=True)
    return model.eval()


def predict_tcn(model, telemetry):
    with torch.no_grad():
        return model(torch.from_numpy(telemetry)).numpy()


def train_trees(rows, loss, count=TREES):
    print(f"trees: {count} of depth {DEPTH}", flush=True)
    model = GradientBoostingRegressor(
        n_estimators=count, max_depth=DEPTH, learning_rate=0.05, subsample=0.5, min_samples_leaf=40, random_state=13)
    return model.fit(rows, loss)


def predict_trees(model, rows):
    return model.predict(rows).astype(np.float32)[:, None]


def export(tcn, trees, folder):
    torch.onnx.export(
        tcn, torch.zeros(2, len(CHANNELS), SAMPLES), str(folder / "tcn.onnx"), opset_version=14,
        input_names=["telemetry"], output_names=["lap_time_loss"],
        dynamic_axes={"telemetry": {0: "batch"}, "lap_time_loss": {0: "batch"}})
    converted = convert_sklearn(
        trees, name="pitwall_trees", initial_types=[("lap_features", FloatTensorType([None, len(FEATURE_NAMES)]))],
        final_types=[("lap_time_loss", FloatTensorType([None, 1]))], target_opset={"": 17, "ai.onnx.ml": 3})
    for value in (*converted.graph.input, *converted.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    opsets = sorted(converted.opset_import, key=lambda entry: entry.domain)  # they come in the order of a set
    del converted.opset_import[:]
    converted.opset_import.extend(opsets)
    (folder / "trees.onnx").write_bytes(converted.SerializeToString())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(__file__).parent, help="folder")
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    telemetry, rows, loss = race(np.random.default_rng(1), TRAIN_STINTS)
    tcn, trees = train_tcn(telemetry, loss), train_trees(rows, loss)

    telemetry, rows, truth = race(np.random.default_rng(2), 60)
    print("RMS error over 60 fresh stints of 30 laps, lap-time loss in seconds:")
    print(f"  always the mean  {rms(truth - loss.mean()):.3f}")
    print(f"  tcn              {rms(truth - predict_tcn(tcn, telemetry)[:, 0]):.3f}")
    print(f"  trees            {rms(truth - predict_trees(trees, rows)[:, 0]):.3f}")
    export(tcn, trees, folder)

    telemetry, rows, _ = race(np.random.default_rng(3), 1)
    np.save(folder / "recorded_telemetry.npy", telemetry)
    np.save(folder / "recorded_tcn_loss.npy", predict_tcn(tcn, telemetry))
    np.save(folder / "recorded_laps.npy", rows)
    np.save(folder / "recorded_trees_loss.npy", predict_trees(trees, rows))
    for name in ("tcn.onnx", "trees.onnx"):
        print(f"wrote {folder / name}, {(folder / name).stat().st_size} bytes")


if __name__ == "__main__":
    main()
