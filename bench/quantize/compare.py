#!/usr/bin/env python3
"""slipway quantize next to onnxruntime.quantization on the same models and samples: error, time and peak memory of
whole processes. What each wrote runs in ONNX Runtime.

usage: compare.py SLIPWAY [--times N] [--json FILE]
"""

import argparse
import dataclasses
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent / "examples"


@dataclasses.dataclass
class Case:
    name: str
    model: str
    samples: str
    test: str
    labels: str | None
    ways: tuple  # (name, ours, theirs)


STATIC = tuple((way.lower(), ["--to", "uint8", "--calibrate", way.lower()], ["static", way])
               for way in ("MinMax", "Entropy", "Percentile"))
# Theirs leaves recurrent layers as they are in a static model, and has them in bytes in a dynamic one.
RECURRENT = (("static", ["--to", "uint8", "--calibrate", "minmax"], ["dynamic"]),
             ("dynamic", ["--to", "int8", "--dynamic"], ["dynamic"]))
CASES = [
    Case("digits, plain", "digits/plain.onnx", "digits/calibration.npz", "digits/test.npz", "digits/test_labels.npy",
         STATIC),
    Case("digits, separable", "digits/separable.onnx", "digits/calibration.npz", "digits/test.npz",
         "digits/test_labels.npy", STATIC),
    Case("pit wall, TCN", "pitwall/tcn.onnx", "pitwall/recorded_telemetry.npy", "pitwall/recorded_telemetry.npy", None,
         STATIC),
    Case("autopilot, LSTM", "autopilot/autopilot.onnx", "autopilot/recorded_input.npy", "autopilot/recorded_input.npy",
         None, RECURRENT),
]


class Launcher:
    """A small process that runs commands: see launcher.py."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, "-S", "-E", HERE / "launcher.py"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def run(self, command):
        """Seconds, peak bytes and stdout of a process."""
        words = [str(word) for word in command]
        print(json.dumps([str(pathlib.Path(words[0]).absolute()), *words[1:]]), file=self.process.stdin, flush=True)
        seconds, peak, code, out, said = json.loads(self.process.stdout.readline())
        if code != 0:
            sys.exit(f"{' '.join(words)} ended with {code}:\n{said}")
        return seconds, peak, out


def load(path):
    arrays = np.load(EXAMPLES / path)
    return arrays[arrays.files[0]] if hasattr(arrays, "files") else arrays


def outputs_of(model, data):
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    feed = session.get_inputs()[0]
    if feed.shape[0] == 1:
        return np.concatenate([session.run(None, {feed.name: row[None]})[0] for row in data])
    return session.run(None, {feed.name: data})[0]


def quality(wanted, given, labels):
    error = np.abs(given - wanted).mean() / np.abs(wanted).mean()
    accuracy = None if labels is None else float((given.argmax(1) == labels).mean())
    return {"relative_error": float(error), "accuracy": accuracy}


def measure(launcher, command, times):
    runs = [launcher.run(command) for _ in range(times)]
    return {"seconds": statistics.median(r[0] for r in runs), "peak_bytes": statistics.median(r[1] for r in runs),
            "stdout": runs[-1][2]}


def compare(case, slipway, folder, times, launcher):
    data, labels = load(case.test), None if case.labels is None else load(case.labels)
    wanted = outputs_of(EXAMPLES / case.model, data)
    for way, ours, theirs in case.ways:
        row = {"model": case.name, "way": way, "samples": len(load(case.samples)),
               "float_accuracy": quality(wanted, wanted, labels)["accuracy"]}
        model, samples = EXAMPLES / case.model, EXAMPLES / case.samples
        given = [] if "--dynamic" in ours else ["--samples", samples]
        for who, output, command in (
                ("slipway", folder / "ours.onnx",
                 [slipway, "quantize", model, "-o", folder / "ours.onnx", *ours, *given]),
                ("onnxruntime", folder / "theirs.onnx",
                 [sys.executable, HERE / "theirs.py", model, folder / "theirs.onnx", samples, *theirs])):
            row[who] = measure(launcher, command, times)
            said = row[who].pop("stdout")
            row[who] |= {"calls_seconds": float(said) if who == "onnxruntime" else row[who]["seconds"],
                         "bytes": output.stat().st_size} | quality(wanted, outputs_of(output, data), labels)
        yield row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("slipway")
    parser.add_argument("--times", type=int, default=3, help="how often each runs; medians count (3)")
    parser.add_argument("--json", type=pathlib.Path, help="the rows as JSON, too")
    arguments = parser.parse_args()
    launcher = Launcher()
    rows = []
    print(f"{'model':18} {'ranges':10} {'samples':>7}  {'error, ours':>11} {'theirs':>7}  {'accuracy':>8} {'theirs':>7}"
          f"  {'time':>7} {'theirs':>7} {'ratio':>6} {'calls':>6}  {'peak':>6} {'theirs':>7} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            for row in compare(case, arguments.slipway, pathlib.Path(folder), arguments.times, launcher):
                rows.append(row)
                a, b = row["slipway"], row["onnxruntime"]
                share = [("" if who["accuracy"] is None else f"{100 * who['accuracy']:.2f}") for who in (a, b)]
                print(f"{row['model']:18} {row['way']:10} {row['samples']:7}  {100 * a['relative_error']:9.2f} % "
                      f"{100 * b['relative_error']:5.2f} %  {share[0]:>8} {share[1]:>7}  {1000 * a['seconds']:4.0f} ms "
                      f"{1000 * b['seconds']:4.0f} ms {b['seconds'] / a['seconds']:6.1f} "
                      f"{b['calls_seconds'] / a['seconds']:6.1f}  {a['peak_bytes'] / 1e6:3.0f} MB "
                      f"{b['peak_bytes'] / 1e6:4.0f} MB {b['peak_bytes'] / a['peak_bytes']:6.1f}", flush=True)
    print("error: mean difference of the outputs over their mean size, against the float model. time, peak: of whole\n"
          "processes, medians; calls: their time without starting Python and importing.")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
