"""What optimize, quantize, prune, compile, pack and unpack leave behind on a full disk and when they are killed: under the
result's name lies what was there before, or all of the new file or folder, and never a part."""

import argparse
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))

import slip  # noqa: E402

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
DIGITS, TCN = EXAMPLES / "digits", EXAMPLES / "pitwall" / "tcn.onnx"
OLD = b"what was there before"
SAMPLES = ["--samples", DIGITS / "calibration.npz"]
# Each with the files that it writes; paths without a folder are in the test's.
COMMANDS = {
    "optimize": (["optimize", TCN, "-o", "result"], ["result"]),
    "quantize": (["quantize", DIGITS / "plain.onnx", "-o", "result", "--to", "int8", *SAMPLES, "--cache", "ranges",
                  "--tensorrt-cache", "table"], ["ranges", "result", "table"]),
    "quantize halves": (["quantize", DIGITS / "plain.onnx", "-o", "result", "--to", "fp16"], ["result"]),
    "prune": (["prune", DIGITS / "plain.onnx", "-o", "result", "--ratio", "0.3"], ["result"]),
    "compile": (["compile", DIGITS / "plain.onnx", "-o", "result"], ["result"]),
}
ARTIFACTS = {"model.plan": b"plan" * 30_000, "model.onnx": b"onnx" * 5, "inputs": b"in", "outputs": b"out",
             "recipe.toml": b"#", **slip.artifacts_report("model.plan", "model.onnx", "inputs", "outputs", "recipe.toml")}
KILLS = 12  # at random moments, of each command


class WrittenFiles(unittest.TestCase):
    slipway = None
    broken_disk = None

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    @classmethod
    def setUpClass(cls):
        cls.artifacts = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        for name, content in ARTIFACTS.items():
            (cls.artifacts / name).write_bytes(content)
        cls.commands = COMMANDS | {"pack": (["pack", cls.artifacts, "-o", "result"], ["result"])}

    def start(self, arguments, environment=None, **options):
        return subprocess.Popen([self.slipway, *map(str, arguments)], cwd=self.folder, text=True,
                                env=os.environ | (environment or {}), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def run_to_end(self, arguments, **options):
        child = self.start(arguments, **options)
        _, said = child.communicate()
        return child.returncode, said

    def content(self):
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def put(self, before):
        """The folder with these files and no others."""
        for path in self.folder.iterdir():
            path.unlink()
        for name, content in before.items():
            (self.folder / name).write_bytes(content)

    def befores(self, files):
        """Nothing there, and files to be replaced. A cache that is there would be read."""
        return {}, {name: OLD for name in files if name != "ranges"}

    def whole(self, arguments, files):
        """What is written where nothing goes wrong, and the seconds that it takes."""
        self.put({})
        start = time.monotonic()
        code, said = self.run_to_end(arguments)
        self.assertEqual((code, sorted(self.content())), (0, files), said)
        return self.content(), time.monotonic() - start

    def assert_old_or_whole(self, before, whole, may_leave_parts):
        for name, content in self.content().items():
            if name.startswith(".") and name.endswith(".new"):
                self.assertTrue(may_leave_parts, f"{name} is left behind")
            else:
                self.assertIn(content, [before.get(name), whole[name]], f"{name} of {len(content)} bytes")
        self.assertLessEqual(set(before), set(self.content()))

    def assert_failed_cleanly(self, code, said, reason, before, whole):
        self.assertEqual(code, 1, said)
        self.assertIn(reason, said)
        self.assert_old_or_whole(before, whole, may_leave_parts=False)
        # What fails is not the result: it comes last.
        self.assertEqual(self.content().get("result"), before.get("result"))

    def test_files_that_may_not_grow(self):
        for name, (arguments, files) in self.commands.items():
            whole, _ = self.whole(arguments, files)
            for before in self.befores(files):
                for most in (0, 1, 4096, len(whole["result"]) // 2, len(whole["result"]) - 1):
                    with self.subTest(command=name, before=len(before), bytes=most):
                        def limit(bytes_=most):
                            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                            resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, bytes_))
                        self.put(before)
                        code, said = self.run_to_end(arguments, preexec_fn=limit)
                        self.assert_failed_cleanly(code, said, "File too large", before, whole)

    def test_every_call_to_a_full_disk(self):
        self.each_call("full", lambda code, said, before, whole: self.assert_failed_cleanly(
            code, said, "No space left on device", before, whole))

    def test_killed_in_every_call(self):
        def check(code, _said, before, whole):
            self.assertEqual(code, -signal.SIGKILL)
            self.assert_old_or_whole(before, whole, may_leave_parts=True)
        self.each_call("kill", check)

    def each_call(self, fault, check):
        if self.broken_disk is None:
            self.skipTest("nothing can be loaded before a sanitizer's runtime")
        for name, (arguments, files) in self.commands.items():
            whole, _ = self.whole(arguments, files)
            for before in self.befores(files):
                self.put(before)
                code, said = self.run_to_end(arguments, environment=self.faulty("count"))
                calls = int(said.splitlines()[-1])
                self.assertEqual((code, self.content()), (0, whole), said)
                # A write, one to the disk, one rename and one of the folder to the disk, of each file.
                self.assertGreaterEqual(calls, 4 * len(files))
                for call in range(1, calls + 1):
                    with self.subTest(command=name, before=len(before), fault=fault, call=call):
                        self.put(before)
                        code, said = self.run_to_end(arguments, environment=self.faulty(f"{fault}:{call}"))
                        is_last = call == calls  # the folder to the disk: the result has its place
                        if fault == "full" and is_last:
                            self.assertEqual((code, self.content()), (1, whole), said)
                        else:
                            check(code, said, before, whole)

    def test_unpack_makes_the_whole_folder_or_none(self):
        if self.broken_disk is None:
            self.skipTest("nothing can be loaded before a sanitizer's runtime")
        self.assertEqual(self.run_to_end(["pack", self.artifacts, "-o", "x.slip"])[0], 0)
        whole = {f"default/f32/{name}": content for name, content in ARTIFACTS.items()}
        for fault in ("full", "kill"):
            calls = 0
            for call in range(1, 100):
                folder = self.folder / f"{fault}-{call}"
                code, said = self.run_to_end(["unpack", "x.slip", "-o", folder.name],
                                             environment=self.faulty(f"{fault}:{call}"))
                if code == 0:
                    break
                calls = call
                with self.subTest(fault=fault, call=call):
                    self.assertEqual(code, -signal.SIGKILL if fault == "kill" else 1, said)
                    parts = [path for path in self.folder.iterdir() if path.name.startswith(".")]
                    self.assertLessEqual(len(parts), 1 if fault == "kill" else 0)
                    for part in parts:
                        shutil.rmtree(part)
                    if folder.exists():
                        self.assertEqual({str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
                                          if path.is_file() and path.name != "manifest.json"}, whole)
                        last = call  # only the folder around it was not yet on disk
            # A write and one to the disk of each of 7 files, then 3 folders, one rename, one folder.
            self.assertGreaterEqual(calls, 19)
            self.assertEqual(last, calls)
            print(f"unpack, {fault}: {calls} calls")

    def faulty(self, fault):
        return {"LD_PRELOAD": str(self.broken_disk), "SLIPWAY_FAULT": fault}

    def test_killed_at_random_moments(self):
        seed = random.SystemRandom().getrandbits(32)
        print(f"seed {seed}", flush=True)
        chance = random.Random(seed)
        for name, (arguments, files) in self.commands.items():
            whole, seconds = self.whole(arguments, files)
            for turn in range(KILLS):
                before = self.befores(files)[turn % 2]
                self.put(before)
                with self.subTest(command=name, turn=turn):
                    child = self.start(arguments)
                    time.sleep(chance.uniform(0, 1.1 * seconds))
                    child.send_signal(signal.SIGKILL)
                    _, said = child.communicate()
                    self.assertIn(child.returncode, (0, -signal.SIGKILL), said)
                    self.assert_old_or_whole(before, whole, may_leave_parts=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slipway", required=True, type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--broken-disk", type=lambda path: pathlib.Path(path).resolve())
    arguments = parser.parse_args()
    WrittenFiles.slipway, WrittenFiles.broken_disk = arguments.slipway, arguments.broken_disk
    unittest.main(argv=[sys.argv[0]])


if __name__ == "__main__":
    main()
