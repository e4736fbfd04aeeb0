#!/usr/bin/env python3
"""slipway quantize next to onnxruntime.quantization on the same models and samples: error, time and peak memory of
whole processes, time of their call and of calibration alone. What each wrote runs in ONNX Runtime.

usage: compare.py SLIPWAY SAMPLES [--times N] [--only TEXT] [--json FILE]    (SAMPLES: of make_samples.py)
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
MADE = "made/"  # begins the names of samples that make_samples.py made


@dataclasses.dataclass
class Case:
    name: str
    model: str
    samples: str
    test: str
    labels: str | None
    ways: tuple  # (name, ours, theirs)


# What each does unless told; then ways of both, with their percentile.
STATIC = (("default", ["--to", "uint8"], ["static", "MinMax"]),
          *((way.lower(), ["--to", "uint8", "--calibrate", way.lower(), *options], ["static", way])
            for way, options in (("MinMax", []), ("Entropy", []), ("Percentile", ["--percentile", "99.999"]))))
# Without what theirs has not: its calibration is ranges, and that is all.
NOTHING_ELSE = ["--no-equalize", "--no-bias-correction"]
# Theirs leaves recurrent layers as they are in a static model, and has them in bytes in a dynamic one: ours has them in
# bytes in both, and stands next to either.
RECURRENT = (("minmax", ["--to", "uint8", "--calibrate", "minmax"], ["static", "MinMax"]),
             ("/ dynamic", ["--to", "uint8", "--calibrate", "minmax"], ["dynamic"]),
             ("dynamic", ["--to", "int8", "--dynamic"], ["dynamic"]))
CASES = [
    Case("digits, plain", "digits/plain.onnx", "digits/calibration.npz", "digits/test.npz", "digits/test_labels.npy",
         STATIC),
    Case("digits, separable", "digits/separable.onnx", "digits/calibration.npz", "digits/test.npz",
         "digits/test_labels.npy", STATIC),
    Case("pit wall, TCN", "pitwall/tcn.onnx", "pitwall/recorded_telemetry.npy", MADE + "other_laps.npy", None,
         STATIC),
    Case("pit wall, TCN", "pitwall/tcn.onnx", MADE + "laps.npy", MADE + "other_laps.npy", None, STATIC),
    Case("autopilot, LSTM", "autopilot/autopilot.onnx", "autopilot/recorded_input.npy", "autopilot/recorded_input.npy",
         None, RECURRENT),
    Case("autopilot, LSTM", "autopilot/autopilot.onnx", MADE + "windows.npy", "autopilot/recorded_input.npy", None,
         RECURRENT[:2]),
]
# (title, width, of a row)
COLUMNS = (
    ("model", 17, lambda row, a, b: f"{row['model']:17}"),
    ("ranges", 10, lambda row, a, b: f"{row['way']:10}"),
    ("samples", 7, lambda row, a, b: f"{row['samples']:7}"),
    ("error", 8, lambda row, a, b: f"{100 * a['relative_error']:6.2f} %"),
    ("theirs", 8, lambda row, a, b: f"{100 * b['relative_error']:6.2f} %"),
    ("accuracy", 8, lambda row, a, b: share(a["accuracy"])),
    ("theirs", 7, lambda row, a, b: share(b["accuracy"])),
    ("time", 8, lambda row, a, b: ms(a["seconds"])),
    ("theirs", 8, lambda row, a, b: ms(b["seconds"])),
    ("ratio", 5, lambda row, a, b: ratio(b["seconds"], a["seconds"])),
    ("call", 8, lambda row, a, b: ms(b["call_seconds"])),
    ("ratio", 5, lambda row, a, b: ratio(b["call_seconds"], a["seconds"])),
    ("ranges", 8, lambda row, a, b: ms(a["ranges_seconds"])),
    ("theirs", 8, lambda row, a, b: ms(b["calibration_seconds"])),
    ("ratio", 5, lambda row, a, b: ratio(b["calibration_seconds"], a["ranges_seconds"])),
    ("calibr.", 8, lambda row, a, b: ms(a["calibration_seconds"])),
    ("ratio", 5, lambda row, a, b: ratio(b["calibration_seconds"], a["calibration_seconds"])),
    ("peak", 6, lambda row, a, b: f"{a['peak_bytes'] / 1e6:3.0f} MB"),
    ("theirs", 7, lambda row, a, b: f"{b['peak_bytes'] / 1e6:4.0f} MB"),
    ("ratio", 5, lambda row, a, b: ratio(b["peak_bytes"], a["peak_bytes"])),
)


def share(value):
    return "" if value is None else f"{100 * value:.2f}"


def ms(seconds):
    return f"{1000 * seconds:.1f} ms" if seconds else ""


def ratio(theirs, ours):
    return f"{theirs / ours:.1f}" if theirs and ours else ""


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
    arrays = np.load(path)
    return arrays[arrays.files[0]] if hasattr(arrays, "files") else arrays


def outputs_of(model, data):
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.x64quantprecision", "1")  # exact without VNNI, too
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    feed = session.get_inputs()[0]
    if feed.shape[0] == 1:
        return np.concatenate([session.run(None, {feed.name: row[None]})[0] for row in data])
    return session.run(None, {feed.name: data})[0]


def quality(wanted, given, labels):
    error = np.abs(given - wanted).mean() / np.abs(wanted).mean()
    accuracy = None if labels is None else float((given.argmax(1) == labels).mean())
    return {"relative_error": float(error), "accuracy": accuracy}


def own_times(who, said):
    """Seconds of the call and of calibration, as the process itself tells; 0 for what there was not."""
    if who != "onnxruntime":
        report = json.loads(said)
        return report["seconds"], report.get("calibration_seconds", 0)
    call, calibration = said.split()
    return float(call), float(calibration)


def measure(launcher, commands, times):
    """Medians of each, run in turns."""
    runs = {who: [] for who in commands}
    for _ in range(times):
        for who, command in commands.items():
            seconds, peak, said = launcher.run(command)
            runs[who].append((seconds, peak, *own_times(who, said)))
    names = ("seconds", "peak_bytes", "call_seconds", "calibration_seconds")
    return {who: dict(zip(names, map(statistics.median, zip(*rows)))) for who, rows in runs.items()}


def compare(case, slipway, made, folder, times, launcher):
    def placed(name):
        return made / name[len(MADE):] if name.startswith(MADE) else EXAMPLES / name

    data, labels = load(placed(case.test)), None if case.labels is None else load(EXAMPLES / case.labels)
    samples = placed(case.samples)
    wanted = outputs_of(EXAMPLES / case.model, data)
    for way, ours, theirs in case.ways:
        row = {"model": case.name, "way": way, "samples": len(load(samples)),
               "float_accuracy": quality(wanted, wanted, labels)["accuracy"]}
        model = EXAMPLES / case.model
        given = [] if "--dynamic" in ours else ["--samples", samples]
        written = {who: folder / f"{who}.onnx" for who in ("slipway", "onnxruntime")}
        call = [slipway, "quantize", model, *ours, *given, "--json", "-o"]
        commands = {
            "slipway": [*call, written["slipway"]],
            "onnxruntime": [sys.executable, HERE / "theirs.py", model, written["onnxruntime"], samples, *theirs],
        }
        if theirs[0] == "static" and given:
            commands["ranges"] = [*call, folder / "ranges.onnx", *NOTHING_ELSE]
        measured = measure(launcher, commands, times)
        measured["slipway"]["ranges_seconds"] = measured.pop("ranges", {}).get("calibration_seconds", 0)
        row |= measured
        for who, output in written.items():
            row[who] |= {"bytes": output.stat().st_size} | quality(wanted, outputs_of(output, data), labels)
        yield row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("slipway")
    parser.add_argument("samples", type=pathlib.Path, help="the folder of make_samples.py")
    parser.add_argument("--times", type=int, default=3, help="how often each runs; medians count (3)")
    parser.add_argument("--only", default="", help="the models whose names hold this")
    parser.add_argument("--json", type=pathlib.Path, help="the rows as JSON, too")
    arguments = parser.parse_args()
    launcher = Launcher()
    rows = []
    print("  ".join(f"{title:>{width}}" for title, width, _ in COLUMNS))
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            if arguments.only not in case.name:
                continue
            for row in compare(case, arguments.slipway, arguments.samples, pathlib.Path(folder), arguments.times,
                               launcher):
                rows.append(row)
                print("  ".join(f"{text(row, row['slipway'], row['onnxruntime']):>{width}}"
                                for _, width, text in COLUMNS), flush=True)
    print("error: mean difference of the outputs over their mean size, against the float model. time, peak: of whole\n"
          "processes, medians. call: theirs without starting Python and importing, next to our whole process. ranges:\n"
          "from the model to the ranges of its values, as both calibrate; calibr.: ours, equalisation and shifts of\n"
          "biases with it, next to their ranges.")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
