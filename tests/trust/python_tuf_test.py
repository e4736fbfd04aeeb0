"""python-tuf and Slipway read each other's repositories, over HTTP.

usage: python_tuf_test.py SLIPWAY SLIPWAY-TUF
"""

import datetime
import json
import sys
import unittest
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import ExpiredMetadataError, RepositoryError
from tuf.api.metadata import (DelegatedRole, Delegations, Metadata, MetaFile, Root, Snapshot, SuccinctRoles, TargetFile,
                              Targets, Timestamp)
from tuf.api.serialization.json import JSONSerializer
from tuf.ngclient import Updater

from publishing import PublishingTest, served

KINDS = {"ed25519": CryptoSigner.generate_ed25519, "ecdsa": CryptoSigner.generate_ecdsa, "rsa": CryptoSigner.generate_rsa}


class PythonTufReadsOurs(PublishingTest):
    def reader(self, url, name="reader"):
        folder = self.folder / name
        (folder / "files").mkdir(parents=True, exist_ok=True)
        root = (self.repository / "metadata" / "1.root.json").read_bytes()
        updater = Updater(str(folder), f"{url}/metadata/", str(folder / "files"), f"{url}/targets/", bootstrap=root)
        updater.refresh()
        return updater

    def read(self, updater, path):
        info = updater.get_targetinfo(path)
        self.assertIsNotNone(info, path)
        return Path(updater.download_target(info)).read_bytes()

    def test_what_was_published_is_read_and_verified(self):
        for kind in KINDS:
            with self.subTest(kind):
                self.keys = self.folder / f"keys-{kind}"
                self.repository = self.folder / f"repository-{kind}"
                self.new_keys("--no-passphrase", "--kind", kind)
                self.file("model", f"content {kind}")
                self.publish("model", "--as", "boats/fast/model.onnx")
                with served(self.repository) as url:
                    updater = self.reader(url, f"reader-{kind}")
                    self.assertEqual(self.read(updater, "boats/fast/model.onnx"), f"content {kind}".encode())
                    self.assertIsNone(updater.get_targetinfo("boats/model.onnx"))
                    payload = next((self.repository / "targets" / "boats" / "fast").iterdir())
                    payload.write_bytes(b"Content " + kind.encode())
                    other = self.reader(url, f"other-{kind}")
                    with self.assertRaises(RepositoryError):
                        self.read(other, "boats/fast/model.onnx")

    def test_after_each_rotation_and_refresh(self):
        self.new_keys("--no-passphrase")
        self.file("model", "content")
        self.publish("model")
        with served(self.repository) as url:
            self.reader(url)
            for number, role in enumerate(("timestamp", "snapshot", "targets", "root"), 2):
                self.rotate(role, "--no-passphrase", "--kind", ("rsa", "ecdsa", "ed25519", "ecdsa")[number - 2])
                self.assertEqual(self.read(self.reader(url), "model"), b"content")
                self.assertEqual(self.read(self.reader(url, f"new after {role}"), "model"), b"content")
                kept = Metadata.from_file(str(self.folder / "reader" / "root.json"))
                self.assertEqual(kept.signed.version, number)
            self.run_slipway("refresh-timestamp", "--to", self.repository, "--keys", self.keys)
            self.file("model", "newer")
            self.publish("model")
            self.run_slipway("keys", "renew", self.keys, "--repository", self.repository)
            self.assertEqual(self.read(self.reader(url), "model"), b"newer")

    def test_a_threshold_of_roots(self):
        self.new_keys("--no-passphrase", "--roots", "3", "--threshold", "2")
        self.file("model", "content")
        self.publish("model")
        with served(self.repository) as url:
            self.reader(url)
            self.rotate("root", "--no-passphrase", "--key", "root-2.pem")
            self.assertEqual(self.read(self.reader(url), "model"), b"content")

    def test_a_root_that_holders_signed_apart(self):
        """One of them with python-tuf."""
        self.new_keys("--no-passphrase", "--roots", "3", "--threshold", "2")
        self.file("model", "content")
        self.publish("model")
        holders = []
        for name in ("root.pem", "root-2.pem", "root-3.pem"):
            holders.append(self.folder / f"holder of {name}")
            holders[-1].mkdir(mode=0o700)
            (self.keys / name).rename(holders[-1] / "root.pem")
            (holders[-1] / "root.json").write_bytes((self.keys / "root.json").read_bytes())
        first, second, third = holders
        with served(self.repository) as url:
            self.reader(url)
            draft = self.folder / "2.json"
            self.run_slipway("keys", "rotate", "root", first, "--no-passphrase", "--repository", self.repository,
                             "--key", "root.pem", "--draft", draft)
            self.publish("--root", draft, code=2)
            metadata = Metadata.from_file(str(draft))
            pem = load_pem_private_key((second / "root.pem").read_bytes(), None)
            metadata.sign(CryptoSigner(pem, next(key for key in metadata.signed.keys.values()
                                                 if CryptoSigner(pem).public_key.keyval == key.keyval)), append=True)
            metadata.to_file(str(draft))
            self.publish("--root", draft)
            self.assertEqual(self.read(self.reader(url), "model"), b"content")
            draft = self.folder / "3.json"
            self.run_slipway("keys", "rotate", "targets", self.keys, "--no-passphrase", "--repository", self.repository,
                             "--draft", draft)
            for holder in (third, first):
                self.run_slipway("keys", "sign-root", draft, holder, "--repository", self.repository)
            self.publish("--root", draft)
            for name in ("reader", "new"):
                self.assertEqual(self.read(self.reader(url, name), "model"), b"content")
            kept = Metadata.from_file(str(self.folder / "reader" / "root.json"))
            self.assertEqual(kept.signed.version, 3)

    def test_a_root_whose_holders_change(self):
        """python-tuf follows from root to root; it signs as a new holder whose key it made."""
        self.new_keys("--no-passphrase")
        self.file("model", "content")
        self.publish("model")
        theirs = CryptoSigner.generate_ecdsa()
        public = self.file("their.pub", theirs.public_key.keyval["public"])
        other = self.folder / "other"
        self.run_slipway("keys", "make", "targets", other, "--no-passphrase")

        def change(*words):
            self.run_slipway("keys", *words, self.keys, "--repository", self.repository)

        with served(self.repository) as url:
            self.reader(url)
            change("add", "root", public)
            change("add", "targets", other / "targets.pub")
            (other / "targets.pem").rename(self.keys / "targets-2.pem")
            change("threshold", "targets", "2")
            self.assertEqual(self.read(self.reader(url), "model"), b"content")
            draft = self.folder / "5.json"
            change("threshold", "root", "2", "--draft", draft)
            self.publish("--root", draft, code=2)
            metadata = Metadata.from_file(str(draft))
            metadata.sign(theirs, append=True)
            metadata.to_file(str(draft))
            self.publish("--root", draft)
            self.assertEqual(self.read(self.reader(url), "model"), b"content")
            change("threshold", "targets", "1", "--draft", self.folder / "6.json")
            metadata = Metadata.from_file(str(self.folder / "6.json"))
            metadata.sign(theirs, append=True)
            metadata.to_file(str(self.folder / "6.json"))
            self.publish("--root", self.folder / "6.json")
            for name in ("reader", "new"):
                self.assertEqual(self.read(self.reader(url, name), "model"), b"content")
            root = Metadata.from_file(str(self.folder / "reader" / "root.json")).signed
            self.assertEqual((root.version, root.roles["root"].threshold, len(root.roles["root"].keyids)), (6, 2, 2))
            self.assertEqual((root.roles["targets"].threshold, len(root.roles["targets"].keyids)), (1, 2))

    def test_what_expired_is_refused(self):
        self.new_keys("--no-passphrase")
        self.file("model", "content")
        self.publish("model", "--timestamp-expires", "1h")
        with served(self.repository) as url:
            self.reader(url)
            folder = self.folder / "late"
            root = (self.repository / "metadata" / "1.root.json").read_bytes()
            for hours, is_late in ((0, False), (2, True)):
                updater = Updater(str(folder), f"{url}/metadata/", bootstrap=root)
                updater._trusted_set.reference_time += datetime.timedelta(hours=hours)
                if is_late:
                    self.assertRaises(ExpiredMetadataError, updater.refresh)
                else:
                    updater.refresh()

    def test_prune_leaves_what_is_read(self):
        self.new_keys("--no-passphrase")
        with served(self.repository) as url:
            for content in ("one", "two", "three"):
                self.file("model", content)
                self.publish("model")
            self.publish("--prune")
            self.assertEqual(self.read(self.reader(url), "model"), b"three")


class TheirRepository:
    """A repository that python-tuf makes."""

    def __init__(self, folder, kind, consistent=True):
        self.folder = folder
        self.kind = kind
        self.consistent = consistent
        self.expires = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(days=3)
        self.signers = {role: [self.new_key()] for role in ("root", "timestamp", "snapshot", "targets")}
        self.root = Metadata(Root(expires=self.expires, consistent_snapshot=consistent))
        for role, signers in self.signers.items():
            self.root.signed.add_key(signers[0].public_key, role)
        self.timestamp = Metadata(Timestamp(expires=self.expires))
        self.snapshot = Metadata(Snapshot(expires=self.expires))
        self.targets = {"targets": Metadata(Targets(expires=self.expires))}
        (folder / "metadata").mkdir(parents=True)

    def new_key(self):
        return KINDS[self.kind]()

    def delegate(self, role, to, **how):
        self.signers[to] = [self.new_key()]
        key = self.signers[to][0].public_key
        signed = self.targets[role].signed
        if signed.delegations is None:
            signed.delegations = Delegations({}, {})
        signed.delegations.keys[key.keyid] = key
        how.setdefault("terminating", False)
        signed.delegations.roles[to] = DelegatedRole(to, [key.keyid], 1, **how)
        self.targets.setdefault(to, Metadata(Targets(expires=self.expires)))

    def bins(self, bits):
        signer = self.new_key()
        roles = SuccinctRoles([signer.public_key.keyid], 1, bits, "bin")
        self.targets["targets"].signed.delegations = Delegations({signer.public_key.keyid: signer.public_key}, None, roles)
        for name in roles.get_roles():
            self.signers[name] = [signer]
            self.targets[name] = Metadata(Targets(expires=self.expires))
        return roles

    def add(self, role, path, content):
        info = TargetFile.from_data(path, content, ["sha256", "sha512"])
        self.targets[role].signed.targets[path] = info
        parent, _, name = path.rpartition("/")
        file = f"{info.hashes['sha256']}.{name}" if self.consistent else name
        (self.folder / "targets" / parent).mkdir(parents=True, exist_ok=True)
        (self.folder / "targets" / parent / file).write_bytes(content)

    def write(self, role, metadata, versioned):
        metadata.signatures.clear()
        for signer in self.signers[role]:
            metadata.sign(signer, append=True)
        name = f"{metadata.signed.version}.{role}.json" if versioned else f"{role}.json"
        metadata.to_file(str(self.folder / "metadata" / name), JSONSerializer(compact=False))

    def publish(self):
        self.write("root", self.root, True)
        for role, metadata in self.targets.items():
            self.write(role, metadata, self.consistent)
            self.snapshot.signed.meta[f"{role}.json"] = MetaFile(metadata.signed.version)
        self.write("snapshot", self.snapshot, self.consistent)
        self.timestamp.signed.snapshot_meta = MetaFile(self.snapshot.signed.version)
        self.write("timestamp", self.timestamp, False)


class WeReadPythonTufs(PublishingTest):
    def each(self, name):
        for kind in KINDS:
            for consistent in (True, False):
                with self.subTest(f"{kind}, consistent_snapshot {consistent}"):
                    self.repository = self.folder / f"{name}-{kind}-{consistent}"
                    yield TheirRepository(self.repository, kind, consistent)

    def get(self, device, url, path, content):
        self.download(device, url, path)
        self.assertIn(content, [file.read_bytes() for file in (device / "files").iterdir()])

    def test_top_level_targets(self):
        for theirs in self.each("top"):
            theirs.add("targets", "boats/model.onnx", b"content")
            theirs.publish()
            with served(self.repository) as url:
                device = self.device()
                self.get(device, url, "boats/model.onnx", b"content")
                self.download(device, url, "boats/other.onnx", code=1)

    def test_delegations(self):
        for theirs in self.each("delegated"):
            theirs.delegate("targets", "team", paths=["team/*/*", "team/*"])
            theirs.delegate("team", "member", paths=["team/a/*"])
            theirs.delegate("targets", "hashed", path_hash_prefixes=[f"{n:x}" for n in range(16)])
            theirs.add("team", "team/one", b"of the team")
            theirs.add("member", "team/a/two", b"of a member")
            theirs.add("hashed", "anything", b"of all hashes")
            theirs.add("member", "team/b/three", b"not his")
            theirs.publish()
            with served(self.repository) as url:
                device = self.device()
                self.get(device, url, "team/one", b"of the team")
                self.get(device, url, "team/a/two", b"of a member")
                self.get(device, url, "anything", b"of all hashes")
                self.download(device, url, "team/b/three", code=1)

    def test_hash_bins(self):
        for theirs in self.each("bins"):
            roles = theirs.bins(3)
            paths = [f"models/{number}" for number in range(20)]
            for path in paths:
                theirs.add(roles.get_role_for_target(path), path, path.encode())
            theirs.publish()
            with served(self.repository) as url:
                device = self.device()
                self.download(device, url, *paths)
                self.assertEqual(len(list((device / "files").iterdir())), len(paths))

    def test_rotation_and_thresholds(self):
        for theirs in self.each("rotated"):
            theirs.add("targets", "model", b"content")
            theirs.publish()
            with served(self.repository) as url:
                device = self.device()
                self.get(device, url, "model", b"content")
                for role in ("timestamp", "snapshot", "targets"):
                    old = theirs.signers[role][0]
                    theirs.signers[role] = [theirs.new_key(), theirs.new_key()]
                    theirs.root.signed.revoke_key(old.public_key.keyid, role)
                    for signer in theirs.signers[role]:
                        theirs.root.signed.add_key(signer.public_key, role)
                    theirs.root.signed.roles[role].threshold = 2
                theirs.root.signed.version = 2
                theirs.publish()
                self.get(device, url, "model", b"content")
                theirs.signers["timestamp"].pop()
                theirs.timestamp.signed.version += 1
                theirs.publish()
                self.assertIn("signed by 1 of the 2 keys", self.run_client(device, "refresh", code=1, url=url).stderr)

    def test_ours_does_not_publish_to_one_whose_files_change(self):
        self.new_keys("--no-passphrase")
        theirs = TheirRepository(self.repository, "ed25519", consistent=False)
        theirs.publish()
        (self.keys / "root.json").unlink()
        self.file("model", "content")
        self.assertIn("consistent_snapshot false", self.publish("model", code=1).stderr)

    def test_ours_publishes_to_theirs_and_keeps_what_it_delegates(self):
        self.new_keys("--no-passphrase")
        theirs = TheirRepository(self.repository, "ed25519")
        keys = {key["role"]: key["key_id"] for key in
                json.loads(self.run_slipway("keys", "list", self.keys, "--json").stdout)["keys"]}
        ours = Metadata.from_file(str(self.keys / "root.json")).signed
        for role in ("timestamp", "snapshot", "targets"):  # our keys, under their root
            theirs.root.signed.add_key(ours.keys[keys[role]], role)
        theirs.delegate("targets", "team", paths=["team/*"])
        theirs.add("team", "team/one", b"of the team")
        theirs.publish()
        (self.keys / "root.json").write_bytes((self.repository / "metadata" / "1.root.json").read_bytes())
        self.file("model", "content")
        self.publish("model")
        with served(self.repository) as url:
            device = self.device()
            self.get(device, url, "model", b"content")
            self.get(device, url, "team/one", b"of the team")


if __name__ == "__main__":
    PublishingTest.client = Path(sys.argv.pop(2)).resolve()
    PublishingTest.slipway = Path(sys.argv.pop(1)).resolve()
    unittest.main()
