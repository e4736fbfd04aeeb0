"""Keys that come to a role of a root that is there, and go, and how many of them have to sign.

usage: holders_test.py SLIPWAY SLIPWAY-TUF
"""

import json
import resource
import shutil
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from publishing import PublishingTest, environment, served


class HoldersTest(PublishingTest):
    def setUp(self):
        super().setUp()
        self.new_keys("--no-passphrase")
        self.file("model", "content")
        self.publish("model")

    def change(self, *words, code=0, keys=None):
        return self.run_slipway("keys", *words, keys or self.keys, "--repository", self.repository, code=code)

    def make(self, role, name, *options):
        """A new holder's folder; the public file is handed on."""
        folder = self.folder / name
        self.run_slipway("keys", "make", role, folder, "--no-passphrase", *options)
        return folder, folder / f"{role}.pub"

    def root(self, version):
        return json.loads((self.repository / f"metadata/{version}.root.json").read_text())["signed"]

    def role(self, version, role):
        entry = self.root(version)["roles"][role]
        return len(entry["keyids"]), entry["threshold"]

    def test_root_grows_from_one_holder_to_two_of_three(self):
        with served(self.repository) as url:
            device = self.device()
            self.download(device, url, "model")
            second, public = self.make("root", "second")
            self.assertIn("comes", self.change("add", "root", public).stderr)
            third, public = self.make("root", "third", "--kind", "ecdsa")
            self.change("add", "root", public)
            self.assertEqual(self.role(3, "root"), (3, 1))
            # The present root takes one key, the new one two.
            refused = self.change("threshold", "root", "2", code=2).stderr
            self.assertIn("by 1 of the 2 keys that root version 4 takes", refused)
            self.assertFalse((self.repository / "metadata/4.root.json").exists())
            draft = self.folder / "4.json"
            said = self.run_slipway("keys", "threshold", "root", "2", self.keys, "--repository", self.repository, "--draft",
                                    draft).stderr
            self.assertIn("root: takes 2 of 3, before 1", said)
            self.assertIn("it takes more", said)
            self.publish("--root", draft, code=2)
            self.run_slipway("keys", "sign-root", draft, third, "--repository", self.repository)
            self.publish("--root", draft)
            self.assertEqual(self.role(4, "root"), (3, 2))
            # Two together remove the first: each has signed.
            self.download(device, url, "model")
            draft = self.folder / "5.json"
            first = json.loads((self.keys / "root.json").read_text())["signed"]["roles"]["root"]["keyids"][0]
            self.run_slipway("keys", "remove", "root", first[:12], second, "--repository", self.repository, "--draft", draft)
            self.assertIn("that is enough", self.run_slipway("keys", "sign-root", draft, third, "--repository",
                                                             self.repository).stderr)
            self.publish("--root", draft)
            self.assertEqual(self.role(5, "root"), (2, 2))
            self.assertFalse((self.keys / "root.pem").exists(), "the removed key is put away")
            self.assertEqual(len(list((self.keys / "retired").iterdir())), 1)
            self.download(device, url, "model")
            self.download(self.device(), url, "model")

    def test_a_second_publisher_comes_and_the_first_goes(self):
        with served(self.repository) as url:
            device = self.device()
            self.download(device, url, "model")
            other, public = self.make("targets", "other")
            before = (self.repository / "metadata/timestamp.json").read_bytes()
            # What is published is good by both roots: root's key alone is enough.
            offline = self.folder / "offline"
            offline.mkdir(mode=0o700)
            for name in ("root.pem", "root.json"):
                shutil.copyfile(self.keys / name, offline / name)
                (offline / name).chmod(0o600)
            self.change("add", "targets", public, keys=offline)
            self.assertEqual(self.role(2, "targets"), (2, 1))
            self.assertEqual((self.repository / "metadata/timestamp.json").read_bytes(), before)
            self.download(device, url, "model")
            # The other publishes, with a key of their own.
            for name in ("snapshot.pem", "timestamp.pem"):
                shutil.copyfile(self.keys / name, other / name)
                (other / name).chmod(0o600)
            shutil.copyfile(offline / "root.json", other / "root.json")
            self.file("more", "more")
            self.run_slipway("publish", "more", "--to", self.repository, "--keys", other)
            self.download(device, url, "more")
            # What the other signed stays good without the first; the first could not go the other way round.
            self.change("remove", "targets", self.keys / "targets.pem")
            self.assertFalse((self.keys / "targets.pem").exists())
            self.download(device, url, "more")
            self.assertIn("signing as targets takes 1 of 1 key", self.publish("model", code=2).stderr)

    def test_what_a_removed_key_alone_signed_is_signed_anew(self):
        _, public = self.make("targets", "other")
        self.change("add", "targets", public)
        # The key that stays is elsewhere.
        refused = self.change("remove", "targets", "targets.pem", code=2).stderr
        self.assertIn("what is published is not signed by 1 of the 1 keys that root version 3 names for targets", refused)
        self.assertFalse((self.repository / "metadata/3.root.json").exists())
        shutil.copyfile(self.folder / "other/targets.pem", self.keys / "targets-2.pem")
        (self.keys / "targets-2.pem").chmod(0o600)
        with served(self.repository) as url:
            device = self.device()
            self.change("remove", "targets", "targets.pem")
            self.download(device, url, "model")
            self.publish("model")
            self.download(device, url, "model")

    def test_a_threshold_of_targets_goes_up_with_what_is_published(self):
        other, public = self.make("targets", "other")
        self.change("add", "targets", public)
        self.assertIn("is not signed by 2 of the 2 keys", self.change("threshold", "targets", "2", code=2).stderr)
        shutil.copyfile(other / "targets.pem", self.keys / "targets-2.pem")
        (self.keys / "targets-2.pem").chmod(0o600)
        self.change("threshold", "targets", "2")
        self.assertEqual(self.role(3, "targets"), (2, 2))
        with served(self.repository) as url:
            self.download(self.device(), url, "model")
            self.change("threshold", "targets", "1")
            self.download(self.device(), url, "model")

    def test_keys_of_other_tools_are_taken(self):
        private, public = self.folder / "their.pem", self.folder / "their.pub"
        for kind in (("-algorithm", "ED25519"), ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
                     ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072")):
            with self.subTest(kind):
                subprocess.run(["openssl", "genpkey", *kind, "-out", private], check=True, capture_output=True)
                subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
                self.change("add", "root", public)
        self.assertEqual(self.role(4, "root"), (4, 1))
        self.assertIn("their.pem: the file holds no public key", self.change("add", "root", private, code=1).stderr)
        subprocess.run(["openssl", "genpkey", "-algorithm", "ED448", "-out", private], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
        self.assertIn("ed25519, ecdsa-sha2-nistp256", self.change("add", "root", public, code=1).stderr)

    def test_what_cannot_be_is_refused_with_the_reason(self):
        _, public = self.make("root", "other")
        key = json.loads((self.keys / "root.json").read_text())["signed"]["roles"]["root"]["keyids"][0]
        rows = [
            (("add", "mirror", public), 2, "'mirror' is no role"),
            (("add", "root", self.keys / "root.pem"), 2, "for root already: there is nothing to add"),
            (("add", "root", self.keys / "targets.pem"), 2, "is one of targets: whoever stole it would speak for both"),
            (("add", "root", "absent.pub"), 1, "absent.pub"),
            (("add", "root", self.file("text", "text")), 1, "slipway keys make wrote"),
            (("remove", "root", "root.pem"), 2, "root takes 1 of its 1 key, and with one less nothing could be signed"),
            (("remove", "root", "0000"), 2, f"0000 is none of the keys that root names for root: {key[:16]}"),
            (("threshold", "root", "2"), 2, "root has 1 key, and 2 of them could never sign: add keys first"),
            (("threshold", "root", "1"), 2, "there is nothing to change"),
            (("threshold", "root", "0"), 2, "a threshold"),
            (("threshold", "root", "two"), 2, "a threshold"),
        ]
        for words, code, message in rows:
            with self.subTest(words):
                self.assertIn(message, self.change(*words, code=code).stderr)
        self.assertIn("slipway keys add ROLE PUBLIC DIR", self.run_slipway("keys", "add", "root", public, code=2).stderr)
        self.assertIn("--repository", self.run_slipway("keys", "add", "root", public, self.keys, code=2).stderr)
        self.assertIn("makes no sense here", self.change("threshold", "root", "2", "--key", "x", code=2).stderr)
        self.assertEqual([path.name for path in (self.repository / "metadata").glob("*.root.json")], ["1.root.json"])

    def test_new_keys_that_cannot_all_be_written_leave_none(self):
        folder = self.folder / "several"

        def small_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # a key's file has less, root.json more

        words = [self.slipway, "keys", "new", folder, "--no-passphrase"]
        done = subprocess.run(words, preexec_fn=small_files, capture_output=True, text=True, env=environment(),
                              stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(list(folder.iterdir()), [])
        self.run_slipway(*words[1:])

    def test_a_repository_that_was_tampered_with_is_not_signed(self):
        targets = self.repository / "metadata/1.targets.json"
        targets.write_text(targets.read_text().replace("model", "other"))
        _, public = self.make("root", "other")
        refused = self.change("add", "root", public, code=1).stderr
        self.assertIn("Nothing is signed before the folder is as it was published", refused)

    def test_operands_are_counted(self):
        self.assertIn("slipway keys add takes 3 operands, not 2: slipway keys add ROLE PUBLIC DIR",
                      self.run_slipway("keys", "add", "root", self.keys, code=2).stderr)

    def test_a_made_key_is_private_and_its_public_part_is_not(self):
        folder, public = self.make("root", "other")
        self.assertEqual((folder / "root.pem").stat().st_mode & 0o777, 0o600)
        self.assertNotIn("PRIVATE", public.read_text())
        again = self.run_slipway("keys", "make", "root", folder, "--no-passphrase").stderr
        self.assertIn("root-2.pub", again)
        sealed = self.folder / "sealed"
        self.run_slipway("keys", "make", "root", sealed)
        self.assertIn("ENCRYPTED", (sealed / "root.pem").read_text())


if __name__ == "__main__":
    PublishingTest.client = Path(sys.argv.pop(2)).resolve()
    PublishingTest.slipway = Path(sys.argv.pop(1)).resolve()
    unittest.main()
