"""A folder with a model, a recipe and samples, in which slipway builds."""

import json
import os
import pathlib
import subprocess
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
AUTOPILOT = ROOT / "examples" / "autopilot"

MODEL = """[model]
name = "autopilot"
version = "%s"
file = "autopilot.onnx"
"""
SAMPLES = '[samples]\nfile = "samples.npy"\nlimit = 40\n'
QUICK = '[build]\nengines = "native"\nprecisions = ["f32", "bf16"]\nthreads = 1\n'


class Project:
    def __init__(self, program, folder):
        self.program = program
        self.folder = pathlib.Path(folder)
        (self.folder / "autopilot.onnx").write_bytes((AUTOPILOT / "autopilot.onnx").read_bytes())
        (self.folder / "samples.npy").write_bytes((AUTOPILOT / "recorded_input.npy").read_bytes())
        self.recipe()

    def recipe(self, text="", version="1.0.0", samples=SAMPLES, tries=QUICK):
        (self.folder / "slipway.toml").write_text(MODEL % version + samples + tries + text)

    def start(self, *arguments, **more):
        environment = {"PATH": os.environ["PATH"], "NO_COLOR": "1", "COLUMNS": "100"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "SLIPWAY_ONNXRUNTIME"):
            if name in os.environ:
                environment[name] = os.environ[name]
        return subprocess.Popen([self.program, *arguments], cwd=self.folder, env=environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def run(self, *arguments, **more):
        """Exit code, stdout, stderr."""
        child = self.start(*arguments, **more)
        out, err = child.communicate()
        return child.returncode, out, err

    def build(self, *arguments, seconds="0.2", **more):
        return self.run("build", "--seconds", seconds, *arguments, **more)

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())

    def report(self, folder="artifacts"):
        return json.loads((self.folder / folder / "report.json").read_text())


def chosen(report):
    candidate = report["candidates"][report["chosen"]]
    return candidate["engine"], candidate["precision"], candidate["threads"]


MARGIN = 1.15  # libs/choose/choice.h: what takes at most this much longer than the fastest is as fast
DOUBT = 1.1  # by how much the same ratio may come out otherwise on a machine that others use too


def setup(candidate):
    return tuple(candidate.get(key) for key in ("engine", "precision", "threads", "pruned", "slides"))


def behind(report, wanted):
    """How many times as long as the fastest that keeps the budget it takes."""
    racing = [c for c in report["candidates"] if c["outcome"] in ("good", "chosen", "slower")]
    (mine,) = [c for c in racing if setup(c) == wanted]
    return mine["latency"]["quiet_us"] / min(c["latency"]["quiet_us"] for c in racing)


def disagreements(reports):
    """Reports of the same build whose choices differ, but for such as stand at the margin, where another look may
    put them across it: as sentences."""
    choices = [setup(report["candidates"][report["chosen"]]) for report in reports]
    if len(set(choices)) == 1:
        return []
    apart = [max(behind(report, choice) for choice in choices) for report in reports]
    return [f"{choice}, where one of {choices} takes {ratio:.3f} times as long as the fastest"
            for choice, ratio in zip(choices, apart) if not MARGIN / DOUBT < ratio < MARGIN * DOUBT]


def npz(path):
    """The arrays of an .npz, as the bytes of their .npy files."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def npy(shape, values_bytes):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + values_bytes


def numbers(npy_bytes):
    """The elements of an .npy file, as bytes."""
    return npy_bytes[10 + int.from_bytes(npy_bytes[8:10], "little"):]
