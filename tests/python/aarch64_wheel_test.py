#!/usr/bin/env python3
"""The wheel for AArch64, of `./dev wheel --arch aarch64`: what it holds and needs; under qemu it imports and has the bits
of the wheel for this machine. Left out where that wheel was not made, or not since its sources changed: it takes minutes."""

import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

import numpy as np

import models
import shared_objects

BUILD = models.ROOT / "build"
UNPACKED = BUILD / "wheel-aarch64" / "unpacked"
ARM64 = BUILD / "arm64-root"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHON = ARM64 / "usr" / "bin" / f"python{VERSION}"
SKIPPED = 77  # ctest's word for it: CMakeLists.txt


def wheel():
    return next((BUILD / "wheel-aarch64").glob("slipway-*.whl"), None)


def under_qemu(*arguments):
    return subprocess.run(["qemu-aarch64-static", "-L", ARM64, "-E", f"PYTHONPATH={UNPACKED}:{ARM64 / 'python'}",
                           PYTHON, "-B", *arguments], capture_output=True, text=True, check=False, timeout=250)


class Contents(unittest.TestCase):
    def test_its_tag_and_its_size(self):
        self.assertRegex(wheel().name, r"^slipway-[\d.]+-cp310-abi3-linux_aarch64\.whl$")
        text = next(UNPACKED.glob("*.dist-info/WHEEL")).read_text(encoding="utf-8")
        self.assertIn("Tag: cp310-abi3-linux_aarch64\n", text)
        self.assertLess(wheel().stat().st_size, 5e6)

    def test_it_holds_what_the_wheel_of_this_machine_holds(self):
        names = [{re.sub(r"(x86_64|aarch64)-linux-gnu", "MACHINE", name) for name in zipfile.ZipFile(path).namelist()}
                 for path in (wheel(), next((BUILD / "wheel").glob("slipway-*.whl")))]
        self.assertEqual(*names)

    def test_every_object_is_of_that_machine_and_needs_what_is_there(self):
        self.assertEqual(len(shared_objects.objects(UNPACKED)), 11)
        for path in shared_objects.objects(UNPACKED):
            with self.subTest(path.name):
                self.assertEqual(shared_objects.machine(path), "AArch64")
                self.assertEqual(shared_objects.unmet(path, UNPACKED), [])


@unittest.skipUnless(shutil.which("qemu-aarch64-static") and PYTHON.exists(), "there is no qemu or no arm64 Python")
class UnderQemu(unittest.TestCase):
    def test_the_interpreter_loads_it(self):
        ran = under_qemu("-c", "import platform, slipway; print(platform.machine(), slipway._slipway.__file__)")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(ran.stdout.split()[0], "aarch64")
        self.assertIn("wheel-aarch64", ran.stdout)

    def test_the_same_bits_as_here(self):
        data = np.random.default_rng(11)
        shapes = {"autopilot/autopilot": (3, 20, 25), "pitwall/tcn": (64, 16, 50), "pitwall/trees": (4, 20),
                  "digits/plain": (2, 1, 8, 8), "digits/separable": (2, 1, 8, 8)}
        inputs = {f"examples/{name}.onnx": data.standard_normal(shape, np.float32) for name, shape in shapes.items()}
        script = models.ROOT / "tests" / "python" / "example_answers.py"
        with tempfile.TemporaryDirectory() as folder:
            given, here, there = (str(Path(folder, name)) for name in ("inputs.npz", "here.npz", "there.npz"))
            np.savez(given, **inputs)
            subprocess.run([sys.executable, "-B", script, given, here, "1"], check=True)
            wanted = np.load(here)
            for threads in ("1", "4"):
                ran = under_qemu(script, given, there, threads)
                self.assertEqual(ran.returncode, 0, ran.stderr)
                answers = np.load(there)
                self.assertEqual(wanted.files, answers.files)
                for name in wanted.files:
                    with self.subTest(name, threads=threads):
                        self.assertEqual(wanted[name].dtype, answers[name].dtype)
                        self.assertEqual(wanted[name].shape, answers[name].shape)
                        self.assertEqual(wanted[name].tobytes(), answers[name].tobytes())
                        self.assertTrue(np.isfinite(answers[name]).all())

    def test_the_program_runs(self):
        ran = under_qemu("-m", "slipway", "check", models.AUTOPILOT)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertIn("model is valid", ran.stdout)


def missing():
    """What keeps this test from running, or nothing."""
    if wheel() is None:
        return "there is no wheel for AArch64"
    made = wheel().stat().st_mtime
    for folder in ("python", "libs", "apps/slipway", "include", "cmake"):
        for path in (models.ROOT / folder).rglob("*.*"):
            if path.stat().st_mtime > made and not path.name.endswith(("_test.cc", ".pyc", ".md")):
                return f"the wheel for AArch64 is older than {path.relative_to(models.ROOT)}"
    return None


if __name__ == "__main__":
    if missing():
        print(f"left out: {missing()}; ./dev wheel --arch aarch64 makes it")
        sys.exit(SKIPPED)
    unittest.main()
