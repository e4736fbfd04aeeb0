"""`slipway fetch` against nginx and Apache, as far as they are installed: ranges and conditions as real servers have them."""

import argparse
import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

SIZE = 3_000_000
NGINX = """
daemon off; master_process off; pid {top}/pid; error_log {top}/error.log; {user}
events {{ worker_connections 64; }}
http {{
  log_format short '$status $http_range';
  access_log {top}/access.log short;
  client_body_temp_path {top}/t1; proxy_temp_path {top}/t2; fastcgi_temp_path {top}/t3;
  uwsgi_temp_path {top}/t4; scgi_temp_path {top}/t5;
  server {{ listen 127.0.0.1:{port}; root {top}/www; }}
}}
"""
APACHE = """
ServerRoot {top}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {top}/pid
ErrorLog {top}/error.log
DefaultRuntimeDir {top}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
DocumentRoot {top}/www
LogFormat "%>s %{{Range}}i" short
CustomLog {top}/access.log short
{user}
"""


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class RealServer:
    """The tests, for the server that a subclass starts."""

    program = None

    @classmethod
    def setUpClass(cls):
        found = shutil.which(cls.server, path=os.environ["PATH"] + ":/usr/sbin")
        if found is None:
            raise unittest.SkipTest(f"{cls.server} is not installed ({cls.package})")
        cls.top = pathlib.Path(tempfile.mkdtemp(prefix="fetch-real-"))
        cls.top.chmod(0o755)  # a server that root starts reads as somebody else
        (cls.top / "www").mkdir()
        cls.port = free_port()
        user = cls.user if os.geteuid() == 0 else ""
        (cls.top / "config").write_text(cls.config.format(top=cls.top, port=cls.port, user=user))
        words = [word.format(top=cls.top) for word in cls.words]
        cls.child = subprocess.Popen([found, *words], stdin=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", cls.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError((cls.top / "error.log").read_text())

    @classmethod
    def tearDownClass(cls):
        cls.child.send_signal(signal.SIGTERM)
        cls.child.wait()
        shutil.rmtree(cls.top)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fetch-to-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.seen = 0
        self.answers()

    def put(self, name, seed, modified=1_600_000_000):
        data = random.Random(seed).randbytes(SIZE)
        path = self.top / "www" / name
        path.write_bytes(data)
        os.utime(path, (modified, modified))
        return data

    def command(self, name, *words):
        return [self.program, "fetch", f"http://127.0.0.1:{self.port}/{name}", "-o", "file", "--proxy", "", *words]

    def fetch(self, name, *words, code=0):
        done = subprocess.run(self.command(name, *words), cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def interrupt(self, name):
        """A fetch that is killed; how many bytes it left."""
        child = subprocess.Popen(self.command(name, "--limit", "1M"), cwd=self.folder, stderr=subprocess.DEVNULL)
        part = self.folder / "file.part"
        while not part.exists() or part.stat().st_size < 100_000:
            self.assertIsNone(child.poll())
            time.sleep(0.005)
        child.kill()
        child.wait()
        return part.stat().st_size

    def answers(self):
        """What the server logged since the last time."""
        log = self.top / "access.log"
        text = log.read_text() if log.exists() else ""
        lines = text.splitlines()[self.seen:]
        self.seen += len(lines)
        return lines

    def wait_for_answers(self, count):
        lines = []
        for _ in range(200):
            lines += self.answers()
            if len(lines) >= count:
                return lines
            time.sleep(0.02)
        self.fail(f"{lines} are not {count} answers")

    def test_goes_on(self):
        data = self.put("same", 1)
        there = self.interrupt("same")
        told = self.fetch("same", "--sha256", hashlib.sha256(data).hexdigest())
        self.assertIn(f"{there:,} of them from before", told)
        self.assertEqual((self.folder / "file").read_bytes(), data)
        self.assertIn(f"206 bytes={there}-", self.wait_for_answers(2))

    def test_a_changed_file_starts_over(self):
        self.put("changed", 2)
        there = self.interrupt("changed")
        data = self.put("changed", 3, modified=1_600_000_001)
        told = self.fetch("changed")
        self.assertNotIn("from before", told)
        self.assertEqual((self.folder / "file").read_bytes(), data)
        self.assertIn(f"200 bytes={there}-", self.wait_for_answers(2))

    def test_a_file_that_is_all_there(self):
        data = self.put("whole", 4)
        self.interrupt("whole")
        (self.folder / "file.part").write_bytes(data)
        told = self.fetch("whole")
        self.assertIn(f"{SIZE:,} of them from before", told)
        self.assertEqual((self.folder / "file").read_bytes(), data)
        self.assertIn(f"416 bytes={SIZE}-", self.wait_for_answers(2))

    def test_a_part_that_is_longer_than_the_file(self):
        data = self.put("longer", 5)
        self.interrupt("longer")
        (self.folder / "file.part").write_bytes(data + b"more")
        self.fetch("longer")
        self.assertEqual((self.folder / "file").read_bytes(), data)
        self.assertIn(f"416 bytes={SIZE + 4}-", self.wait_for_answers(3))

    def test_not_there(self):
        self.assertRegex(self.fetch("absent", code=1), re.escape("the server answers 404"))
        self.assertEqual(list(self.folder.iterdir()), [])


class NginxTest(RealServer, unittest.TestCase):
    server, package, config, user = "nginx", "nginx-light", NGINX, "user root root;"
    words = ("-c", "{top}/config", "-e", "{top}/error.log")


class ApacheTest(RealServer, unittest.TestCase):
    server, package, config, user = "apache2", "apache2-bin", APACHE, "User nobody\nGroup nogroup"
    words = ("-f", "{top}/config", "-D", "FOREGROUND")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    options, rest = parser.parse_known_args()
    RealServer.program = str(pathlib.Path(options.program).resolve())
    unittest.main(argv=["real_server_test", *rest])
