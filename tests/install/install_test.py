"""Installs the library, then builds and runs examples/cpp against it, through its CMake package and pkg-config."""

import argparse
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ARGUMENTS = None


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class InstallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = Path(cls.folder.name)
        cls.prefix = cls.root / "prefix"
        run("cmake", "--install", ARGUMENTS.build, "--prefix", cls.prefix)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def check_loop(self, program):
        said = run(program, "examples/autopilot/autopilot.onnx", "3",
                   env={**os.environ, "LD_LIBRARY_PATH": str(next(self.prefix.glob("lib*")))})
        self.assertIn("3 ticks at 50 Hz", said)

    def test_the_cmake_package(self):
        build = self.root / "by_cmake"
        run("cmake", "-G", "Ninja", "-S", "examples/cpp", "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run("cmake", "--build", build)
        self.check_loop(build / "control_loop")

    def test_the_library_exports_the_c_interface_alone(self):
        library = next(self.prefix.glob("lib*/**/libslipway.so"))
        names = {line.split()[-1].split("@")[0] for line in run("nm", "-D", "--defined-only", library).splitlines()}
        self.assertTrue(names)
        self.assertEqual({name for name in names if not name.startswith("slipway_")}, set())

    def test_a_c_program_compiles_the_header(self):
        source = self.root / "user.c"
        source.write_text('#include <slipway/slipway.h>\nint main(void) { return slipway_version()[0] == 0; }\n')
        library = next(self.prefix.glob("lib*/**/libslipway.so")).parent
        run("cc", "-std=c99", "-Wall", "-Werror", f"-I{self.prefix}/include", source, f"-L{library}", "-lslipway",
            f"-Wl,-rpath,{library}", "-o", self.root / "user")
        run(self.root / "user")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    ARGUMENTS = parser.parse_args()
    unittest.main(argv=sys.argv[:1])
