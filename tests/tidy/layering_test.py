"""Shows that configuring fails on a dependency that points up, sideways or to nothing (cmake/layers.cmake)."""

import subprocess
import tempfile
import unittest
from pathlib import Path

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(layering NONE)
include("{layers}")
set(SLIPWAY_LAYERS low middle high)
add_subdirectory(low)
add_subdirectory(middle)
add_subdirectory(high)
"""
LAYERS = Path("cmake/layers.cmake").resolve()

# what is declared | the libraries' declarations that differ from GOOD | the error, or None
GOOD = {"low": "slipway_library(low)", "middle": "slipway_library(middle DEPENDS low)",
        "high": "slipway_library(high DEPENDS low middle)"}
ROWS = (
    ("downward", {}, None),
    ("upward", {"low": "slipway_library(low DEPENDS high)"}, "low may not depend on high"),
    ("on itself", {"middle": "slipway_library(middle DEPENDS middle)"}, "middle may not depend on middle"),
    ("on nothing known", {"middle": "slipway_library(middle DEPENDS lwo)"}, "middle may not depend on lwo"),
    ("a library without a level", {"low": "slipway_library(basement)"}, "basement is not in SLIPWAY_LAYERS"),
    ("a misspelt keyword", {"middle": "slipway_library(middle DEPEND low)"}, "middle: does not understand DEPEND"),
)


def configure(declarations):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "CMakeLists.txt").write_text(PROJECT.format(layers=LAYERS))
        for library, text in declarations.items():
            (root / library).mkdir()
            (root / library / "CMakeLists.txt").write_text(text)
        done = subprocess.run(["cmake", "-G", "Ninja", "-S", folder, "-B", root / "build"],
                              capture_output=True, text=True)
        return done.returncode, " ".join(done.stderr.split())


class LayeringTest(unittest.TestCase):
    def test_configuring_fails_on_what_does_not_point_down(self):
        for name, change, error in ROWS:
            with self.subTest(name):
                status, said = configure({**GOOD, **change})
                self.assertEqual(status != 0, error is not None, said)
                self.assertIn(error or "", said)


if __name__ == "__main__":
    unittest.main()
