"""From a publisher's folder to a device's disk: slipway publish, a web server, slipway store; and what goes wrong on the way.

usage: delivery_test.py SLIPWAY SLIPWAY_TUF
"""

import contextlib
import functools
import http.server
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "store"))

import bundles  # noqa: E402

PROGRAMS = {}
MODEL = random.Random(11).randbytes(300_000)


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, counts what leaves it."""

    def log_message(self, *arguments):
        pass

    def copyfile(self, source, outputfile):
        content = source.read()
        self.server.sent += len(content)
        outputfile.write(content)


class DeliveryTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.environment = {**os.environ, "SLIPWAY_PASSPHRASE": "correct horse"}
        self.repository = self.folder / "repository"
        self.repository.mkdir()
        handler = functools.partial(Handler, directory=str(self.repository))
        self.server = self.enterContext(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))
        self.server.sent = 0
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.shutdown)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.run_ok("slipway", "keys", "new", "keys")
        self.publish("1.0.0", MODEL)
        self.run_ok("slipway-tuf", "--metadata-dir", "trusted", "init", "repository/metadata/1.root.json")

    def run_it(self, program, *words):
        return subprocess.run([PROGRAMS[program], *map(str, words)], cwd=self.folder, env=self.environment, text=True,
                              capture_output=True, timeout=120, check=False)

    def run_ok(self, program, *words):
        done = self.run_it(program, *words)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def run_bad(self, program, *words):
        done = self.run_it(program, *words)
        self.assertEqual(done.returncode, 1, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def publish(self, version, model):
        folder = self.folder / f"bundle-{version}"
        bundles.make_bundle(folder, version, {"model.plan": model, "notes.txt": version.encode()})
        return self.run_ok("slipway", "publish", folder, "--to", "repository", "--keys", "keys")

    def from_repository(self, *words, url=None):
        return ("store", "robot", *words, "--repository", url or self.url, "--metadata-dir", "trusted", "--retries", "0")

    def install(self, *words):
        return self.run_ok("slipway", *self.from_repository("install", "autopilot", *words))

    def active(self):
        return self.run_ok("slipway", "store", "robot", "path", "autopilot").strip()

    def damage(self, path, place=0):
        content = bytearray(path.read_bytes())
        content[place] ^= 1
        path.unlink()  # it may be a name of others
        path.write_bytes(content)

    def test_the_newest_version_comes_as_it_was_published(self):
        self.publish("1.10.0", MODEL[::-1])
        self.install("--activate")
        self.assertEqual((self.folder / self.active() / "model.plan").read_bytes(), MODEL[::-1])
        self.assertIn("1.10.0", self.active())
        self.install("1.0.0")

    def test_only_what_changed_travels(self):
        self.install("--activate")
        changed = bytearray(MODEL)
        changed[1000:1004] = b"tuna"
        said = self.publish("1.1.0", bytes(changed))
        self.assertIn("in place of 293 KiB", said)
        self.server.sent = 0
        self.assertIn("came as deltas in place of 293 KiB", self.install("--activate"))
        self.assertLess(self.server.sent, 10_000)
        self.assertEqual((self.folder / self.active() / "model.plan").read_bytes(), changed)
        self.run_ok("slipway", "store", "robot", "verify")

    def test_a_damaged_delta_costs_only_its_bytes(self):
        self.install("--activate")
        changed = MODEL[:-1] + b"x"
        self.publish("1.1.0", changed)
        delta, = [path for path in (self.repository / "targets/deltas").rglob("*") if path.is_file()]
        self.damage(delta, delta.stat().st_size // 2)
        self.assertIn("of deltas were good for nothing", self.install("--activate"))
        self.assertEqual((self.folder / self.active() / "model.plan").read_bytes(), changed)

    def test_a_usb_stick_is_a_repository(self):
        shutil.copytree(self.repository, self.folder / "stick")
        for url in ("stick", f"file://{self.folder}/stick"):
            self.run_ok("slipway", *self.from_repository("install", "autopilot", url=url))
            shutil.rmtree(self.folder / "robot")

    def rot(self, *versions):
        """Changes a byte of each version's network on the device's disk."""
        for version in versions:
            path, = (self.folder / "robot").glob(f"versions/autopilot/{version}/bundle/model.plan")
            content = bytearray(path.read_bytes())
            content[7] ^= 1
            path.chmod(0o644)
            path.write_bytes(content)  # in place: the object has it, too

    def models(self, *versions):
        return [(self.folder / f"robot/versions/autopilot/{version}/bundle/model.plan").read_bytes() for version in versions]

    def install_three(self):
        models = [MODEL, MODEL[::-1], MODEL[::2]]
        for version, model in zip(("1.1.0", "1.2.0"), models[1:]):
            self.publish(version, model)
        for version in ("1.0.0", "1.1.0", "1.2.0"):
            self.install(version)
        return models

    def verify(self, *words):
        return self.from_repository("verify", *words)

    def test_bit_rot_is_repaired_from_the_repository(self):
        self.install("--activate")
        self.rot("1.0.0")
        self.assertIn("model.plan", self.run_bad("slipway", "store", "robot", "verify"))
        self.run_ok("slipway", *self.verify("autopilot", "1.0.0"))
        self.run_ok("slipway", "store", "robot", "verify")
        self.assertEqual((self.folder / self.active() / "model.plan").read_bytes(), MODEL)

    def test_several_versions_are_repaired_at_once(self):
        models = self.install_three()
        self.rot("1.0.0", "1.2.0")
        for words in ((), ("autopilot",)):
            self.server.sent = 0
            said = self.run_ok("slipway", *self.verify(*words))
            self.assertEqual(said.count("repaired  autopilot"), 0 if words else 2)
            self.assertEqual(self.models("1.0.0", "1.1.0", "1.2.0"), models)
        self.assertEqual(self.server.sent, 0, "where nothing is damaged nobody is asked")

    def test_a_version_that_the_repository_has_no_more_is_named(self):
        models = self.install_three()
        self.run_ok("slipway", "publish", "--to", "repository", "--keys", "keys", "--withdraw",
                    "autopilot/1.0.0/manifest.json")
        self.rot("1.0.0", "1.1.0")
        said = self.run_bad("slipway", *self.verify())
        self.assertIn("not repaired: the repository has autopilot 1.0.0 no more: take it from its file, --repair BUNDLE", said)
        self.assertEqual(self.models("1.1.0"), models[1:2])
        self.run_ok("slipway", *self.verify(), "--repair", "bundle-1.0.0")
        self.assertEqual(self.models("1.0.0"), models[:1])

    def test_a_repository_that_does_not_answer_is_told_once(self):
        self.install_three()
        self.rot("1.0.0", "1.1.0")
        said = self.run_bad("slipway", *self.from_repository("verify", url="http://127.0.0.1:9"))
        self.assertEqual(said.count("127.0.0.1:9"), 1, said)
        self.assertEqual(said.count("not repaired: nothing can be had from the repository"), 2, said)

    def log(self):
        lines = json.loads(self.run_it("slipway", "store", "robot", "log", "--verify", "--json").stdout)["lines"]
        return [(line["action"], line["reason"]) for line in lines]

    def test_a_clock_that_was_not_believed_is_in_the_log(self):
        (self.folder / "trusted/clock").write_text("2029-01-01T00:00:00Z\n")
        self.run_bad("slipway", *self.from_repository("install", "autopilot"))  # expired by then
        self.run_ok("slipway", "refresh-timestamp", "--to", "repository", "--keys", "keys")
        (self.folder / "trusted/clock").write_text(
            time.strftime("%Y-%m-%dT%H:%M:%SZ\n", time.gmtime(time.time() + 86400)))
        self.install("--activate")
        actions = self.log()
        self.assertEqual([action for action, _ in actions], ["clock", "install", "activate"])
        self.assertIn("this device's clock is wrong: it says", actions[0][1])

    def expire(self):
        """What this device keeps has expired two hours ago, by its own clock."""
        self.run_ok("slipway", "publish", "--to", "repository", "--keys", "keys", "--timestamp-expires", "1h")
        self.install("--activate")
        later = time.strftime("%Y-%m-%dT%H:%M:%SZ\n", time.gmtime(time.time() + 3 * 3600))
        (self.folder / "trusted/clock").write_text(later)

    def test_grace_is_bounded_and_in_the_log(self):
        self.expire()
        self.rot("1.0.0")
        said = self.run_bad("slipway", *self.verify())
        self.assertIn("timestamp version 2 expired", said)
        self.assertIn("even with --offline-grace", self.run_bad("slipway", *self.verify(), "--offline-grace", "1h"))
        self.run_ok("slipway", *self.verify(), "--offline-grace", "12h")
        self.assertEqual(self.models("1.0.0"), [MODEL])
        self.assertIn("--offline-grace is at most 90d", self.run_it("slipway", *self.verify(), "--offline-grace", "91d").stderr)
        actions = self.log()
        self.assertEqual([action for action, _ in actions][:-1], ["install", "activate", "clock", "grace"])
        self.assertIn("offline grace used, of 12 hours: timestamp version 2 expired", actions[-2][1])
        self.assertEqual(actions[-1][0], "repair")

    def test_grace_installs_from_a_stick(self):
        self.publish("1.1.0", MODEL[::-1])
        self.expire()
        self.run_ok("slipway", *self.from_repository("install", "autopilot", "1.0.0", url="repository"), "--offline-grace", "7d")
        self.assertEqual(self.models("1.0.0", "1.1.0"), [MODEL, MODEL[::-1]])
        self.assertIn("grace", [action for action, _ in self.log()])

    # Attacks: what is active stays, and is whole.

    @contextlib.contextmanager
    def attack(self, says):
        """What stands in its block happens between a publication and its installation."""
        self.install("1.0.0", "--activate")
        self.publish("2.0.0", MODEL[::-1])
        yield
        self.assertIn(says, self.run_bad("slipway", *self.from_repository("install", "autopilot", "--activate")))
        self.assertIn("1.0.0", self.active())
        self.run_ok("slipway", "store", "robot", "verify")

    def newest_objects(self):
        return sorted((path for path in (self.repository / "targets/objects").rglob("*") if path.is_file()),
                      key=lambda path: path.stat().st_mtime_ns)[-2:]

    def test_a_changed_payload_byte(self):
        with self.attack("autopilot 2.0.0 of the repository"):
            for path in self.newest_objects():
                self.damage(path, path.stat().st_size - 1)

    def test_a_payload_that_is_longer(self):
        with self.attack("more than the"):
            for path in self.newest_objects():
                path.write_bytes(path.read_bytes() + b"x")

    def test_swapped_manifests(self):
        with self.attack("is not what was signed for"):
            old, = self.repository.glob("targets/autopilot/1.0.0/*.manifest.json")
            new, = self.repository.glob("targets/autopilot/2.0.0/*.manifest.json")
            new.write_bytes(old.read_bytes().replace(b"1.0.0", b"2.0.0"))

    def test_a_manifest_of_another_size(self):
        with self.attack("manifest.json"):
            new, = self.repository.glob("targets/autopilot/2.0.0/*.manifest.json")
            new.write_bytes(new.read_bytes() + b" " * 100_000)

    def test_a_replayed_timestamp(self):
        self.publish("1.5.0", MODEL)
        self.install("1.0.0", "--activate")
        old = (self.repository / "metadata/timestamp.json").read_bytes()
        self.publish("2.0.0", MODEL[::-1])
        self.install("1.5.0")  # the device has seen the new one
        (self.repository / "metadata/timestamp.json").write_bytes(old)
        said = self.run_bad("slipway", *self.from_repository("install", "autopilot"))
        self.assertIn("is being replayed", said)
        self.assertIn("1.0.0", self.active())

    def test_a_timestamp_signed_by_others(self):
        with self.attack("is signed by 0 of the 1"):
            path = self.repository / "metadata/timestamp.json"
            path.write_text(path.read_text().replace('"version": 2', '"version": 3'))

    def test_a_server_that_is_gone(self):
        self.install("--activate")
        said = self.run_bad("slipway", *self.from_repository("install", "autopilot", url="http://127.0.0.1:9"))
        self.assertIn("again later", said)
        self.assertIn("1.0.0", self.active())

    def test_a_device_that_trusts_nothing_yet(self):
        done = self.run_it("slipway", "store", "robot", "install", "autopilot", "--repository", self.url, "--metadata-dir",
                           "nothing")
        self.assertEqual(done.returncode, 1)
        self.assertIn("trusts no repository yet", done.stderr)


if __name__ == "__main__":
    PROGRAMS.update({"slipway": str(pathlib.Path(sys.argv[1]).resolve()), "slipway-tuf": str(pathlib.Path(sys.argv[2]).resolve())})
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
