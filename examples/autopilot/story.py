#!/usr/bin/env python3
"""The whole way of the autopilot: a boat under its PID pilot, a network that learns from it, the network as .pt and
.onnx, in int8, and back at the helm: the track by float against the track by int8.

Needs slipway and torch. `--quick` is a small network's worth of training, in seconds; without, some ten minutes.
"""

import argparse
import json
import pathlib
import sys
import typing

import numpy as np
import torch

import slipway

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from boat import CONTROL_PERIOD_S, FEATURES, Fleet  # noqa: E402
from chart import Chart, page  # noqa: E402
from make_model import WINDOW, learn, rms, sail  # noqa: E402

QUICK = {"boats": 24, "steps": 200, "epochs_per_round": (8, 3)}
VOYAGE_STEPS = 480  # two minutes
VOYAGE_SEED = 77


def simulate(boats=16, steps=240):
    """Voyages under the PID pilot: what quantising sees of the sea."""
    return sail(Fleet(np.random.default_rng(31), boats), steps, lambda _, expert: expert)


def train(quick):
    """The network that imitates the pilot."""
    torch.set_num_threads(1)
    return learn(np.random.default_rng(2024), **(QUICK if quick else {}))


def export(model, folder):
    """autopilot.onnx and, beside it, autopilot.pt."""
    return slipway.export.torch(model, torch.zeros(1, WINDOW, len(FEATURES)), folder / "autopilot.onnx", opset=14,
                                output_names=["rudder"], save_pt=True)


def quantise(onnx, windows):
    """The same in int8, and how far its rudder is from that of float."""
    small = onnx.with_name("autopilot_int8.onnx")
    made = slipway.quantize(onnx, small, to="int8", samples=windows)
    return made, slipway.verify(small, onnx, samples=windows)


def helm(model):
    """What steers: a reading in, a rudder command out. The window of the last readings is kept for us."""
    return slipway.AutopilotInference(model).push


class Voyage(typing.NamedTuple):
    seconds: np.ndarray
    place: np.ndarray  # metres from the start, east and north
    error: np.ndarray  # heading error, degrees
    command: np.ndarray


def close_the_loop(steer, steps=VOYAGE_STEPS):
    """One boat in one weather, the same for each helmsman; `steer(reading, fleet)` gives the rudder."""
    fleet = Fleet(np.random.default_rng(VOYAGE_SEED), 1)
    place, rows = 0j, []
    for step in range(steps):
        command = steer(fleet.sense()[0], fleet)
        rows.append((step * CONTROL_PERIOD_S, (place.imag, place.real), np.degrees(fleet.heading_error[0]), command))
        fleet.step(np.array([command]))
        place += CONTROL_PERIOD_S * complex((fleet.speed * np.exp(1j * fleet.heading) + fleet.current)[0])
    return Voyage(*(np.array(column) for column in zip(*rows)))


def sail_home(onnx, small):
    """The voyages of the pilot, of float, of int8, and of nobody."""
    by_float, by_int8 = helm(onnx), helm(small)
    return {
        "expert": close_the_loop(lambda _, fleet: float(fleet.expert()[0])),
        "fp32": close_the_loop(lambda reading, _: by_float(reading)),
        "int8": close_the_loop(lambda reading, _: by_int8(reading)),
        "nobody": close_the_loop(lambda reading, fleet: 0.0),
    }


def plot(voyages, path):
    """The tracks as a map, the rudder over time, and how far the boat of int8 is from that of float."""
    track = Chart("Track", "metres east", "metres north", is_map=True)
    rudder = Chart("Rudder", "seconds", "command, -1 is hard to port")
    for name, colour, dashed, width in (("expert", "#9e9e9e", False, 4), ("fp32", "#1565c0", False, 1.8),
                                        ("int8", "#e65100", True, 1.8)):
        voyage = voyages[name]
        track.line(name, *voyage.place.T, colour, dashed, width)
        rudder.line(name, voyage.seconds, voyage.command, colour, dashed, width / 1.5)
    distance = Chart("fp32 and int8 apart", "seconds", "centimetres")
    distance.line("distance", voyages["fp32"].seconds, 100 * apart(voyages), "#6a1b9a")
    picture = page([track, rudder, distance])
    path.write_text(picture, encoding="utf-8")
    return picture


def apart(voyages):
    """Metres between the boat of float and the boat of int8, at each step."""
    return np.linalg.norm(voyages["fp32"].place - voyages["int8"].place, axis=1)


def figures(voyages, verified, exported, quantised):
    return {
        "rms_heading_error_degrees": {name: round(float(rms(each.error)), 3) for name, each in voyages.items()},
        "track_length_m": round(float(np.linalg.norm(np.diff(voyages["fp32"].place, axis=0), axis=1).sum()), 1),
        "tracks_apart_m": round(float(apart(voyages).max()), 3),
        "rudder_error_int8": verified.outputs[0].max_error,
        "bytes": {"fp32": exported.file_bytes, "int8": quantised.bytes_after},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, required=True, help="folder")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)

    windows = simulate().windows[::4].reshape(-1, WINDOW, len(FEATURES))
    exported = export(train(given.quick), given.output)
    print(exported)
    quantised, verified = quantise(exported.path, windows)
    print(quantised, verified, sep="\n")
    voyages = sail_home(exported.path, quantised.path)
    plot(voyages, given.output / "track.svg")
    found = figures(voyages, verified, exported, quantised)
    (given.output / "story.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
