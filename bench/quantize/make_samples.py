"""Samples of the examples whose recordings are shorter, by the simulators that the recordings are from: a thousand laps
of 34 stints at the pit wall and two thousand of other races, to test with, and a thousand windows of ten boats that the
autopilot steers for 25 seconds each. Seeds are fixed.

usage: make_samples.py FOLDER
"""

import pathlib
import sys

import numpy as np
import onnxruntime

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent.parent / "examples"
sys.path += [str(EXAMPLES / "pitwall"), str(EXAMPLES / "autopilot")]

import boat  # noqa: E402
import stint  # noqa: E402

SAMPLES = 1000
WINDOW = 20
BOATS = 10
SETTLING_STEPS = WINDOW  # the first windows are filled with one reading


def laps(seed, count):
    telemetry, _, _ = stint.race(np.random.default_rng(seed), -(-count // stint.LAPS))
    return telemetry[:count]


def windows():
    session = onnxruntime.InferenceSession(str(EXAMPLES / "autopilot" / "autopilot.onnx"),
                                           providers=["CPUExecutionProvider"])
    fleet = boat.Fleet(np.random.default_rng(12), BOATS)
    history = np.repeat(fleet.sense()[:, None], WINDOW, axis=1)
    seen = []
    for step in range(SETTLING_STEPS + SAMPLES // BOATS):
        if step >= SETTLING_STEPS:
            seen.append(history)
        fleet.step(session.run(None, {"sensors": history})[0][:, 0])
        history = np.concatenate([history[:, 1:], fleet.sense()[:, None]], axis=1)
    return np.concatenate(seen)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, samples in (("laps.npy", laps(11, SAMPLES)), ("other_laps.npy", laps(21, 2 * SAMPLES)),
                          ("windows.npy", windows())):
        np.save(folder / name, np.ascontiguousarray(samples, np.float32))


if __name__ == "__main__":
    main()
