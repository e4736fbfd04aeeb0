#!/usr/bin/env python3
"""Trains the autopilot by imitation and writes autopilot.onnx, recorded_input.npy, recorded_rudder.npy.

Needs numpy and torch 1.13 (Debian 12: apt install python3-torch) and some ten minutes of one core. The README has
what it prints. Fixed seeds and one thread: the same machine writes the same files again. Another processor may
sum in another order, so its weights can differ in the last bits.
"""

import argparse
import pathlib
import typing

import numpy as np
import torch

from boat import CONTROL_PERIOD_S, FEATURES, Fleet

WINDOW = 20
HIDDEN = 64
BOATS = 96
STEPS = 400
EPOCHS_PER_ROUND = (5, 4, 6)
VOYAGE_WINDOWS = 240


class Autopilot(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(len(FEATURES), HIDDEN, num_layers=2, batch_first=True)
        self.head = torch.nn.Linear(HIDDEN, 1)

    def forward(self, sensors):
        states, _ = self.lstm(sensors)
        return torch.tanh(self.head(states[:, -1]))


def steer(model, windows):
    with torch.no_grad():
        return model(torch.from_numpy(windows)).numpy()[:, 0]


class Voyages(typing.NamedTuple):
    """What happened, by [step, boat]."""

    windows: np.ndarray
    wanted: np.ndarray  # the expert's commands
    given: np.ndarray  # the pilot's commands
    errors: np.ndarray  # heading errors, radians
    holding: np.ndarray


def sail(fleet, steps, pilot, sway=0.0):
    """Lets `pilot(windows, expert)` steer.

    `sway` adds slow random rudder on top, so that the boats visit states that a good pilot avoids.
    """
    history = np.repeat(fleet.sense()[:, None], WINDOW, axis=1)
    swaying = np.zeros(len(fleet.heading))
    rows = []
    for _ in range(steps):
        expert = fleet.expert()
        command = pilot(history, expert)
        rows.append((history, expert.astype(np.float32), command, fleet.heading_error, fleet.holding))
        swaying = 0.95 * swaying + sway * fleet.rng.normal(0, 0.31, len(swaying))
        fleet.step(command + swaying)
        history = np.concatenate([history[:, 1:], fleet.sense()[:, None]], axis=1)
    return Voyages(*(np.stack(column) for column in zip(*rows)))


def train(model, optimiser, windows, wanted, epochs, shuffle):
    """One pass of `epochs` over the data so far; prints the mean squared imitation error of each."""
    windows, wanted = torch.from_numpy(windows), torch.from_numpy(wanted)
    for epoch in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(wanted), generator=shuffle).split(256):
            loss = torch.mean((model(windows[batch])[:, 0] - wanted[batch]) ** 2)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            total += loss.item() * len(batch)
        print(f"  epoch {epoch + 1}/{epochs}: RMS imitation error {np.sqrt(total / len(wanted)):.4f}", flush=True)


def learn(rng, boats=BOATS, steps=STEPS, epochs_per_round=EPOCHS_PER_ROUND):
    """Imitation in rounds: the expert steers first, then the model does and the expert says what it would do."""
    torch.manual_seed(7)
    shuffle = torch.Generator().manual_seed(8)
    model = Autopilot()
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-3)
    windows = np.empty((0, WINDOW, len(FEATURES)), np.float32)
    wanted = np.empty(0, np.float32)
    for number, epochs in enumerate(epochs_per_round):
        by_expert = number == 0
        print(f"round {number + 1}: {boats} voyages steered by the {'expert' if by_expert else 'model'}")
        pilot = (lambda _, expert: expert) if by_expert else (lambda w, _: steer(model, w))
        voyages = sail(Fleet(rng, boats), steps, pilot, sway=0.5)
        windows = np.concatenate([windows, voyages.windows[::2].reshape(-1, *windows.shape[1:])])
        wanted = np.concatenate([wanted, voyages.wanted[::2].reshape(-1)])
        optimiser.param_groups[0]["lr"] = 2e-3 / 2**number
        train(model, optimiser, windows, wanted, epochs, shuffle)
    return model.eval()


def rms(values):
    return np.sqrt(np.mean(np.square(values)))


def report(model):
    """Closes the loop in conditions that training did not see; the same ones for each pilot."""
    pilots = {
        "expert": lambda _, expert: expert,
        "model": lambda windows, _: steer(model, windows),
        "no rudder": lambda _, expert: np.zeros_like(expert),
    }
    print("RMS over 64 fresh voyages of 5 minutes: heading error in all, heading error more than 15 s after a")
    print("change of course, distance from the expert's command:")
    for name, pilot in pilots.items():
        voyages = sail(Fleet(np.random.default_rng(99), 64), 1200, pilot)
        degrees = np.degrees(voyages.errors)
        print(f"  {name:10} {rms(degrees):6.2f} deg {rms(degrees[voyages.holding]):6.2f} deg "
              f"{rms(voyages.given - voyages.wanted):7.4f}")


def export(model, path):
    torch.onnx.export(
        model, torch.zeros(2, WINDOW, len(FEATURES)), str(path), opset_version=14,
        input_names=["sensors"], output_names=["rudder"],
        dynamic_axes={"sensors": {0: "batch"}, "rudder": {0: "batch"}})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(__file__).parent, help="folder")
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    model = learn(np.random.default_rng(2024))
    report(model)
    export(model, folder / "autopilot.onnx")

    voyage = sail(Fleet(np.random.default_rng(5), 1), VOYAGE_WINDOWS, lambda windows, _: steer(model, windows))
    recorded = np.ascontiguousarray(voyage.windows[:, 0])
    np.save(folder / "recorded_input.npy", recorded)
    np.save(folder / "recorded_rudder.npy", steer(model, recorded)[:, None])
    print(f"wrote {folder}/autopilot.onnx and {VOYAGE_WINDOWS * CONTROL_PERIOD_S:.0f} s of recorded voyage")


if __name__ == "__main__":
    main()
