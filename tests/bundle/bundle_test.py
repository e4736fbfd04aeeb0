"""From a build to a bundle and back, by the commands that a person types."""

import argparse
import json
import os
import pathlib
import platform
import shutil
import signal
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "build"), str(HERE.parent / "cli")]

import slip  # noqa: E402
from project import Project, npz, numbers  # noqa: E402

TARGETS = """
[targets.boat]
precisions = "bf16"
[targets.desk]
precisions = "f32"
board = ""
"""
PARTS = {"golden_inputs", "golden_outputs", "onnx", "page", "recipe", "report"}


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class Bundle(unittest.TestCase):
    program = None

    @classmethod
    def setUpClass(cls):
        cls.project = Project(cls.program, cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.project.recipe(TARGETS, version="1.2.0")
        for target in ("boat", "desk"):
            code, out, err = cls.project.build("--for", target, "-o", target, seconds="0.1")
            assert code == 0, out + err

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.built = self.project.folder

    def slipway(self, *words, code=0):
        """stdout and stderr of a run in the folder of the builds."""
        done, out, err = self.project.run(*map(str, words))
        self.assertEqual(done, code, out + err)
        return out, err

    def pack(self, name="x.slip", folders=("boat",)):
        path = self.folder / name
        out, _ = self.slipway("pack", *folders, "-o", path, "--json")
        return path, json.loads(out)["manifest"]

    def test_what_was_built_comes_back_and_runs_with_the_same_bits(self):
        path, manifest = self.pack()
        self.slipway("unpack", path, "-o", self.folder / "x")
        target, = manifest["targets"]
        self.assertEqual((target["name"], target["precision"], set(target["parts"])), ("boat", "bf16", PARTS))
        self.assertEqual(contents(self.folder / "x/boat/bf16"), contents(self.built / "boat"))
        window = numbers(npz(self.folder / "x" / target["parts"]["golden_inputs"])["sensors.npy"])[:2000]
        wanted = numbers(npz(self.folder / "x" / target["parts"]["golden_outputs"])["rudder.npy"])[:4]
        header = (self.built / "samples.npy").read_bytes()[:128].replace(b"(240, 20, 25)", b"(1, 20, 25)  ")
        (self.folder / "window.npy").write_bytes(header + window)
        self.slipway("run", self.folder / "x" / target["file"], "--input", self.folder / "window.npy", "--output",
                     self.folder / "rudder.npy")
        self.assertEqual(numbers((self.folder / "rudder.npy").read_bytes()), wanted)

    def test_the_manifest_is_what_the_report_found(self):
        _, manifest = self.pack()
        report = self.project.report("boat")
        target, = manifest["targets"]
        chosen = report["candidates"][report["chosen"]]
        needs = target["needs"]
        self.assertEqual((manifest["name"], manifest["version"]), ("autopilot", "1.2.0"))
        self.assertEqual(manifest["inputs"], [{"name": "sensors", "dtype": "float", "dims": ["batch", 20, 25]}])
        self.assertEqual(manifest["outputs"], [{"name": "rudder", "dtype": "float", "dims": ["batch", 1]}])
        self.assertEqual(needs["architecture"], platform.machine().replace("_", "-"))
        self.assertEqual((needs["engine"], needs["engine_version"]), ("native", report["slipway"]))
        self.assertEqual(needs["memory_bytes"], chosen["memory_bytes"])
        self.assertEqual(target["threads"], chosen["threads"])

    def test_a_bundle_is_the_same_bytes_wherever_it_is_packed(self):
        path, _ = self.pack(folders=["boat", "desk"])
        other = self.folder / "other place"
        for name in ("desk", "boat"):
            shutil.copytree(self.built / name, other / name, copy_function=shutil.copyfile)
        for file in other.rglob("*"):
            os.utime(file, (0, 86400))
            file.chmod(0o700)
        self.slipway("pack", other / "boat", other / "desk", "-o", self.folder / "y.slip")
        self.assertEqual(path.read_bytes(), (self.folder / "y.slip").read_bytes())
        self.slipway("unpack", path, "-o", self.folder / "x")
        manifest = (self.folder / "x/manifest.json").read_bytes()
        files = contents(self.folder / "x")
        del files["manifest.json"]
        self.assertEqual(slip.archive(manifest, files.values()), path.read_bytes())

    def test_targets_of_several_builds_are_one_bundle(self):
        path, manifest = self.pack(folders=["desk", "boat"])
        self.assertEqual([target["name"] for target in manifest["targets"]], ["desk", "boat"])
        shown = json.loads(self.slipway("show", path, "--json", "--for-this-machine")[0])
        self.assertEqual(shown["manifest"], manifest)
        self.assertEqual(shown["this_machine"]["takes"], 0)
        self.assertEqual(len({file["sha256"] for file in manifest["files"]}), len(manifest["files"]) - 3)  # recipe, golden inputs, ONNX
        _, err = self.slipway("pack", "boat", "boat", code=1)
        self.assertIn("both for target 'boat' in bf16: build each with --for", err)

    def test_builds_of_two_models_are_no_bundle(self):
        shutil.copytree(self.built / "desk", self.folder / "desk")
        report = self.project.report("desk")
        report["model"]["version"] = "1.3.0"
        (self.folder / "desk/report.json").write_text(json.dumps(report))
        _, err = self.slipway("pack", "boat", self.folder / "desk", "-o", self.folder / "x.slip", code=1)
        self.assertIn("are of different versions: 1.2.0 and 1.3.0; a bundle is of one model", err)
        self.assertFalse((self.folder / "x.slip").exists())

    def test_the_name_is_the_models_where_none_is_given(self):
        self.addCleanup(shutil.rmtree, self.built / "autopilot-1.2.0")
        self.addCleanup((self.built / "autopilot-1.2.0.slip").unlink)
        _, err = self.slipway("pack", "boat")
        self.assertIn("wrote autopilot-1.2.0.slip", err)
        _, err = self.slipway("unpack", "autopilot-1.2.0.slip")
        self.assertIn("wrote autopilot-1.2.0/", err)

    def test_a_machine_that_cannot_run_it_is_told_from_the_manifest_alone(self):
        path, _ = self.pack()
        manifest, _ = slip.parts(path.read_bytes())
        document = json.loads(manifest)
        document["targets"][0]["needs"].update(architecture="riscv64", memory_bytes=1 << 50, power_mode="15W")
        alone = self.folder / "manifest.json"
        alone.write_bytes(slip.canonical(document))
        out, err = self.slipway("show", alone, "--for-this-machine", code=1)
        for reason in ("needs riscv64, this is ", "needs 1.00 PiB of memory, ", "needs the power mode 15W, in force is "):
            self.assertIn(reason, out)
        self.assertIn("this machine can run none of the targets of autopilot 1.2.0", err)

    def test_a_changed_byte_anywhere_is_seen(self):
        path, _ = self.pack()
        whole = path.read_bytes()
        for at in [0, 8, 12, 20, 50, 64, 1000, len(whole) // 2, len(whole) - 1]:
            changed = bytearray(whole)
            changed[at] ^= 4
            path.write_bytes(changed)
            with self.subTest(at=at):
                self.slipway("unpack", path, "-o", self.folder / "x", code=1)
                self.assertEqual([file.name for file in self.folder.iterdir()], ["x.slip"])

    def test_a_killed_unpack_leaves_no_folder(self):
        path, _ = self.pack(folders=["boat", "desk"])
        for turn in range(10):
            child = self.project.start("unpack", str(path), "-o", str(self.folder / "x"))
            time.sleep(0.002 * turn)
            child.send_signal(signal.SIGKILL)
            child.communicate()
            if (self.folder / "x").exists():
                self.slipway("show", self.folder / "x", "--check")
                shutil.rmtree(self.folder / "x")
        self.slipway("unpack", path, "-o", self.folder / "x")



def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, type=lambda path: pathlib.Path(path).resolve())
    Bundle.program = parser.parse_args().program
    unittest.main(argv=[sys.argv[0]])


if __name__ == "__main__":
    main()
