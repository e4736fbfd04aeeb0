"""slipway keys, publish, refresh-timestamp and sign, as a person uses them.

usage: commands_test.py SLIPWAY SLIPWAY-TUF
"""

import hashlib
import hmac
import json
import os
import pty
import select
import shutil
import stat
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "cli"))

import slip  # noqa: E402
from publishing import PASSPHRASE, PublishingTest, environment, served  # noqa: E402


class KeysTest(PublishingTest):
    def listed(self, *options):
        return json.loads(self.run_slipway("keys", "list", self.keys, *options, "--json").stdout)

    def test_new_makes_a_key_for_each_role_and_a_signed_root(self):
        done = self.new_keys()
        self.assertIn("root.pem belongs offline", done.stderr)
        keys = self.listed()["keys"]
        self.assertEqual([key["file"] for key in keys], ["root.pem", "targets.pem", "snapshot.pem", "timestamp.pem"])
        self.assertTrue(all(key["encrypted"] and key["root_names_it"] for key in keys))
        for key in keys:
            mode = (self.keys / key["file"]).stat().st_mode
            self.assertEqual(stat.S_IMODE(mode), 0o600)
        root = json.loads((self.keys / "root.json").read_text())
        self.assertEqual(root["signed"]["roles"]["root"]["keyids"], [keys[0]["key_id"]])

    def test_other_tools_read_the_files(self):
        for kind in ("ed25519", "ecdsa", "rsa"):
            with self.subTest(kind):
                keys = self.folder / kind
                self.run_slipway("keys", "new", keys, "--kind", kind)
                done = subprocess.run(["openssl", "pkey", "-in", keys / "targets.pem", "-passin",
                                       f"pass:{PASSPHRASE}", "-noout", "-check"], capture_output=True, text=True)
                if "not supported" not in done.stderr and "operation not supported" not in done.stderr:
                    self.assertEqual(done.returncode, 0, done.stderr)
                wrong = subprocess.run(["openssl", "pkey", "-in", keys / "targets.pem", "-passin", "pass:other",
                                        "-noout"], capture_output=True, text=True)
                self.assertNotEqual(wrong.returncode, 0)

    def test_keys_are_not_overwritten(self):
        self.new_keys()
        before = (self.keys / "root.pem").read_bytes()
        done = self.run_slipway("keys", "new", self.keys, code=2)
        self.assertIn("holds keys already", done.stderr)
        self.assertEqual((self.keys / "root.pem").read_bytes(), before)

    def test_what_makes_no_sense_is_refused(self):
        for words, said in ((("keys",), "say what to do with keys"),
                            (("keys", "rotat", "root", "keys"), "did you mean 'rotate'?"),
                            (("keys", "new"), "slipway keys new DIR"),
                            (("keys", "new", "a", "--roots", "2", "--threshold", "3"), "no root could ever be signed"),
                            (("keys", "new", "a", "--kind", "dsa"), "is not one of ed25519, ecdsa and rsa"),
                            (("keys", "new", "a", "--expires", "soon"), "write it as 12h, 90d or 2w"),
                            (("keys", "new", "a", "--lost"), "--lost makes no sense here"),
                            (("keys", "rotate", "mirror", "keys", "--repository", "r"), "'mirror' is no role"),
                            (("publish", "x"), "--to is missing"),
                            (("publish", "x", "--to", "r"), "--keys is missing"),
                            (("refresh-timestamp", "--to", "r"), "--keys is missing")):
            with self.subTest(" ".join(words)):
                self.assertIn(said, self.run_slipway(*words, code=2).stderr)

    def test_a_passphrase_comes_from_a_file_or_the_environment_never_empty(self):
        secret = self.file("secret", "from a file\nsecond line\n")
        self.run_slipway("keys", "new", self.keys, "--passphrase-file", secret)
        self.file("model", "content")
        self.publish("model", code=1)  # the environment has another
        self.publish("model", "--passphrase-file", secret)
        self.publish("model", SLIPWAY_PASSPHRASE="from a file")
        for env in ({"SLIPWAY_PASSPHRASE": ""}, ):
            done = self.run_slipway("keys", "new", self.folder / "others", code=2, **env)
            self.assertIn("--no-passphrase", done.stderr)
        done = self.run_slipway("keys", "new", self.folder / "others", "--passphrase-file",
                                self.file("empty", "\n"), code=2)
        self.assertIn("is empty", done.stderr)

    def test_without_a_passphrase_only_on_demand(self):
        self.new_keys("--no-passphrase")
        self.assertFalse(any(key["encrypted"] for key in self.listed()["keys"]))
        self.file("model", "content")
        self.publish("model")

    def test_without_a_terminal_it_says_where_a_passphrase_can_come_from(self):
        env = environment()
        done = subprocess.run([self.slipway, "keys", "new", self.keys], env=env, text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, start_new_session=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--passphrase-file FILE, or set SLIPWAY_PASSPHRASE", done.stderr)
        self.assertFalse(list(self.keys.glob("*.pem")))

    def on_a_terminal(self, words, answers):
        """Runs slipway on a terminal of its own, and answers each prompt: (exit code, what was shown)."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execve(self.slipway, [self.slipway, *map(str, words)], environment())
        shown = b""
        answered = 0
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 0.1)[0]:
                continue
            try:
                piece = os.read(terminal, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
            if shown.rstrip(b" ").endswith(b":") and answered < len(answers):
                os.write(terminal, answers[answered].encode())
                answered += 1
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()

    def test_on_a_terminal_it_asks_twice_and_shows_nothing(self):
        code, shown = self.on_a_terminal(["keys", "new", "keys"], ["typed words\n", "typed words\n"])
        self.assertEqual(code, 0, shown)
        self.assertNotIn("typed words", shown)
        self.assertEqual(shown.count("passphrase for the new keys:"), 1)
        self.file("model", "content")
        code, shown = self.on_a_terminal(["publish", "model", "--to", "repository", "--keys", "keys"],
                                         ["no\n", "typed words\n"])
        self.assertEqual(code, 0, shown)
        self.assertIn("that is not it; passphrase of keys/targets.pem:", shown)
        code, shown = self.on_a_terminal(["publish", "--to", "repository", "--keys", "keys"], ["a\n", "b\n", "c\n"])
        self.assertEqual(code, 1, shown)
        self.assertIn("that was not its passphrase", shown)

    def test_on_a_terminal_different_passphrases_make_nothing(self):
        code, shown = self.on_a_terminal(["keys", "new", "keys"], ["one\n", "two\n"])
        self.assertEqual(code, 2, shown)
        self.assertIn("the two passphrases differ", shown)
        code, shown = self.on_a_terminal(["keys", "new", "keys"], ["\n"])
        self.assertEqual(code, 2, shown)
        self.assertIn("--no-passphrase", shown)
        self.assertFalse(list(self.keys.glob("*.pem")))

    def test_an_interrupt_leaves_the_terminal_as_it_was(self):
        code, shown = self.on_a_terminal(["keys", "new", "keys"], ["half a wo\x03"])
        self.assertEqual(code, -2, shown)
        self.assertNotIn("half", shown)

    def test_list_tells_what_is_wrong(self):
        self.new_keys()
        self.file("model", "content")
        self.publish("model", "--expires", "3d")
        (self.keys / "root.pem").rename(self.folder / "offline.pem")
        (self.keys / "targets.pem").chmod(0o644)
        done = self.run_slipway("keys", "list", self.keys, "--repository", self.repository)
        self.assertIn("0 of the 1 keys that signing as root takes are here, as it should be", done.stderr)
        self.assertIn("chmod 600 targets.pem", done.stderr)
        self.assertIn("targets will expire", done.stderr)
        self.assertRegex(done.stdout, r"timestamp +timestamp.pem +ed25519 +[0-9a-f]{16} +yes +yes")
        self.assertRegex(done.stdout, r"targets +1 +20..-.*, in (2|3) days")


class PublishTest(PublishingTest):
    def setUp(self):
        super().setUp()
        self.new_keys("--no-passphrase")

    def test_a_device_downloads_what_was_published(self):
        self.file("model.onnx", "content")
        done = self.publish("model.onnx", "--as", "boats/model.onnx")
        self.assertIn("metadata/1.root.json: give them that file", done.stderr)
        with served(self.repository) as url:
            device = self.device()
            self.download(device, url, "boats/model.onnx")
            self.assertEqual((device / "files" / "boats%2Fmodel.onnx").read_text(), "content")
            self.download(device, url, "boats/other.onnx", code=1)
            self.file("model.onnx", "new content")
            self.assertIn("replaces another content", self.publish("model.onnx", "--as", "boats/model.onnx").stderr)
            self.download(device, url, "boats/model.onnx")
            self.assertEqual((device / "files" / "boats%2Fmodel.onnx").read_text(), "new content")
            self.publish("--withdraw", "boats/model.onnx")
            self.download(device, url, "boats/model.onnx", code=1)

    def test_everything_but_roots_works_without_the_root_key(self):
        (self.keys / "root.pem").rename(self.folder / "offline.pem")
        self.file("model", "content")
        self.publish("model")
        self.run_slipway("refresh-timestamp", "--to", self.repository, "--keys", self.keys)
        done = self.rotate("targets", code=2)
        self.assertIn("bring root.pem there", done.stderr)

    def test_the_timestamp_needs_its_key_alone(self):
        self.file("model", "content")
        self.publish("model")
        robot = self.folder / "timer"
        robot.mkdir()
        for name in ("timestamp.pem", "root.json"):
            (robot / name).write_bytes((self.keys / name).read_bytes())
        done = self.run_slipway("refresh-timestamp", "--to", self.repository, "--keys", robot, "--expires", "12h", "--json")
        roles = json.loads(done.stdout)["roles"]
        self.assertEqual((roles["timestamp"]["version"], roles["snapshot"]["version"]), (2, 1))
        with served(self.repository) as url:
            self.download(self.device(), url, "model")

    def test_a_refresh_warns_of_what_else_expires(self):
        self.file("model", "content")
        self.publish("model", "--expires", "2d")
        done = self.run_slipway("refresh-timestamp", "--to", self.repository, "--keys", self.keys)
        self.assertIn("warning: targets will expire", done.stderr)
        self.assertIn("Sign it anew: slipway publish --to", done.stderr)
        self.assertNotIn("root will expire", done.stderr)
        self.publish()  # nothing added: signed anew
        done = self.run_slipway("refresh-timestamp", "--to", self.repository, "--keys", self.keys)
        self.assertNotIn("warning", done.stderr)

    def test_each_role_is_rotated_and_devices_follow(self):
        self.file("model", "content")
        self.publish("model")
        with served(self.repository) as url:
            device = self.device()
            self.download(device, url, "model")
            before = {name: (self.keys / name).read_bytes() for name in
                      ("root.pem", "targets.pem", "snapshot.pem", "timestamp.pem")}
            for role in ("targets", "snapshot", "timestamp", "root"):
                self.rotate(role, "--no-passphrase", "--kind", "ecdsa")
                self.assertNotEqual((self.keys / f"{role}.pem").read_bytes(), before[f"{role}.pem"])
                self.download(device, url, "model")
                self.download(self.device(), url, "model")
            self.assertEqual(len(list((self.keys / "retired").iterdir())), 4)
            root = json.loads((device / "trusted" / "root.json").read_text())
            self.assertEqual(root["signed"]["version"], 5)
            self.publish("model")
            self.run_slipway("keys", "renew", self.keys, "--repository", self.repository, "--expires", "30d")
            self.download(device, url, "model")
            # The old key is of no use any more.
            (self.keys / "targets.pem").write_bytes(before["targets.pem"])
            self.assertIn("has 0 of those that root version 6 names", self.publish(code=2).stderr)

    def test_a_root_that_was_signed_elsewhere_is_taken_over(self):
        self.file("model", "content")
        self.publish("model")
        elsewhere = self.folder / "elsewhere"
        shutil.copytree(self.keys, elsewhere)
        (self.keys / "root.pem").unlink()
        self.run_slipway("keys", "renew", elsewhere, "--repository", self.repository)
        self.publish("model")
        newest = (self.repository / "metadata" / "2.root.json").read_bytes()
        self.assertEqual((self.keys / "root.json").read_bytes(), newest)

    def test_a_lost_key_is_replaced_only_when_that_is_said(self):
        self.file("model", "content")
        self.publish("model")
        (self.keys / "targets.pem").unlink()
        self.rotate("targets", "--no-passphrase", code=2)
        self.rotate("targets", "--no-passphrase", "--lost")
        with served(self.repository) as url:
            self.download(self.device(), url, "model")

    def test_several_roots_and_a_threshold(self):
        self.keys = self.folder / "several"
        self.new_keys("--no-passphrase", "--roots", "3", "--threshold", "2")
        self.file("model", "content")
        self.publish("model")
        self.assertIn("say which to replace", self.rotate("root", "--no-passphrase", code=2).stderr)
        (self.keys / "root-3.pem").rename(self.folder / "elsewhere.pem")
        self.rotate("root", "--no-passphrase", "--key", "root-2.pem")
        with served(self.repository) as url:
            self.download(self.device(), url, "model")
        (self.keys / "root-2.pem").unlink()
        self.assertIn("takes 2 of 3 keys", self.rotate("targets", code=2).stderr)

    def test_prune_removes_what_is_old(self):
        for content in ("one", "two", "three"):
            self.file("model", content)
            self.publish("model")
        self.assertEqual(len(list((self.repository / "targets").iterdir())), 3)
        done = self.publish("--prune", "--json")
        self.assertEqual(json.loads(done.stdout)["pruned"]["files"], 6)
        self.assertEqual(len(list((self.repository / "targets").iterdir())), 1)

    def test_what_is_published_is_listed_without_keys(self):
        self.file("model", "content")
        self.publish("model")
        done = self.run_slipway("publish", "--list", "--to", self.repository, "--json")
        listed = json.loads(done.stdout)
        self.assertEqual(listed["targets"], [{"path": "model", "bytes": 7,
                                              "sha256": hashlib.sha256(b"content").hexdigest()}])
        self.assertRegex(self.run_slipway("publish", "--list", "--to", self.repository).stdout, r"model +7")

    def test_a_folder_that_was_tampered_with_is_not_signed(self):
        self.file("model", "content")
        self.publish("model")
        targets = self.repository / "metadata" / "1.targets.json"
        targets.write_text(targets.read_text().replace("model", "mobel"))
        self.assertIn("targets has another sha256", self.publish(code=1).stderr)
        self.assertIn("targets has another sha256",
                      self.run_slipway("refresh-timestamp", "--to", self.repository, "--keys", self.keys, code=1).stderr)

    def test_keys_of_another_repository_are_refused(self):
        self.file("model", "content")
        self.publish("model")
        self.keys = self.folder / "others"
        self.new_keys("--no-passphrase")
        self.assertIn("another repository's", self.publish("model", code=1).stderr)

    def test_keys_inside_of_the_repository_are_refused(self):
        self.file("model", "content")
        for keys in (self.repository / "keys", self.repository):
            self.repository.mkdir(exist_ok=True)
            self.run_slipway("keys", "new", keys, "--no-passphrase")
            done = self.run_slipway("publish", "model", "--to", f"{self.repository}/", "--keys", keys, code=2)
            self.assertIn("move them out of it", done.stderr)
        self.assertFalse((self.repository / "metadata").exists())

    def test_a_file_that_is_not_there_begins_no_repository(self):
        self.publish("absent", code=1)
        self.assertFalse(self.repository.exists())

    def test_paths_that_lead_elsewhere_are_refused(self):
        self.file("model", "content")
        for path in ("../model", "/etc/model", "a//b", "objects/ab/x"):
            self.assertIn("cannot be a target's path", self.publish("model", "--as", path, code=2).stderr)
        self.assertFalse((self.repository / "metadata" / "timestamp.json").exists())


class KilledTest(PublishingTest):
    SAMPLES = 12

    def test_a_publisher_that_is_killed_leaves_the_old_or_the_new(self):
        self.new_keys("--no-passphrase")
        self.file("model", os.urandom(100_000))
        start = time.monotonic()
        self.publish("model")
        whole = time.monotonic() - start
        killed = 0
        with served(self.repository) as url:
            device = self.device()
            for sample in range(self.SAMPLES):
                old, new = (self.folder / "model").read_bytes(), os.urandom(1_000_000)
                self.file("model", new)
                command = [self.slipway, "publish", "model", "--to", self.repository, "--keys", self.keys]
                child = subprocess.Popen(command, cwd=self.folder, env=environment(), stderr=subprocess.DEVNULL)
                time.sleep(whole * sample / self.SAMPLES)
                child.kill()
                killed += child.wait() == -9
                for reader in (device, self.device()):
                    self.download(reader, url, "model")
                    self.assertIn((reader / "files" / "model").read_bytes(), (old, new))
                self.publish("model")
                self.download(device, url, "model")
                self.assertEqual((device / "files" / "model").read_bytes(), new)
        print(f"{killed} of {self.SAMPLES} publishers killed while they ran")
        self.assertGreater(killed, 0)


class BundleTest(PublishingTest):
    def setUp(self):
        super().setUp()
        self.new_keys("--no-passphrase")

    def bundle(self, version, **contents):
        """A .slip file: contents by name."""
        files = {name.replace("_", "."): content for name, content in contents.items()}
        manifest = slip.canonical(slip.manifest_of(files, version=version))
        return self.file(f"boat-{version}.slip", slip.archive(manifest, files.values()))

    def install(self, store, device, url, *words, code=0):
        return self.run_slipway("store", store, "install", "boat", *words, "--repository", url, "--metadata-dir",
                                device / "trusted", "--any-machine", "--activate", code=code)

    def test_a_device_installs_the_newest_version(self):
        shared = os.urandom(100_000)
        self.publish(self.bundle("1.2.0", model_plan=b"plan of 1.2.0", golden_npz=shared))
        done = self.publish(self.bundle("1.10.0", model_plan=b"plan of 1.10.0", golden_npz=shared))
        self.assertIn("2 files, 1 of them not there yet", done.stderr)
        self.publish(self.bundle("1.10.0-rc.1", model_plan=b"plan of the candidate", golden_npz=shared))
        listed = json.loads(self.run_slipway("publish", "--list", "--to", self.repository, "--json").stdout)
        self.assertEqual(listed["bundles"], {"boat": ["1.2.0", "1.10.0-rc.1", "1.10.0"]})
        store = self.folder / "store"
        with served(self.repository) as url:
            device = self.device()
            self.install(store, device, url)
            path = self.run_slipway("store", store, "path", "boat").stdout.strip()
            self.assertEqual(Path(path, "model.plan").read_bytes(), b"plan of 1.10.0")
            self.install(store, device, url, "1.2.0")
            self.publish(self.bundle("1.3.0-rc.1+build.7", model_plan=b"plan of a build"))
            self.install(store, device, url, "1.3.0-rc.1+build.7")
            self.publish("--withdraw", "boat/1.3.0-rc.1+build.7/manifest.json")
            self.publish("--withdraw", "boat/1.10.0/manifest.json")
            self.publish("--prune")
            self.publish("--prune")
            self.install(self.folder / "other", device, url, "1.2.0")
            self.install(self.folder / "other", device, url, "1.10.0", code=1)
        objects = [path.name for path in (self.repository / "targets" / "objects").rglob("*") if path.is_file()]
        self.assertEqual(len(objects), 3)

    def test_a_version_is_published_once(self):
        self.publish(self.bundle("1.0.0", model_plan=b"one"))
        self.assertIn("published before, unchanged", self.publish(self.folder / "boat-1.0.0.slip").stderr)
        refused = self.publish(self.bundle("1.0.0", model_plan=b"two"), code=2)
        self.assertIn("boat 1.0.0 is published with another content", refused.stderr)
        refused = self.publish(self.bundle("1.0.0+build.7", model_plan=b"one"), code=2)
        self.assertIn("a version of its own", refused.stderr)
        self.assertIn("leave --as out", self.publish(self.folder / "boat-1.0.0.slip", "--as", "x", code=2).stderr)

    def test_a_damaged_bundle_is_not_published(self):
        path = self.bundle("1.0.0", model_plan=b"a plan")
        path.write_bytes(path.read_bytes()[:-1] + b"m")
        self.publish(path, code=1)
        self.assertFalse((self.repository / "metadata" / "timestamp.json").exists())

    def test_a_changed_object_is_not_installed(self):
        self.publish(self.bundle("1.0.0", model_plan=b"a plan"))
        changed = next(path for path in (self.repository / "targets" / "objects").rglob("*") if path.is_file())
        changed.write_bytes(b"A plan")
        with served(self.repository) as url:
            self.install(self.folder / "store", self.device(), url, code=1)
            self.publish(self.folder / "boat-1.0.0.slip")  # mends it
            self.assertEqual(changed.read_bytes(), b"a plan")
            self.install(self.folder / "store", self.device(), url)


class SignTest(PublishingTest):
    KEY = b"a key that is long enough"

    def sign(self, *words, code=0):
        return self.run_slipway("sign", *words, code=code)

    def test_it_is_what_python_computes(self):
        for size in (0, 1, 1 << 20, (1 << 20) + 1, 5_000_000):
            content = (b"0123456789abcdef" * (size // 16 + 1))[:size]
            file = self.file("model", content)
            key = self.file("key", self.KEY)
            expected = hmac.new(self.KEY, content, hashlib.sha256).hexdigest()
            self.assertEqual(self.sign(file, "--hmac-key-file", key).stdout, f"{expected}\n")

    def test_a_line_end_after_a_text_is_not_part_of_the_key(self):
        file = self.file("model", "content")
        binary = bytes(range(16)) + b"\n"
        for written, meant in ((self.KEY, self.KEY), (self.KEY + b"\n", self.KEY), (self.KEY + b"\r\n", self.KEY),
                               (self.KEY + b"\n\n", self.KEY + b"\n\n"), (binary, binary), (b"\xff" * 20 + b"\n", None)):
            key = self.file("key", written)
            expected = hmac.new(meant or written, b"content", hashlib.sha256).hexdigest()
            self.assertEqual(self.sign(file, "--hmac-key-file", key).stdout.strip(), expected, written)

    def test_check(self):
        file = self.file("model", "content")
        key = self.file("key", self.KEY)
        self.sign(file, "--hmac-key-file", key, "-o", self.folder / "model.hmac")
        self.sign(file, "--hmac-key-file", key, "--check-file", self.folder / "model.hmac")
        right = (self.folder / "model.hmac").read_text().strip()
        self.sign(file, "--hmac-key-file", key, "--check", right.upper())
        wrong = ("0" if right[0] != "0" else "1") + right[1:]
        done = self.sign(file, "--hmac-key-file", key, "--check", wrong, "--json", code=1)
        self.assertFalse(json.loads(done.stdout)["matches"])
        self.assertNotIn(right, done.stdout + done.stderr)
        self.file("model", "Content")
        self.sign(file, "--hmac-key-file", key, "--check-file", self.folder / "model.hmac", code=1)
        for text in ("", "zz", right[:-2], right + "00"):
            self.sign(file, "--hmac-key-file", key, "--check", text, code=2)

    def test_short_keys_are_refused(self):
        file = self.file("model", "content")
        self.assertIn("holds no key", self.sign(file, "--hmac-key-file", self.file("key", "\n"), code=1).stderr)
        key = self.file("key", "fifteen bytes..\n")
        self.assertIn("openssl rand -hex 32", self.sign(file, "--hmac-key-file", key, code=1).stderr)
        self.sign(file, "--hmac-key-file", key, "--allow-short-key")
        self.assertIn("--hmac-key-file is missing", self.sign(file, code=2).stderr)


if __name__ == "__main__":
    PublishingTest.client = Path(sys.argv.pop(2)).resolve()
    PublishingTest.slipway = Path(sys.argv.pop(1)).resolve()
    unittest.main()
