"""What docs/formats/bundle.md says of a bundle's bytes is what slipway reads and writes.

usage: slip_files.py --slipway build/bin/slipway
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import slip  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/formats/bundle.md").read_text()


class SlipFiles(unittest.TestCase):
    program = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def run_slipway(self, *words):
        done = subprocess.run([self.program, *map(str, words)], cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def put(self, name, content):
        (self.folder / name).write_bytes(content)
        return name

    def test_the_example_of_the_page(self):
        example = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.DOTALL).group(1))
        shown = json.loads(self.run_slipway("show", "--json", self.put("manifest.json", slip.canonical(example))))
        self.assertEqual(shown["manifest"], example)
        self.assertEqual(shown["manifest_sha256"], slip.sha256(slip.canonical(example)))

    def test_every_key_of_the_page_is_used_in_the_example(self):
        example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL).group(1)
        tables = PAGE[PAGE.index("| key | what |"):PAGE.index("Paths are relative")]
        keys = [key for line in tables.splitlines() if line.startswith("| `")
                for key in re.findall(r"`(\w+)`", line.split("|")[1])]
        self.assertGreater(len(keys), 18)
        self.assertEqual([key for key in keys if f'"{key}"' not in example and key != "drivers"], [])

    def test_the_header_of_the_page(self):
        magic = re.search(r"`((?:[0-9A-F]{2} ){7}[0-9A-F]{2})`", PAGE).group(1)
        self.assertEqual(bytes.fromhex(magic), slip.MAGIC)
        rows = [tuple(map(str.strip, line.split("|")[1:3])) for line in PAGE.splitlines() if re.match(r"\| \d+ \|", line)]
        self.assertEqual(rows, [("0", "8"), ("8", "4"), ("12", "4"), ("16", "32"), ("48", "16"), ("64", "manifest bytes")])

    def test_the_limits_of_the_page(self):
        """One more than it says is refused."""
        def limit(words):
            return int(re.search(r"([\d,]+) " + words, PAGE).group(1).replace(",", ""))

        def manifest(files=1, targets=1, ports=1, dims=1, options=0, name="x", path="a"):
            document = slip.manifest_of({path: b"x"})
            document["files"] += [slip.file_entry(f"f{i:05}", b"x") for i in range(files - 1)]
            document["inputs"] = [{"dims": [1] * dims, "dtype": "float", "name": f"x{i}"} for i in range(ports)]
            target = document["targets"][0] | {"options": {f"o{i}": "x" for i in range(options)}, "precision": name}
            document["targets"] = [target | {"name": f"t{i}"} for i in range(targets)]
            return slip.canonical(document)

        long_path = "/".join(["p" * 99] * 6)
        rows = (("files", lambda n: manifest(files=n), limit("files, ")),
                ("targets", lambda n: manifest(targets=n), limit("targets, ")),
                ("ports", lambda n: manifest(ports=n), limit("ports on each side")),
                ("dims", lambda n: manifest(dims=n), limit("dimensions of each")),
                ("options", lambda n: manifest(options=n), limit("entries in each list")),
                ("text", lambda n: manifest(name="n" * n), limit("bytes. All files")),
                ("part of a path", lambda n: manifest(path="a" * n), limit("bytes, and a path")),
                ("path", lambda n: manifest(path="a" + long_path[:n - 1]), int(re.search(r"has at most (\d+)", PAGE)[1])))
        for what, make, most in rows:
            with self.subTest(what, most=most):
                for count, code in ((most, 0), (most + 1, 1)):
                    done = subprocess.run([self.program, "show", self.put("m.json", make(count))], cwd=self.folder,
                                          capture_output=True, text=True, check=False)
                    self.assertEqual(done.returncode, code, done.stderr[:500])

    def test_slipway_reads_what_the_page_says(self):
        files = {"a/model.plan": b"plan" * 3000, "a/golden": b"golden", "a/empty": b"", "b/same": b"golden",
                 "b/none": b""}
        manifest = slip.canonical(slip.manifest_of(files))
        self.put("x.slip", slip.archive(manifest, files.values()))
        self.run_slipway("show", "x.slip", "--check")
        self.run_slipway("unpack", "x.slip", "-o", "x")
        self.assertEqual((self.folder / "x/manifest.json").read_bytes(), manifest)
        found = {str(path.relative_to(self.folder / "x")): path.read_bytes()
                 for path in (self.folder / "x").rglob("*") if path.is_file() and path.name != "manifest.json"}
        self.assertEqual(found, files)

    def test_a_bundle_of_nothing_but_empty_files(self):
        manifest = slip.canonical(slip.manifest_of({"a": b""}))
        self.assertEqual(len(slip.archive(manifest, [b""])), 64 + len(manifest))
        self.run_slipway("show", self.put("x.slip", slip.archive(manifest, [b""])), "--check")

    def test_keys_from_the_future(self):
        files = {"a": b"x"}
        more = slip.canonical(slip.manifest_of(files, fleet={"stages": [1, 2, {"deep": None}]}, zebra=-5))
        self.run_slipway("show", self.put("x.slip", slip.archive(more, files.values())), "--check")

    def test_slipway_writes_what_the_page_says(self):
        """Artifacts of a build, packed: taken apart by the page's rules, and put together again to the same bytes."""
        (self.folder / "artifacts").mkdir()
        files = {"model.plan": b"plan" * 5000, "model.onnx": b"onnx", "i": b"", "o": b"onnx", "r": b"r" * 4096,
                 **slip.artifacts_report("model.plan", "model.onnx", "i", "o", "r")}
        for name, content in files.items():
            self.put(f"artifacts/{name}", content)
        self.run_slipway("pack", "artifacts", "-o", "x.slip")
        packed = (self.folder / "x.slip").read_bytes()
        manifest, objects = slip.parts(packed)
        document = json.loads(manifest)
        self.assertEqual(slip.canonical(document), manifest)
        self.assertEqual(document["files"], [slip.file_entry(f"default/f32/{name}", files[name]) for name in sorted(files)])
        self.assertEqual(document["outputs"][0]["dims"], ["..."])
        self.assertEqual(set(objects.values()), set(files.values()))
        self.assertEqual(slip.archive(manifest, files.values()), packed)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slipway", type=pathlib.Path, required=True)
    SlipFiles.program = parser.parse_args().slipway.resolve()
    unittest.main(argv=[sys.argv[0]])


if __name__ == "__main__":
    main()
