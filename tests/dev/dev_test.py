"""./dev: its table and scripts/dev/ agree, every command helps, and what makes no sense is refused with a way out."""

import os
import subprocess
import unittest
from pathlib import Path


def dev(*arguments, **environment):
    return subprocess.run(["./dev", *arguments], capture_output=True, text=True, timeout=60,
                          env={**os.environ, **environment})


def commands():
    lines = dev("help").stdout.splitlines()
    return [line.split()[0] for line in lines if line.startswith("  ") and "./dev " in line]


class DevTest(unittest.TestCase):
    def test_the_table_lists_the_files_of_scripts_dev(self):
        files = sorted(path.name for path in Path("scripts/dev").iterdir() if path.is_file())
        self.assertEqual(sorted(commands()), files)

    def test_every_command_helps(self):
        for command in commands():
            with self.subTest(command):
                done = dev(command, "--help")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(f"./dev {command}", done.stdout)

    def test_a_benchmark_in_a_folder_helps(self):
        for name in ("arm-static", "engine", "jitter"):
            with self.subTest(name):
                done = dev("bench", name, "--help")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(f"usage: ./dev bench {name}", done.stdout)

    def test_what_makes_no_sense_is_refused(self):
        for arguments, said in (
                (("frobnicate",), "there is no command 'frobnicate'; './dev help' lists them"),
                (("lib",), "there is no command 'lib'"),
                (("build", "--fast"), "unknown option '--fast'"),
                (("build", "--preset"), "--preset needs a name"),
                (("build", "--preset", "quick"), "there is no preset 'quick' (there are: release debug"),
                (("test", "--preset", "quick"), "there is no preset 'quick'"),
                (("test", "--without"), "--without needs a label"),
                (("fuzz", "nothing"), "there is no fuzz/nothing.cc"),
                (("fuzz", "--seconds", "soon"), "--seconds needs a number"),
                (("bench",), "which benchmark? There are:"),
                (("bench", "nothing"), "there is no benchmark 'nothing'"),
                (("conformance", "tuf"), "which checkout of the suite?"),
                (("clean", "everything"), "unknown argument 'everything'"),
                (("lint", "me"), "unknown argument 'me'"),
                (("demo", "twice"), "unknown argument 'twice'"),
        ):
            with self.subTest(" ".join(arguments)):
                done = dev(*arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(said, done.stderr)

    def test_a_pipe_gets_no_control_characters(self):
        done = dev("build", "--fast", TERM="xterm-256color")
        self.assertNotIn("\033", done.stderr)

    def test_it_runs_from_any_folder(self):
        done = subprocess.run([str(Path("dev").resolve()), "build", "--help"], cwd="/", capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
