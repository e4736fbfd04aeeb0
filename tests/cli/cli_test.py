"""Runs slipway on the rows of rows.py and compares what it shows with golden/."""

import argparse
import difflib
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

from files import FILES  # noqa: E402
from rows import BAD, BAD_MODELS, ROWS  # noqa: E402

MOST_BYTES = 400_000_000
MOST_SECONDS = 10


def make_files(folder):
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    (folder / "folder.onnx").mkdir()


def without_machine(text):
    """What bench tells, without what depends on the machine and on chance."""
    text = re.sub(r"^(process|energy|heat|clock|held back|machine|rate) .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^(answers  |late     )[\d.,]+( [kMG])?", r"\1NUMBER", text, flags=re.MULTILINE)
    text = re.sub(r'\n  "machine": \{.*?\n  \}', '\n  "machine": {}', text, flags=re.DOTALL)
    text = re.sub(r'\n    "conditions": \{.*?\n    \}', '\n    "conditions": {}', text, flags=re.DOTALL)
    text = re.sub(r'\n      "bins": \[.*?\n      \]', '\n      "bins": []', text, flags=re.DOTALL)
    text = re.sub(r'\n    "(resident|resident_peak|loaded)_bytes": \d+,', "", text)
    text = re.sub(r'\n    "query_j": [\d.e-]+,', "", text)
    text = re.sub(r'("(?:seconds|throughput_hz|warm_up_queries|us|bound_us)": )[\d.e+-]+', r"\1NUMBER", text)
    return text


class Shown:
    """One run: its exit code and what it showed."""

    def __init__(self, program, folder, arguments):
        environment = {"PATH": os.environ["PATH"], "NO_COLOR": "1", "COLUMNS": "100"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                environment[name] = os.environ[name]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = subprocess.Popen([program, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                     stdout=out, stderr=err)
            watch = subprocess.Popen(["sh", "-c", f"sleep {MOST_SECONDS}; kill -9 {child.pid}"],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            _, status, usage = os.wait4(child.pid, 0)
            os.killpg(watch.pid, 9)
            watch.wait()
            child.returncode = self.code = os.waitstatus_to_exitcode(status)
            self.peak_bytes = usage.ru_maxrss * 1024
            out.seek(0)
            err.seek(0)
            self.stdout = out.read().decode().replace(str(folder), "FOLDER")
            self.stderr = err.read().decode().replace(str(folder), "FOLDER")

    def text(self, arguments):
        """The golden form, without what differs from run to run."""
        stderr = re.sub(r"^(ran in  |made in )[\d.]+ [a-z]+", r"\1TIME", self.stderr, flags=re.MULTILINE)
        stderr = re.sub(r"\(plan, [\w-]+,", "(plan, ISA,", stderr)
        stderr = re.sub(r"\((native [\d.]+), [\w-]+,", r"(\1, ISA,", stderr)
        stdout = re.sub(r'("(?:calibration_)?seconds": ?)[\d.e-]+', r"\1TIME", self.stdout)
        stdout = re.sub(r"(built in, )[\w-]+", r"\1ISA", stdout)
        if arguments[:1] == ["bench"]:
            stdout = re.sub(r"\d[\d.]* [num]?s\b", "TIME", stdout)
            stdout = re.sub(r'(_[um]s": )[\d.e-]+', r"\1TIME", stdout)
            stdout = re.sub(r'(session_bytes": )\d+', r"\1SIZE", stdout)
            stdout = re.sub(r"[\d.]+ \w?i?B of memory", "SIZE of memory", stdout)
            stdout = re.sub(r'("isa": "|runs     \d+ \()[\w-]+(?=[",])', r"\1ISA", stdout)
            stdout = re.sub(r"(native [\d.]+, )[\w-]+", r"\1ISA", stdout)
            stdout = without_machine(stdout)
            if "--rate" in arguments:  # a machine that stalls serves fewer of them
                stdout = re.sub(r"(runs     |NUMBER of )\d+\b", r"\1NUMBER", stdout)
                stdout = re.sub(r"^unserved .*\n", "", stdout, flags=re.MULTILINE)
        return (f"$ {' '.join(['slipway', *arguments])}\n--- stdout\n{stdout}--- stderr\n{stderr}"
                f"--- exit code {self.code}\n")


class Cli(unittest.TestCase):
    program = None
    update = False

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        make_files(cls.folder)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def run_and_judge(self, arguments):
        shown = Shown(self.program, self.folder, arguments)
        self.assertIn(shown.code, (0, 1, 2), f"it crashed or hung: {shown.stderr}")
        self.assertNotIn("\x1b", shown.stdout + shown.stderr)
        self.assertLess(shown.peak_bytes, MOST_BYTES)
        if shown.code != 0:
            self.assertGreater(len(shown.stdout + shown.stderr), 20, "it says nothing")
        return shown

    def test_rows(self):
        for name, arguments, code in ROWS:
            with self.subTest(name):
                shown = self.run_and_judge(arguments)
                text = shown.text(arguments)
                golden = HERE / "golden" / f"{name}.txt"
                if self.update:
                    golden.write_text(text)
                self.assertEqual(shown.code, code, text)
                expected = golden.read_text() if golden.exists() else ""
                if text != expected:
                    lines = difflib.unified_diff(expected.splitlines(), text.splitlines(), "golden", "shown",
                                                 lineterm="")
                    self.fail("\n".join(["", *lines, "to accept: cli_test.py --program PROGRAM --update"]))

    def test_every_golden_has_its_row(self):
        names = {f"{name}.txt" for name, _, _ in ROWS}
        self.assertEqual(names, {path.name for path in (HERE / "golden").iterdir()})

    def test_bad_models_never_run(self):
        for name in BAD_MODELS:
            for arguments in (["run", f"{name}.onnx", "--input", "x.npy"], ["inspect", "--json", f"{name}.onnx"]):
                with self.subTest(" ".join(arguments)):
                    shown = self.run_and_judge(arguments)
                    if arguments[0] == "run":
                        self.assertEqual(shown.code, BAD, shown.stderr)
                        self.assertTrue(shown.stderr.startswith("error: "), shown.stderr)

    def test_results_on_disk(self):
        self.run_and_judge(["run", "tiny.onnx", "--input", "x.npy", "--output", "written.npy"])
        written = (self.folder / "written.npy").read_bytes()
        expected = (self.folder / "x.npy").read_bytes()
        self.assertEqual(written[:6], b"\x93NUMPY")
        self.assertEqual(len(written) % 64, len(expected) % 64)
        self.assertEqual(struct.unpack("<6f", written[-24:]), (0, 0, 0, 5, 7, 9))

    def test_every_run_is_a_line_of_the_csv(self):
        self.run_and_judge(["bench", "tiny.onnx", "--runs", "37", "--csv", "each.csv"])
        lines = (self.folder / "each.csv").read_text().splitlines()
        self.assertEqual(lines[0], "end_s,latency_us")
        self.assertEqual(len(lines), 38)
        ends = [float(line.split(",")[0]) for line in lines[1:]]
        self.assertEqual(ends, sorted(ends))

    def test_a_soak_tells_its_stretches(self):
        shown = self.run_and_judge(["bench", "tiny.onnx", "--soak", "2s", "--csv", "soak.csv"])
        self.assertIn("soak     too short to tell a drift", shown.stdout)
        lines = (self.folder / "soak.csv").read_text().splitlines()
        self.assertEqual(lines[0], "start_s,runs,p50_us,p99_us,max_us,hottest_c,mhz")
        self.assertGreaterEqual(len(lines), 2)

    def test_a_full_disk_is_reported(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([self.program, "help"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output cannot be written", done.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    Cli.program = options.program
    Cli.update = options.update
    unittest.main(argv=[sys.argv[0]])


if __name__ == "__main__":
    main()
