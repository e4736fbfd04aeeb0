#!/usr/bin/env python3
"""The same wheel in every other CPython from 3.10 to 3.14 that this machine has, from its PATH or pyenv: pip installs it, the
examples' models have the bits of this interpreter, what is wrong is an exception. Left out where there is no other one."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

import models

WHEEL, = (models.ROOT / "build" / "wheel").glob("slipway-*.whl")
TESTS = models.ROOT / "tests" / "python"
SKIPPED = 77  # ctest's word for it: CMakeLists.txt


def works(python):
    ran = subprocess.run([python, "-c", "import sys, venv, ensurepip; print(*sys.version_info[:2], sys.implementation.name)"],
                         capture_output=True, text=True, check=False)
    return ran.returncode == 0 and ran.stdout.split()[-1] == "cpython"


def others():
    """version -> interpreter"""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = {}
    for minor in range(10, 15):
        candidates = [shutil.which(f"python3.{minor}"), *pyenv.glob(f"3.{minor}.*/bin/python3")]
        working = [python for python in candidates if python and works(python)]
        if working and minor != sys.version_info.minor:
            found[f"3.{minor}"] = working[0]
    return found


class Others(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        data = np.random.default_rng(12)
        self.given = self.folder / "inputs.npz"
        np.savez(self.given, **{"examples/autopilot/autopilot.onnx": data.standard_normal((3, 20, 25), np.float32),
                                "examples/pitwall/trees.onnx": data.standard_normal((4, 20), np.float32),
                                "examples/digits/plain.onnx": data.standard_normal((2, 1, 8, 8), np.float32)})

    def run_in(self, *command, **variables):
        ran = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False,
                             env={"PATH": "/usr/bin:/bin", **variables})
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def answers(self, python, **variables):
        made = self.folder / "answers.npz"
        self.run_in(python, "-B", TESTS / "example_answers.py", self.given, made, "2", **variables)
        return {name: (array.dtype, array.shape, array.tobytes()) for name, array in np.load(made).items()}

    def test_each(self):
        wanted = self.answers(sys.executable, PYTHONPATH=os.environ["PYTHONPATH"])
        for version, interpreter in others().items():
            with self.subTest(version):
                python = self.folder / version / "bin" / "python"
                self.run_in(interpreter, "-m", "venv", self.folder / version)
                self.run_in(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--retries", "8",
                            "numpy", "onnx", WHEEL)
                self.assertEqual(self.answers(python), wanted)
                self.run_in(python, "-B", TESTS / "wrong_test.py")
                print(f"{version}: the same bits, {len(wanted)} answers")


if __name__ == "__main__":
    if not others():
        print("left out: this machine has no other CPython from 3.10 to 3.14")
        sys.exit(SKIPPED)
    unittest.main()
