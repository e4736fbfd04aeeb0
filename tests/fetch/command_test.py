"""`slipway fetch` against the server of server.py, and against files."""

import argparse
import hashlib
import json
import os
import pathlib
import pty
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

from server import content  # noqa: E402

SIZE = 200_000


def environment():
    kept = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
    return {**kept, "NO_COLOR": "1", "COLUMNS": "100"}


class FetchTest(unittest.TestCase):
    program = None

    @classmethod
    def setUpClass(cls):
        cls.server = subprocess.Popen([sys.executable, "-B", str(HERE / "server.py")], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
        cls.of_server = {}
        while "ready" not in cls.of_server:
            name, value = cls.server.stdout.readline().split()
            cls.of_server[name] = value

    @classmethod
    def tearDownClass(cls):
        cls.server.stdin.close()
        cls.server.wait()
        cls.server.stdout.close()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="fetch-command-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def http(self, path):
        return f"http://127.0.0.1:{self.of_server['http']}{path}"

    def https(self, path):
        return f"https://localhost:{self.of_server['https']}{path}"

    def fetch(self, *words, code=0):
        done = subprocess.run([self.program, "fetch", *words], cwd=self.folder, env=environment(), text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())

    def requests(self, path):
        self.fetch(self.http("/requests?of=" + path), "-o", "requests")
        text = (self.folder / "requests").read_text()
        (self.folder / "requests").unlink()
        return text

    def test_a_file_with_its_hash(self):
        right = content("/model.slip", SIZE)
        done = self.fetch(self.http("/model.slip"), "-o", "model.slip", "--sha256",
                          hashlib.sha256(right).hexdigest().upper())
        self.assertEqual((self.folder / "model.slip").read_bytes(), right)
        self.assertEqual(self.names(), ["model.slip"])
        self.assertIn("200,000 bytes; it has the SHA-256 that was expected", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_json(self):
        done = self.fetch(self.http("/model.slip?token=se_cret").replace("127", "robot:se_cret@127"), "-o", "m", "--json")
        told = json.loads(done.stdout)
        self.assertEqual(told["bytes"], SIZE)
        self.assertEqual(told["sha256"], hashlib.sha256(content("/model.slip", SIZE)).hexdigest())
        self.assertFalse(told["verified"])
        self.assertNotIn("se_cret", done.stdout + done.stderr)

    def test_a_wrong_hash_leaves_nothing_and_what_was_there_stays(self):
        (self.folder / "model.slip").write_text("the old one")
        done = self.fetch(self.http("/model.slip"), "-o", "model.slip", "--sha256", "0" * 64, code=1)
        self.assertIn("its SHA-256 is", done.stderr)
        self.assertEqual((self.folder / "model.slip").read_text(), "the old one")
        self.assertEqual(self.names(), ["model.slip"])

    def test_an_interrupted_fetch_goes_on(self):
        words = (self.http("/cut?break=70000&times=1"), "-o", "cut")
        done = self.fetch(*words, "--retries", "0", code=1)
        self.assertIn("(70000 bytes) is kept in cut.part", done.stderr)
        self.assertEqual(self.names(), ["cut.part", "cut.part.from"])
        done = self.fetch(*words)
        self.assertIn("70,000 of them from before", done.stderr)
        self.assertEqual((self.folder / "cut").read_bytes(), content("/cut", SIZE))
        self.assertEqual(self.names(), ["cut"])
        self.assertEqual(self.requests("/cut").count("Range: bytes=70000-; If-Range: \"v0\""), 1)

    def test_a_killed_fetch_goes_on(self):
        url = self.http("/killed?drip=1&times=1")
        child = subprocess.Popen([self.program, "fetch", url, "-o", "killed"], cwd=self.folder, env=environment(),
                                 stderr=subprocess.DEVNULL)
        part = self.folder / "killed.part"
        while not part.exists() or part.stat().st_size < 5:
            self.assertIsNone(child.poll())
            time.sleep(0.01)
        second = self.fetch(url, "-o", "killed", code=1)
        self.assertIn("in use", second.stderr)
        child.send_signal(signal.SIGKILL)
        child.wait()
        there = part.stat().st_size
        done = self.fetch(url, "-o", "killed")
        self.assertIn(f"{there} of them from before", done.stderr)
        self.assertEqual((self.folder / "killed").read_bytes(), content("/killed", SIZE))

    def test_a_part_of_another_version_of_another_source_or_of_nobody_knows_what_is_not_used(self):
        cut = self.http("/first?break=70000&times=1&change=1")
        self.fetch(cut, "-o", "new", "--retries", "0", code=1)
        self.fetch(cut, "-o", "new")
        self.assertEqual((self.folder / "new").read_bytes(), content("/first", SIZE, 1))

        self.fetch(self.http("/second?break=70000"), "-o", "other", "--retries", "0", code=1)
        self.fetch(self.http("/third"), "-o", "other")
        self.assertEqual((self.folder / "other").read_bytes(), content("/third", SIZE))

        for record in (None, b"", b"slipway part 1\n", os.urandom(4000), b"x" * 5000):
            (self.folder / "x.part").write_bytes(b"from somewhere")
            if record is not None:
                (self.folder / "x.part.from").write_bytes(record)
            self.fetch(self.http("/fourth"), "-o", "x")
            self.assertEqual((self.folder / "x").read_bytes(), content("/fourth", SIZE))
        self.assertEqual(self.names(), ["new", "other", "x"])

    def test_a_damaged_part_costs_a_second_fetch_and_no_more(self):
        url = self.http("/damaged?break=70000&times=1")
        right = content("/damaged", SIZE)
        words = (url, "-o", "damaged", "--sha256", hashlib.sha256(right).hexdigest())
        self.fetch(*words, "--retries", "0", code=1)
        part = self.folder / "damaged.part"
        part.write_bytes(bytes(len(part.read_bytes())))
        self.fetch(*words)
        self.assertEqual((self.folder / "damaged").read_bytes(), right)
        self.assertEqual(self.requests("/damaged").count("\n"), 3)

    def test_another_server_goes_on_where_the_hash_is_known(self):
        right = content("/mirrored", SIZE)
        words = ("-o", "m", "--sha256", hashlib.sha256(right).hexdigest())
        self.fetch(self.http("/mirrored?break=70000&times=1"), *words, "--retries", "0", code=1)
        done = self.fetch(self.https("/mirrored"), *words, "--ca", self.of_server["ca"])
        self.assertIn("70,000 of them from before", done.stderr)
        self.assertEqual((self.folder / "m").read_bytes(), right)

    def test_after_a_power_cut_only_what_was_on_disk_is_used(self):
        url = self.http("/power?break=70000&times=1")
        self.fetch(url, "-o", "p", "--retries", "0", code=1)
        record = self.folder / "p.part.from"
        lines = record.read_text().split("\n")
        self.assertEqual(lines[5], "70000")
        lines[4], lines[5] = "another boot", "50000"
        record.write_text("\n".join(lines))
        part = self.folder / "p.part"
        part.write_bytes(part.read_bytes()[:50_000] + bytes(20_000))  # what was not synced came back as zeros
        done = self.fetch(url, "-o", "p")
        self.assertIn("50,000 of them from before", done.stderr)
        self.assertEqual((self.folder / "p").read_bytes(), content("/power", SIZE))

    def test_https_by_a_proxy(self):
        done = self.fetch(self.https("/s"), "-o", "s", code=1)
        self.assertIn("cannot be trusted", done.stderr)
        self.fetch(self.https("/s"), "-o", "s", "--ca", self.of_server["ca"], "--proxy",
                   f"http://127.0.0.1:{self.of_server['proxy']}")
        self.assertEqual((self.folder / "s").read_bytes(), content("/s", SIZE))
        self.assertIn("CONNECT localhost", self.requests("/proxy"))

    def test_a_folder_of_this_machine(self):
        (self.folder / "stick").mkdir()
        (self.folder / "stick" / "a b").write_bytes(b"bytes")
        for url in ("stick/a b", f"file://{self.folder}/stick/a%20b"):
            self.fetch(url, "-o", "copy")
            self.assertEqual((self.folder / "copy").read_bytes(), b"bytes")
            (self.folder / "copy").unlink()
        os.mkfifo(self.folder / "stick" / "pipe")
        self.assertIn("not a regular file", self.fetch("stick/pipe", "-o", "copy", code=1).stderr)
        self.assertIn("No such file", self.fetch("stick/absent", "-o", "copy", code=1).stderr)
        self.assertEqual(self.names(), ["stick"])

    def test_more_bytes_than_accepted(self):
        done = self.fetch(self.http("/long"), "-o", "long", "--most-bytes", "199k", code=1)
        self.assertIn("200000 bytes, more than the 199000 accepted", done.stderr)
        done = self.fetch(self.http("/endless?endless=chunked"), "-o", "long", "--most-bytes", "1M", code=1)
        self.assertIn("goes on after the 1000000 bytes", done.stderr)
        self.assertEqual(self.names(), [])

    def test_not_there(self):
        done = self.fetch(self.http("/absent?status=404"), "-o", "absent", code=1)
        self.assertIn("the server answers 404: there is no such file", done.stderr)
        self.assertEqual(self.names(), [])

    def test_where_nothing_can_be_written(self):
        (self.folder / "folder").mkdir()
        os.symlink("/etc/passwd", self.folder / "trap.part")
        self.assertIn("is a folder", self.fetch(self.http("/x"), "-o", "folder", code=2).stderr)
        self.assertIn("no name of a file", self.fetch(self.http("/x"), "-o", "folder/", code=2).stderr)
        self.assertIn("No such file", self.fetch(self.http("/x"), "-o", "absent/x", code=1).stderr)
        self.assertIn("cannot write trap.part", self.fetch(self.http("/x"), "-o", "trap", code=1).stderr)
        self.assertIn("not a regular file", self.fetch(self.http("/x"), "-o", "/dev/null", code=2).stderr)

    def test_usage(self):
        for words in (["http://x"], [], ["-o", "x"], ["http://x", "y", "-o", "x"], ["s3://x", "-o", "x"],
                      ["http://x", "-o", "x", "--limit", "fast"], ["http://x", "-o", "x", "--limit", "0"],
                      ["http://x", "-o", "x", "--limit", "9223372036854775807G"], ["http://x", "-o", "x", "--sha256", "ab"],
                      ["http://x", "-o", "x", "--retries", "-1"], ["http://x", "-o", "x", "--proxy", "ftp://x"],
                      ["http://x", "-o", "x", "--ca", "absent.pem"], ["http://x", "-o", "x", "--most-bytes", ""]):
            self.fetch(*words, code=2)
            self.assertEqual(self.names(), [], words)

    def test_progress_is_shown_on_a_terminal_only(self):
        words = [self.program, "fetch", self.http("/shown?drip=1&size=20"), "-o", "shown"]
        self.assertNotIn("fetched", self.fetch(*words[2:]).stderr)
        ours, theirs = pty.openpty()
        child = subprocess.Popen(words, cwd=self.folder, env=environment(), stdin=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        os.close(ours)
        self.assertEqual(child.wait(), 0)
        self.assertRegex(shown.decode(), r"\r\x1b\[Kfetched \d+ B of 20 B, \d+ %")
        self.assertRegex(shown.decode(), r"\r\x1b\[Kshown: 20 bytes; SHA-256 [0-9a-f]{64}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    options, rest = parser.parse_known_args()
    FetchTest.program = str(pathlib.Path(options.program).resolve())
    unittest.main(argv=[sys.argv[0], *rest])
