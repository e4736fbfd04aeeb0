"""`slipway store` as a person and a program use it."""

import argparse
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from bundles import make_bundle, strays  # noqa: E402

OK, BAD, USAGE = 0, 1, 2
PROGRAM = None


class StoreTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-store-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.store = self.folder / "store"
        for version in ("1.0.0", "1.1.0", "1.2.0"):
            make_bundle(self.folder / version, version,
                        {"boat/model.plan": f"plan {version}".encode() * 50_000, "golden.npz": b"golden" * 1000})

    def run_store(self, *words, code=OK, environment=None, cwd=None):
        done = subprocess.run([PROGRAM, "store", *map(str, words)], capture_output=True, text=True, cwd=cwd,
                              env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        return done

    def call(self, *words, code=OK):
        return self.run_store(self.store, *words, code=code)

    def json(self, *words, code=OK):
        return json.loads(self.call(*words, "--json", code=code).stdout)

    def versions(self):
        words = ("active", "previous", "pinned", "unused", "staged")
        return {row["version"]: " ".join(word for word in words if row[word])
                for row in self.json("list")["versions"]}

    def install(self, *versions, activate=True):
        for version in versions:
            self.call("install", self.folder / version, *(["--activate"] if activate else []))

    def test_versions_come_go_and_come_back(self):
        self.install("1.0.0", "1.1.0")
        self.assertEqual(self.versions(), {"1.0.0": "previous", "1.1.0": "active"})
        self.assertIn("1.0.0 is active, 1.1.0 before it", self.call("rollback", "autopilot").stderr)
        self.install("1.2.0", activate=False)
        self.assertEqual(self.versions(), {"1.0.0": "active", "1.1.0": "previous", "1.2.0": "unused"})
        self.call("activate", "autopilot", "1.2.0")
        self.assertEqual(self.json("prune")["removed"], [{"name": "autopilot", "version": "1.1.0"}])
        self.assertEqual(self.versions(), {"1.0.0": "previous", "1.2.0": "active"})
        self.assertEqual(strays(self.store), [])

    def test_path_leads_to_the_files_of_the_active_version(self):
        self.install("1.0.0", "1.1.0")
        folder = pathlib.Path(self.call("path", "autopilot").stdout.strip())
        self.assertEqual((folder / "boat/model.plan").read_bytes(), b"plan 1.1.0" * 50_000)
        self.assertEqual(self.json("path", "autopilot")["folder"], str(folder))
        self.assertIn("autopilot 1.1.0", subprocess.run([PROGRAM, "show", folder], capture_output=True, text=True,
                                                        check=True).stdout)

    def test_shared_files_take_space_once(self):
        self.install("1.0.0")
        self.assertEqual(self.json("install", self.folder / "1.1.0")["shared_bytes"], 6000)
        objects = list((self.store / "objects").iterdir())
        self.assertEqual(len(objects), 3)
        self.assertEqual(max(path.stat().st_nlink for path in objects), 3)

    def test_a_store_can_be_installed_from(self):
        self.install("1.0.0")
        other = self.folder / "other"
        folder = self.call("path", "autopilot").stdout.strip()
        self.run_store(other, "install", folder)
        self.assertEqual(strays(other), [])

    def test_the_folder_may_come_from_the_environment(self):
        self.install("1.0.0")
        there = {"SLIPWAY_STORE": str(self.store)}
        self.assertIn("1.0.0", self.run_store("list", environment=there).stdout)
        self.assertIn("SLIPWAY_STORE", self.run_store("list", environment={"SLIPWAY_STORE": ""}, code=USAGE).stderr)

    def test_usage_errors_say_what_to_do(self):
        rows = [
            ([], "slipway store DIR"),
            (["lst"], "did you mean 'list'"),
            (["activate", "autopilot"], "NAME VERSION"),
            (["activate", "autopilot", "one"], "no version"),
            (["activate", "../x", "1.0.0"], "no name"),
            (["list", "x"], "takes no operand, not 1 operand\n"),
            (["list", "--activate"], "not for slipway store list"),
            (["prune", "autopilot"], "a version is missing"),
            (["rollback", "autopilot", "1.0.0"], "NAME"),
        ]
        self.install("1.0.0")
        for words, message in rows:
            with self.subTest(words):
                self.assertIn(message, self.call(*words, code=USAGE).stderr)

    def test_what_cannot_be_is_said(self):
        self.assertIn("there is no store", self.call("list", code=BAD).stderr)
        self.assertIn("name a .slip file or its folder", self.call("install", self.folder / "none", code=BAD).stderr)
        self.assertFalse(self.store.exists())
        self.install("1.0.0")
        self.assertIn("no version of autopilot to go back to", self.call("rollback", "autopilot", code=USAGE).stderr)
        self.assertIn("not installed", self.call("activate", "autopilot", "9.0.0", code=BAD).stderr)
        self.assertIn("no version of lidar is active", self.call("path", "lidar", code=BAD).stderr)
        self.assertIn("it is active; activate another version first", self.call("prune", "autopilot", "1.0.0", code=USAGE).stderr)
        done = self.run_store(self.folder, "install", self.folder / "1.0.0", code=USAGE)
        self.assertIn("is no store, and has", done.stderr)

    def test_a_changed_byte_is_not_installed(self):
        plan = self.folder / "1.0.0" / "boat/model.plan"
        plan.write_bytes(b"Plan" + plan.read_bytes()[4:])
        self.assertIn("its hash is another", self.call("install", self.folder / "1.0.0", code=BAD).stderr)
        self.assertEqual(self.versions(), {"1.0.0": "staged"})
        self.call("prune", "autopilot", "1.0.0")
        self.assertEqual(strays(self.store), [])

    def test_bit_rot_is_found_and_repaired(self):
        self.install("1.0.0", "1.1.0")
        plan = pathlib.Path(self.call("path", "autopilot").stdout.strip()) / "boat/model.plan"
        with open(plan, "r+b") as file:
            file.seek(70_000)
            file.write(b"X")
        said = self.call("verify", code=BAD).stderr
        self.assertIn("boat/model.plan", said)
        self.assertIn(f"slipway store {self.store} verify --repair BUNDLE, or --repository URL, replaces", said)
        self.assertFalse(self.json("verify", "autopilot", "1.1.0", code=BAD)["whole"])
        self.assertTrue(self.json("verify", "autopilot", "1.0.0")["whole"])
        self.assertIn("no source has it", self.call("verify", "--repair", self.folder / "1.2.0", code=BAD).stderr)
        self.assertIn("repaired", self.call("verify", "--repair", self.folder / "1.1.0").stderr)
        self.assertEqual(self.json("verify")["damages"], [])
        self.assertEqual(plan.read_bytes(), b"plan 1.1.0" * 50_000)

    def test_the_log_tells_and_shows_changes(self):
        self.call("install", self.folder / "1.0.0", "--reason", "rollout 7\n\x1b[31m")
        self.install("1.0.0", "1.1.0")
        log = self.json("log")
        self.assertEqual([line["action"] for line in log["lines"]], ["install", "activate", "install", "activate"])
        self.assertEqual(log["lines"][0]["reason"], "rollout 7\n\x1b[31m")
        self.assertEqual(log["problems"], [])
        done = self.call("log", "--verify")
        self.assertIn("4 lines", done.stderr)
        self.assertNotIn("\x1b", done.stdout)
        file = self.store / "log"
        good = file.read_bytes()
        for number, old, new in ((2, b"activate", b"inactive"), (4, b"1.1.0", b"1.1.1"), (1, b"rollout 7", b"rollout 8")):
            lines = good.splitlines(keepends=True)
            lines[number - 1] = lines[number - 1].replace(old, new)
            file.write_bytes(b"".join(lines))
            self.assertIn(f"line {number} was changed", self.call("log", "--verify", code=BAD).stderr)
        lines = good.splitlines(keepends=True)
        file.write_bytes(b"".join(lines[:1] + lines[2:]))
        self.assertIn("lines are missing", self.call("log", "--verify", code=BAD).stderr)
        file.write_bytes(good + good[:100])
        self.assertIn("a power cut tore them", self.call("log", "--verify").stderr)
        self.assertIn("a torn line", self.call("rollback", "autopilot").stderr)
        self.assertEqual(self.json("log")["problems"], [])

    def fill_log(self, until_bytes):
        """Writes further lines, as docs/formats/store.md has them."""
        lines = (self.store / "log").read_bytes().splitlines(keepends=True)
        before, number = json.loads(lines[-1])["sha256"], len(lines)
        size = sum(map(len, lines))
        while size < until_bytes:
            number += 1
            text = json.dumps({"line": number, "time": "2026-05-04T03:02:01Z", "action": "note", "name": "", "version": "",
                               "reason": "x" * 400, "manifest": "", "before": before}, separators=(",", ":"))[:-1]
            before = hashlib.sha256(text.encode()).hexdigest()
            lines.append(f'{text},"sha256":"{before}"}}\n'.encode())
            size += len(lines[-1])
        (self.store / "log").write_bytes(b"".join(lines))
        return number, before

    def test_a_long_log_is_two_files_that_are_shown_as_one(self):
        self.install("1.0.0", "1.1.0")
        number, last = self.fill_log(1 << 20)
        self.call("rollback", "autopilot")
        cut = json.loads((self.store / "log").read_bytes().splitlines()[0])
        self.assertEqual((cut["line"], cut["action"], cut["before"]), (number + 1, "cut", last))
        done = self.call("log", "--verify")
        self.assertIn(f"{number + 2} lines, each follows", done.stderr)
        self.assertNotIn("not kept", done.stderr)
        self.assertIn("rollback", done.stdout)
        self.assertIn("install", done.stdout)
        older = self.store / "log.1"
        good = older.read_bytes()
        older.write_bytes(good.replace(b'"install"', b'"INSTALL"', 1))
        self.assertIn("line 1 was changed", self.call("log", "--verify", code=BAD).stderr)
        older.unlink()
        self.assertIn("log.1 is missing", self.call("log", "--verify", code=BAD).stderr)
        older.write_bytes(good)
        with open(self.store / "log", "ab") as file:
            file.truncate(0)
        self.call("pin", "autopilot", "1.0.0")
        self.assertEqual(self.json("log", "--verify")["lines"][-2]["action"], "cut")

    def test_lines_of_a_log_that_was_cut_twice_are_not_kept(self):
        self.install("1.0.0", "1.1.0")
        number, _ = self.fill_log(1 << 20)
        self.call("rollback", "autopilot")
        os.replace(self.store / "log", self.store / "log.1")
        self.call("rollback", "autopilot")
        self.assertIn(f"lines before line {number + 1} are not kept", self.call("log", "--verify").stderr)
        log = self.json("log")
        self.assertEqual((log["first"], log["problems"]), (number + 1, []))
        self.assertEqual(strays(self.store), [])

    def test_another_process_is_kept_out(self):
        self.install("1.0.0")
        with open(self.store / "lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertIn("is in use", self.call("install", self.folder / "1.1.0", code=BAD).stderr)
            self.assertEqual(self.versions(), {"1.0.0": "active"})
        self.install("1.1.0")

    def test_files_do_not_lead_elsewhere(self):
        self.install("1.0.0")
        secret = self.folder / "secret"
        secret.write_text("secret")
        now = self.store / "active/autopilot/now"
        now.unlink()
        now.symlink_to(secret)
        self.call("path", "autopilot", code=BAD)
        self.install("1.1.0")
        self.assertEqual(secret.read_text(), "secret")


def main():
    global PROGRAM
    parser = argparse.ArgumentParser()
    parser.add_argument("--slipway", required=True)
    arguments, rest = parser.parse_known_args()
    PROGRAM = os.path.abspath(arguments.slipway)
    unittest.main(argv=[sys.argv[0], *rest])


main()
