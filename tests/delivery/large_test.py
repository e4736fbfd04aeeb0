"""Bundles beyond 2 and 4 GiB go the whole way: packed, published, installed by signed metadata, verified, in little memory.

usage: large_test.py SLIPWAY SLIPWAY-TUF [--gib N]   N: how large the largest is (4.1)
"""

import argparse
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bundle"))

from large import GIB, MOST_BYTES, Run, disk_bytes, has_marks, make_artifacts  # noqa: E402

MOST_HOLES_BYTES = 16 << 20  # of disk, for what zeros lie in as holes
SERVER = """
import functools, http.server, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
handler.log_message = lambda *_: None
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


@contextlib.contextmanager
def served(folder):
    """The folder behind a web server that is a process of its own: yields its URL."""
    server = subprocess.Popen([sys.executable, "-c", SERVER, folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True)
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.kill()
        server.communicate()


def size_of(path):
    """Of a file that another process may just have given its final name: 0 then."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


class Way:
    """A publisher and a device in one folder."""

    def __init__(self, programs, folder, size):
        self.programs, self.folder, self.size = programs, folder, size
        self.runs = {}

    def run(self, name, *words, said, code=0, watch=None, program="slipway"):
        self.runs[name] = Run(self.programs[program], self.folder, *words, watch=watch).expect(code, said)
        return self.runs[name]

    def publish(self):
        make_artifacts(self.folder / "artifacts", self.size)
        self.run("pack", "pack", "artifacts", "-o", "x.slip", "--json", said="wrote x.slip")
        self.name = json.loads(self.runs["pack"].out)["manifest"]["name"]
        self.run("keys", "keys", "new", "keys", said="made the keys")
        self.run("publish", "publish", "x.slip", "--to", "repository", "--keys", "keys", said="published: targets version 1")
        if disk_bytes(self.folder) > MOST_HOLES_BYTES:
            sys.exit(f"{disk_bytes(self.folder) >> 20} MiB of disk where holes would do")
        self.run("init", "--metadata-dir", "trusted", "init", "repository/metadata/1.root.json", said="",
                 program="slipway-tuf")

    def install(self, name, url, *words, said="is active", **how):
        return self.run(name, "store", "robot", "install", self.name, "--repository", url, "--metadata-dir", "trusted",
                        "--retries", "0", "--any-machine", "--activate", *words, said=said, **how)

    def has_arrived(self, least_bytes):
        return any(size_of(path) > least_bytes for path in self.folder.glob("robot/staging/*/*.part"))

    def verify(self):
        active = self.run("path", "store", "robot", "path", self.name, said="robot").out.strip()
        if not has_marks(self.folder / active / "default/f32/model.onnx", self.size):
            sys.exit("what was installed is not what was packed")
        self.run("verify", "store", "robot", "verify", said="all is as it was installed")

    def told(self):
        most = max(run.peak_bytes for run in self.runs.values())
        times = ", ".join(f"{name} {run.seconds:.1f} s" for name, run in self.runs.items() if run.seconds >= 0.5)
        return (f"{self.size / GIB:.2f} GiB: {times}; at most {most >> 20} of {MOST_BYTES >> 20} MiB of memory, "
                f"{disk_bytes(self.folder) >> 20} MiB of disk")


def check_beyond_2_gib(way):
    way.publish()
    way.install("install", f"file://{way.folder}/repository")
    way.verify()


# By HTTP until the device is killed beyond all 32-bit offsets; then on from there, from a stick.
def check_beyond_4_gib(way):
    way.publish()
    with served(way.folder / "repository") as url:
        way.install("install, killed", url, said="", code=-9, watch=lambda: way.has_arrived(4 * GIB))
    way.install("install, gone on with", "repository", said="from an interrupted installation")
    way.verify()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slipway", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("slipway_tuf", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--gib", type=float, default=4.1)
    options = parser.parse_args()
    programs = {"slipway": options.slipway, "slipway-tuf": options.slipway_tuf}
    for gib, check in ((2.1, check_beyond_2_gib), (options.gib, check_beyond_4_gib)):
        with tempfile.TemporaryDirectory() as folder:
            way = Way(programs, pathlib.Path(folder), int(gib * GIB))
            check(way)
            print(way.told(), flush=True)


if __name__ == "__main__":
    main()
