"""The completion scripts are valid, and bash's completes what it should."""

import argparse
import pathlib
import shutil
import subprocess
import sys
import unittest

CHECKERS = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "--no-execute"]}


class Completions(unittest.TestCase):
    program = None

    def script(self, shell):
        return subprocess.run([self.program, "completions", shell], capture_output=True, text=True, check=True).stdout

    def test_each_script_is_valid(self):
        for shell, checker in CHECKERS.items():
            if shutil.which(shell) is None:
                print(f"completions: {shell} is not installed here, its script is not checked", file=sys.stderr)
                continue
            with self.subTest(shell):
                done = subprocess.run(checker, input=self.script(shell), capture_output=True, text=True, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def completed(self, *words):
        command = f'{self.script("bash")}\nCOMP_WORDS=({" ".join(words)})\nCOMP_CWORD={len(words) - 1}\n'
        command += '_slipway; printf "%s\\n" "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
        return done.stdout.split()

    def test_bash_completes(self):
        self.assertEqual(self.completed("slipway", "ins"), ["inspect"])
        self.assertEqual(self.completed("slipway", "run", "--in"), ["--input"])
        self.assertEqual(self.completed("slipway", "completions", "z"), ["zsh"])
        self.assertEqual(self.completed("slipway", "help", "ver"), ["verify", "version"])
        self.assertEqual(self.completed("slipway", "check", "/etc/debian_ver"), ["/etc/debian_version"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, type=lambda path: pathlib.Path(path).resolve())
    options = parser.parse_args()
    Completions.program = options.program
    unittest.main(argv=[sys.argv[0]])


if __name__ == "__main__":
    main()
