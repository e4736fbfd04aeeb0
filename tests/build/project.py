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
