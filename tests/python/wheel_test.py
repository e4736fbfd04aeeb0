#!/usr/bin/env python3
"""The wheel: small, typed, and runs in a bare environment with NumPy alone, away from this checkout."""

import os
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

import models
import shared_objects

WHEEL, = (models.ROOT / "build" / "wheel").glob("slipway-*.whl")


class Wheel(unittest.TestCase):
    def test_it_is_under_5_mb(self):
        self.assertLess(WHEEL.stat().st_size, 5e6)

    def test_it_says_that_it_is_typed(self):
        names = zipfile.ZipFile(WHEEL).namelist()
        for name in ("slipway/py.typed", "slipway/_slipway.pyi"):
            self.assertIn(name, names)

    def test_licences_of_what_it_brings(self):
        names = zipfile.ZipFile(WHEEL).namelist()
        for name in ("z", "re2", "jpeg", "webp", "openjp2"):
            self.assertIn(f"slipway/licenses/{name}.txt", names)
        self.assertIn("slipway/nanobind_backend/LICENSE", names)

    def test_it_brings_what_it_needs(self):
        unpacked = models.ROOT / "build" / "wheel" / "unpacked"
        self.assertEqual(len(shared_objects.objects(unpacked)), 11)
        for path in shared_objects.objects(unpacked):
            with self.subTest(path.name):
                self.assertEqual(shared_objects.unmet(path, unpacked), [])

    def test_it_is_for_every_cpython_from_3_10_on(self):
        self.assertIn("-cp310-abi3-", WHEEL.name)
        names = zipfile.ZipFile(WHEEL).namelist()
        for version in range(10, 15):
            self.assertTrue(any(f"/_nb_backend_v1.cpython-3{version}-" in name for name in names), version)

    def test_types(self):
        ran = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", "/dev/null", "python/slipway"],
                             cwd=models.ROOT, capture_output=True, text=True, check=False, env=without_path())
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def test_it_runs_in_an_environment_of_its_own(self):
        with tempfile.TemporaryDirectory() as folder:
            python = Path(folder, "env", "bin", "python")
            for command in ([sys.executable, "-m", "venv", Path(folder, "env")],
                            [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "numpy", WHEEL],
                            [Path(folder, "env", "bin", "slipway"), "check", models.AUTOPILOT],
                            [python, "-c", "import slipway, numpy, sys; s = slipway.InferenceSession(sys.argv[1]);"
                             "print(s.run(None, {'sensors': numpy.zeros((1, 20, 25), 'f4')})[0].shape)", models.AUTOPILOT]):
                ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False,
                                     env={"PATH": "/usr/bin:/bin"})  # and no compiler's or checkout's variables
                self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
            self.assertEqual(ran.stdout.strip(), "(1, 1)")

    def test_importing_it_loads_next_to_nothing(self):
        ran = subprocess.run([sys.executable, "-c", "import sys, slipway; print(*sys.modules)"], capture_output=True,
                             text=True, check=True)
        loaded = ran.stdout.split()
        for heavy in ("numpy", "subprocess", "json", "onnxruntime", "torch"):
            self.assertNotIn(heavy, loaded)


def without_path():
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


if __name__ == "__main__":
    unittest.main()
