"""Of a model of hundreds of MB a delta is applied in 16 MB of memory, and goes on where it was killed.

usage: large_test.py --program build/bin/slipway [--mib N]   N: how large the model is (384)
"""

import argparse
import hashlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import onnx_bytes as onnx  # noqa: E402

MIB = 1 << 20
MOST_PEAK_BYTES = 16 * MIB  # of the whole process
FLOAT, INT8, ROW = 1, 3, 1024
CHANGED_FLOATS, CHANGED_BYTES, NOTES_BYTES = 5 * MIB, 9 * MIB, 3 * MIB  # beyond what one operation may have


def floats(chance, size):
    """Random ones near 0.1 whose lowest bits are their own."""
    out = bytearray(chance.randbytes(size))
    out[2::4] = bytes(0x80 | byte & 0x7F for byte in out[2::4])
    out[3::4] = bytes(0x3D | byte & 0x80 for byte in out[3::4])
    return bytes(out)


def trained(chance, data):
    """The lowest byte of each is another."""
    out = bytearray(data)
    out[0::4] = chance.randbytes(len(out) // 4)
    return bytes(out)


def quantised_again(data):
    """Each row is larger by a factor of its own."""
    out = bytearray()
    for row in range(0, len(data), ROW):
        factor = 1 + row // ROW % 7 / 60
        out += data[row:row + ROW].translate(bytes(round((x - 256 if x > 127 else x) * factor) & 255 for x in range(256)))
    return bytes(out)


def small_bytes(chance, size):
    return chance.randbytes(size).translate(bytes((x - 128) * 3 // 4 & 255 for x in range(256)))


def notes(chance, size):
    words = [b"layer ", b"weight ", b"scale ", b"the ", b"of ", b"bias\n"]
    out = b"".join(chance.choices(words, k=size // 4))
    return out[:size]


def tensor(name, kind, dims, size):
    """A TensorProto but for its bytes, which follow: so they need not be in memory."""
    head = b"".join(onnx.number(1, dim) for dim in dims) + onnx.number(2, kind) + onnx.text(8, name)
    head += onnx.varint(9 << 3 | 2) + onnx.varint(size)
    return onnx.varint(5 << 3 | 2) + onnx.varint(len(head) + size) + head


def write_model(path, parts, mib):
    """Tensors that changed, and between them those that did not, whose zeros take no disk. (head, content or size)."""
    changed = [(tensor(name, kind, [len(data) // (ROW * (4 if kind == FLOAT else 1)), ROW], len(data)), data)
               for name, kind, data in parts["tensors"]]
    same = (mib * MIB - sum(len(data) for _, data in changed) - NOTES_BYTES) // (len(changed) + 1) // (4 * ROW)
    still = [(tensor(f"still{i}", FLOAT, [same, ROW], same * 4 * ROW), same * 4 * ROW) for i in range(len(changed) + 1)]
    pieces = [piece for pair in zip(still, changed) for piece in pair] + [still[-1]]
    body = onnx.text(10, parts["notes"])  # the graph's text
    size = len(body) + sum(len(head) + (data if isinstance(data, int) else len(data)) for head, data in pieces)
    with open(path, "wb") as file:
        file.write(onnx.number(1, 8) + onnx.varint(7 << 3 | 2) + onnx.varint(size) + body)
        for head, data in pieces:
            file.write(head)
            if isinstance(data, int):
                file.seek(data, os.SEEK_CUR)
            else:
                file.write(data)
        file.truncate()


def make_models(folder, mib):
    chance = random.Random(7)
    before = {"a": floats(chance, CHANGED_FLOATS), "b": small_bytes(chance, CHANGED_BYTES), "c": floats(chance, CHANGED_FLOATS)}
    after = {"a": trained(chance, before["a"]), "b": quantised_again(before["b"]), "c": trained(chance, before["c"])}
    for name, data in (("old.onnx", before), ("new.onnx", after)):
        kinds = [(key, INT8 if key == "b" else FLOAT, content) for key, content in data.items()]
        write_model(folder / name, {"tensors": kinds, "notes": notes(chance, NOTES_BYTES)}, mib)


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(MIB):
            digest.update(piece)
    return digest.hexdigest()


def peak_bytes(child):
    """The most memory it had until now, or 0 where it is gone."""
    try:
        status = pathlib.Path(f"/proc/{child.pid}/status").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmHWM:"))


def size_of(path):
    try:
        return path.stat().st_size
    except OSError:
        return 0


def patch(program, folder, most_bytes=None):
    """Runs slipway patch, which is killed once it has written `most_bytes`: its exit code, output, peak."""
    part = folder / "made.part"
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen([program, "patch", "old.onnx", "delta", "-o", "made", "--json"], cwd=folder, stdout=out)
        peak = 0
        while child.poll() is None:
            peak = max(peak, peak_bytes(child))
            if most_bytes is not None and size_of(part) >= most_bytes:
                child.kill()
                child.wait()
                break
            time.sleep(0.002)
        out.seek(0)
        return child.returncode, out.read(), peak


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--mib", type=int, default=384)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_models(folder, options.mib)
        start = time.monotonic()
        subprocess.run([options.program, "delta", "old.onnx", "new.onnx", "-o", "delta"], cwd=folder, check=True)
        size, delta = (folder / "new.onnx").stat().st_size, (folder / "delta").stat().st_size
        print(f"a delta of {delta / MIB:.1f} MiB for {size / MIB:.0f} in {time.monotonic() - start:.0f} s", flush=True)
        wanted = sha256(folder / "new.onnx")

        code, _, first_peak = patch(options.program, folder, size // 2)
        if code != -signal.SIGKILL or (folder / "made").exists():
            sys.exit(f"killed half way, the exit code was {code}")
        code, out, peak = patch(options.program, folder)
        if code != 0 or sha256(folder / "made") != wanted:
            sys.exit(f"resumed, it did not give the new file: exit code {code}")
        resumed = json.loads(out)["resumed_bytes"]
        if not size // 4 < resumed < size:
            sys.exit(f"it went on after {resumed} of {size} bytes")
        (folder / "made").unlink()
        code, out, whole_peak = patch(options.program, folder)
        if code != 0 or json.loads(out)["resumed_bytes"] != 0 or sha256(folder / "made") != wanted:
            sys.exit(f"in one go, it did not give the new file: exit code {code}")
        peaks = [first_peak, peak, whole_peak]
        print(f"resumed after {resumed / MIB:.0f} MiB; peaks of {', '.join(f'{of / MIB:.1f}' for of in peaks)} MiB")
        if not 0 < max(peaks) <= MOST_PEAK_BYTES:
            sys.exit(f"more than {MOST_PEAK_BYTES >> 20} MiB of memory")


if __name__ == "__main__":
    main()
