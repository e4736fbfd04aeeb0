"""Runs slipway and slipway-tuf, and serves folders over HTTP."""

import contextlib
import functools
import http.server
import os
import pathlib
import subprocess
import tempfile
import threading
import unittest

PASSPHRASE = "correct horse"


def environment(**more):
    kept = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
    return {**kept, "NO_COLOR": "1", "COLUMNS": "120", **more}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(folder):
    """The folder behind a web server of its own: yields its URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class PublishingTest(unittest.TestCase):
    slipway = None
    client = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="publishing-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.repository = self.folder / "repository"
        self.keys = self.folder / "keys"
        self.devices = 0

    def run_slipway(self, *words, code=0, **env):
        env.setdefault("SLIPWAY_PASSPHRASE", PASSPHRASE)
        done = subprocess.run([self.slipway, *map(str, words)], cwd=self.folder, env=environment(**env), text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, start_new_session=True)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}{done.stderr}")
        self.assertNotIn(PASSPHRASE, done.stdout + done.stderr)
        return done

    def file(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def new_keys(self, *options):
        return self.run_slipway("keys", "new", self.keys, *options)

    def publish(self, *words, code=0, **env):
        return self.run_slipway("publish", *words, "--to", self.repository, "--keys", self.keys, code=code, **env)

    def rotate(self, role, *options, code=0):
        return self.run_slipway("keys", "rotate", role, self.keys, "--repository", self.repository, *options, code=code)

    def device(self, root=None):
        """A device that has trusted a root: its folder."""
        self.devices += 1
        device = self.folder / f"device{self.devices}"
        (device / "files").mkdir(parents=True)
        self.run_client(device, "init", root or self.repository / "metadata" / "1.root.json")
        return device

    def run_client(self, device, *words, code=0, url=None):
        command = [self.client, "--metadata-dir", device / "trusted"]
        if url:
            command += ["--metadata-url", f"{url}/metadata"]
        done = subprocess.run([*map(str, command), *map(str, words)], env=environment(), text=True,
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def download(self, device, url, *targets, code=0):
        names = [word for target in targets for word in ("--target-name", target)]
        return self.run_client(device, *names, "--target-base-url", f"{url}/targets", "--target-dir",
                               device / "files", "download", code=code, url=url)
