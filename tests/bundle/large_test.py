"""Bundles beyond 2 and 4 GiB pack, show, unpack and verify in little memory. Their zeros are holes, so they take no disk.

usage: large_test.py --program build/bin/slipway [--gib N]   N: how large the largest is (4.1)
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import slip  # noqa: E402

GIB = 1 << 30
MOST_BYTES = 64 << 20
MOST_DISK_BYTES = 16 << 20
MARKS = (b"begin", b"middle", b"end")


class Run:
    """One run of slipway, and the most memory it took."""

    def __init__(self, program, folder, *words):
        start = time.monotonic()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = subprocess.Popen([program, *words], cwd=folder, stdout=out, stderr=err)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = self.code = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            self.out, self.err = out.read().decode(), err.read().decode()
        self.seconds, self.peak_bytes = time.monotonic() - start, usage.ru_maxrss * 1024
        if self.peak_bytes >= MOST_BYTES:
            sys.exit(f"slipway {' '.join(words)} took {self.peak_bytes >> 20} MiB of memory")

    def expect(self, code, said):
        if self.code != code or said not in self.out + self.err:
            sys.exit(f"exit code {self.code}, '{said}' expected:\n{self.out}{self.err}")
        return self


def places(size):
    return (0, size // 2 + 12345, size - len(MARKS[2]))


def write_sparse(path, size):
    """Three marks, and zeros that take no disk."""
    with open(path, "wb") as file:
        file.truncate(size)
        for place, mark in zip(places(size), MARKS):
            file.seek(place)
            file.write(mark)


def has_marks(path, size):
    with open(path, "rb") as file:
        for place, mark in zip(places(size), MARKS):
            file.seek(place)
            if file.read(len(mark)) != mark:
                return False
    return path.stat().st_size == size


def disk_bytes(folder):
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def check_bundle(program, folder, size):
    artifacts = folder / "artifacts"
    artifacts.mkdir()
    write_sparse(artifacts / "model.onnx", size)
    files = {"inputs": b"in", "outputs": b"out", "recipe.toml": b"#",
             **slip.artifacts_report("model.onnx", "model.onnx", "inputs", "outputs", "recipe.toml")}
    for name, content in files.items():
        (artifacts / name).write_bytes(content)
    runs = [Run(program, folder, "pack", "artifacts", "-o", "x.slip", "--json").expect(0, "wrote x.slip"),
            Run(program, folder, "show", "x.slip").expect(0, "default/f32/model.onnx"),
            Run(program, folder, "unpack", "x.slip", "-o", "x").expect(0, "every file as the manifest says")]
    manifest = json.loads(runs[0].out)["manifest"]
    entry, = [file for file in manifest["files"] if file["path"].endswith("model.onnx")]
    assert entry["bytes"] == size
    if not has_marks(folder / "x/default/f32/model.onnx", size):
        sys.exit("what was unpacked is not what was packed")
    for name, content in files.items():
        assert (folder / "x/default/f32" / name).read_bytes() == content, name
    # A byte behind all 32-bit offsets is as well looked after as any other.
    found, end = slip.offsets((folder / "x/manifest.json").read_bytes())
    assert (folder / "x.slip").stat().st_size == end
    with open(folder / "x.slip", "r+b") as file:
        file.seek(found[entry["sha256"]] + places(size)[2])
        assert file.read(len(MARKS[2])) == MARKS[2]
        file.seek(-1, os.SEEK_CUR)
        file.write(b"t")
    runs.append(Run(program, folder, "show", "x.slip", "--check").expect(1, "model.onnx is not what the manifest says"))
    with open(folder / "x.slip", "r+b") as file:
        file.truncate(end - 4 * GIB if end > 4 * GIB else end // 2)
    Run(program, folder, "show", "x.slip").expect(1, "the transfer was cut short")
    if disk_bytes(folder) > MOST_DISK_BYTES:
        sys.exit(f"{disk_bytes(folder) >> 20} MiB of disk where holes would do")
    print(f"{size / GIB:.2f} GiB: " + ", ".join(f"{run.seconds:.1f} s and {run.peak_bytes >> 20} MiB" for run in runs))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--gib", type=float, default=4.1)
    options = parser.parse_args()
    for gib in (2.1, options.gib):
        with tempfile.TemporaryDirectory() as folder:
            check_bundle(options.program, pathlib.Path(folder), int(gib * GIB))


if __name__ == "__main__":
    main()
