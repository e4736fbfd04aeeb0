"""Files of several GiB whose zeros take no disk, and runs of a program whose memory is watched."""

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
MARKS = (b"begin", b"middle", b"end")


class Run:
    """One run of a program, and the most memory it took. Where `watch` says so, it is killed."""

    def __init__(self, program, folder, *words, watch=None):
        start = time.monotonic()
        self.name = " ".join(map(str, (pathlib.Path(program).name, *words)))
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = subprocess.Popen([program, *map(str, words)], cwd=folder, stdout=out, stderr=err,
                                     env={**os.environ, "SLIPWAY_PASSPHRASE": "correct horse"})
            while watch is not None and child.poll() is None:
                if watch():
                    child.kill()
                    break
                time.sleep(0.005)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = self.code = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            self.out, self.err = out.read().decode(), err.read().decode()
        self.seconds, self.peak_bytes = time.monotonic() - start, usage.ru_maxrss * 1024
        if self.peak_bytes >= MOST_BYTES:
            sys.exit(f"{self.name} took {self.peak_bytes >> 20} MiB of memory")

    def expect(self, code, said):
        if self.code != code or said not in self.out + self.err:
            sys.exit(f"{self.name}: exit code {self.code}, '{said}' expected:\n{self.out}{self.err}")
        return self

    def __str__(self):
        return f"{self.seconds:.1f} s and {self.peak_bytes >> 20} MiB"


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
    """Of files, each once however many names it has."""
    files = {path.stat().st_ino: path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()}
    return sum(files.values())


def make_artifacts(folder, size):
    """What a build would leave, with a network of that size; the contents of all other files by their names."""
    folder.mkdir()
    write_sparse(folder / "model.onnx", size)
    files = {"inputs": b"in", "outputs": b"out", "recipe.toml": b"#",
             **slip.artifacts_report("model.onnx", "model.onnx", "inputs", "outputs", "recipe.toml")}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return files
