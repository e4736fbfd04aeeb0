"""Bundles beyond 2 and 4 GiB pack, show, unpack and verify in little memory. Their zeros are holes, so they take no disk.

usage: large_test.py --program build/bin/slipway [--gib N]   N: how large the largest is (4.1)
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import slip  # noqa: E402
from large import GIB, MARKS, Run, disk_bytes, has_marks, make_artifacts, places  # noqa: E402

MOST_DISK_BYTES = 16 << 20


def check_bundle(program, folder, size):
    files = make_artifacts(folder / "artifacts", size)
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
    print(f"{size / GIB:.2f} GiB: " + ", ".join(map(str, runs)))


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
