"""Installs the library, then builds and runs examples/cpp against it, through its CMake package and pkg-config."""

import argparse
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ARGUMENTS = None
COMPILE_LOOP = ("c++", "-std=c++20", "examples/cpp/control_loop.cc")


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Installed(unittest.TestCase):
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

    def pkg_config(self, *words):
        library = next(self.prefix.glob("lib*/**/libslipway.so")).parent
        return run("pkg-config", *words, "slipway", env={**os.environ, "PKG_CONFIG_PATH": str(library / "pkgconfig")}).split()


class SharedLibrary(Installed):
    def test_the_cmake_package(self):
        build = self.root / "by_cmake"
        run("cmake", "-G", "Ninja", "-S", "examples/cpp", "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run("cmake", "--build", build)
        self.check_loop(build / "control_loop")

    def test_pkg_config(self):
        run(*COMPILE_LOOP, "-o", self.root / "by_pkg_config", *self.pkg_config("--cflags", "--libs"))
        self.check_loop(self.root / "by_pkg_config")

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


class StaticLibrary(Installed):
    def setUp(self):
        if not ARGUMENTS.with_static:
            self.skipTest("this build is instrumented and makes no libslipway.a")

    def check_holds_the_library(self, program):
        self.assertNotIn("libslipway", run("ldd", program))
        self.check_loop(program)

    def test_the_cmake_package(self):
        folder = self.root / "static"
        folder.mkdir()
        (folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(static_loop LANGUAGES CXX)\nset(CMAKE_CXX_STANDARD 20)\n"
            f"find_package(slipway REQUIRED)\nadd_executable(loop {Path('examples/cpp/control_loop.cc').absolute()})\n"
            "target_link_libraries(loop PRIVATE slipway::static)\ntarget_link_options(loop PRIVATE LINKER:--gc-sections)\n")
        run("cmake", "-G", "Ninja", "-S", folder, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run("cmake", "--build", folder / "build")
        self.check_holds_the_library(folder / "build" / "loop")

    def test_pkg_config(self):
        flags = self.pkg_config("--cflags", "--libs", "--static")
        flags[flags.index("-lslipway")] = "-l:libslipway.a"
        run(*COMPILE_LOOP, "-o", self.root / "static_by_pkg_config", *flags)
        self.check_holds_the_library(self.root / "static_by_pkg_config")

    def test_the_static_library_has_the_c_interface_alone(self):
        library = next(self.prefix.glob("lib*/**/libslipway.a"))
        lines = run("nm", "--defined-only", "--extern-only", library).splitlines()
        symbols = [line.split() for line in lines if len(line.split()) == 3]
        names = {name for _, kind, name in symbols if kind != "u"}  # u: constants of headers, one of each in a program
        self.assertIn("slipway_model_open", names)
        self.assertEqual({name for name in names if not name.startswith("slipway_")}, set())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--with-static", action="store_true", help="the build makes libslipway.a, too")
    ARGUMENTS = parser.parse_args()
    unittest.main(argv=sys.argv[:1])
