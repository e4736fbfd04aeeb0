"""A root whose keys' holders sit apart: each signs on a machine of their own.

usage: cosign_test.py SLIPWAY SLIPWAY-TUF
"""

import json
import shutil
import sys
import unittest
from pathlib import Path

from publishing import PublishingTest, served


class CosignTest(PublishingTest):
    def holders(self):
        """A root of three keys, two of which have to sign, each in a folder of its own; the publisher has none."""
        self.keys = self.folder / "several"
        self.run_slipway("keys", "new", self.keys, "--roots", "3", "--threshold", "2")
        self.file("model", "content")
        self.publish("model")
        folders = []
        for number, name in enumerate(("root.pem", "root-2.pem", "root-3.pem"), 1):
            folder = self.folder / f"holder-{number}"
            folder.mkdir(mode=0o700)
            (self.keys / name).rename(folder / "root.pem")
            (folder / "root.json").write_bytes((self.keys / "root.json").read_bytes())
            folders.append(folder)
        return folders

    def sign_root(self, draft, folder, *options, code=0):
        return self.run_slipway("keys", "sign-root", draft, folder, *options, code=code)

    def test_holders_apart_sign_a_root_together(self):
        first, second, third = self.holders()
        draft = self.folder / "next.json"
        refused = self.run_slipway("keys", "renew", first, "--repository", self.repository, code=2).stderr
        self.assertIn("let each holder sign on a machine of their own: --draft FILE", refused)
        said = self.run_slipway("keys", "renew", first, "--repository", self.repository, "--draft", draft,
                                "--expires", "500d").stderr
        self.assertIn("signed by 1 of the 2 keys that root version 1 takes", said)
        self.assertIn("hand the file to another holder", said)
        self.assertIn("there already", self.run_slipway("keys", "renew", first, "--repository", self.repository,
                                                        "--draft", draft, code=2).stderr)
        refused = self.publish("--root", draft, code=2).stderr
        self.assertIn("root version 2 is signed by 1 of the 2 keys that root version 1 takes: another holder has to sign "
                      "it first, slipway keys sign-root", refused)
        self.assertFalse((self.repository / "metadata/2.root.json").exists())
        before = draft.read_bytes()
        self.assertIn("good until", self.sign_root(draft, third, "--show").stderr)
        self.assertEqual(draft.read_bytes(), before, "it was only shown")
        self.assertIn("1 of the 2", self.sign_root(draft, first).stderr)
        self.assertIn("that is enough", self.sign_root(draft, third).stderr)
        self.assertIn("root version 2 is published", self.publish("--root", draft).stderr)
        with served(self.repository) as url:
            device = self.device()
            self.download(device, url, "model")
            root = json.loads((device / "trusted" / "root.json").read_text())["signed"]
            self.assertEqual(root["version"], 2)
        self.assertIn("is published already", self.sign_root(draft, second, "--repository", self.repository, code=2).stderr)

    def test_a_holder_replaces_the_own_key_and_the_publisher_gets_a_new_one(self):
        first, second, third = self.holders()
        with served(self.repository) as url:
            device = self.device()
            self.download(device, url, "model")
            key = json.loads(self.run_slipway("keys", "list", second, "--json").stdout)["keys"][0]["key_id"]
            draft = self.folder / "next.json"
            said = self.run_slipway("keys", "rotate", "root", second, "--repository", self.repository, "--key", "root.pem",
                                    "--draft", draft).stderr
            self.assertIn(f"root: the key {key[:16]} goes", said)
            self.assertIn("signs nothing before the new root is published", said)
            self.sign_root(draft, first)
            self.publish("--root", draft)
            self.download(device, url, "model")
            # The publisher makes a key and asks for signatures; has none of root's keys.
            draft = self.folder / "after.json"
            said = self.run_slipway("keys", "rotate", "targets", self.keys, "--repository", self.repository, "--draft",
                                    draft).stderr
            self.assertIn("signed by 0 of the 2 keys that root version 2 takes", said)
            self.assertIn("does not follow version 1", self.sign_root(draft, third, code=2).stderr)
            for holder in (third, second):
                self.sign_root(draft, holder, "--repository", self.repository)
            self.publish("--root", draft)
            self.assertEqual(sorted(path.name for path in self.keys.glob("*.pem")),
                             ["snapshot.pem", "targets.pem", "timestamp.pem"])
            self.assertEqual(len(list((self.keys / "retired").iterdir())), 1)
            self.download(device, url, "model")
            self.download(self.device(), url, "model")
            self.publish("model")
            self.download(device, url, "model")

    def test_what_is_no_root_of_this_repository_is_not_signed(self):
        first, _, _ = self.holders()
        self.assertIn("is not JSON", self.sign_root(self.file("x", "x"), first, code=1).stderr)
        draft = self.folder / "next.json"
        self.run_slipway("keys", "renew", first, "--repository", self.repository, "--draft", draft)
        stranger = self.folder / "stranger"
        self.run_slipway("keys", "new", stranger)
        shutil.copyfile(first / "root.json", stranger / "root.json")
        self.assertIn("has no key that root version 1 or 2 names for root", self.sign_root(draft, stranger, code=2).stderr)
        done = json.loads(self.run_slipway("keys", "sign-root", draft, first, "--json").stdout)
        self.assertEqual((done["version"], done["signatures_by_present"]["good"], done["is_enough"]), (2, 1, False))


if __name__ == "__main__":
    PublishingTest.client = Path(sys.argv.pop(2)).resolve()
    PublishingTest.slipway = Path(sys.argv.pop(1)).resolve()
    unittest.main()
