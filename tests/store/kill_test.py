"""Kills the real `slipway store` at random moments, on a real file system, and looks at what is left."""

import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import time

from bundles import make_bundle, strays

VERSIONS = ("1.0.0", "1.1.0", "1.2.0", "1.3.0")


class Store:
    def __init__(self, program, folder):
        self.program = program
        self.path = folder / "store"

    def command(self, *words):
        return [self.program, "store", str(self.path), *map(str, words)]

    def json(self, *words):
        done = subprocess.run(self.command(*words, "--json"), capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return json.loads(done.stdout)

    def state(self):
        """Installed versions, which one is active and which one before it."""
        if not (self.path / "store.json").exists():
            return (), "", ""
        rows = [row for row in self.json("list")["versions"] if not row["staged"]]
        one = {word: "".join(row["version"] for row in rows if row[word]) for word in ("active", "previous")}
        return tuple(row["version"] for row in rows), one["active"], one["previous"]


def killed(command, seconds):
    """Whether the command was still running after so long, and was killed."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        child.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return True
    assert child.returncode == 0, f"{command}: {child.returncode}"
    return False


def next_words(rng, state, bundles):
    """Something that can be done."""
    installed, active, previous = state
    choices = [("install", bundles[version]) for version in VERSIONS if version not in installed]
    choices += [("activate", "autopilot", version) for version in installed if version != active]
    if previous:
        choices += [("rollback", "autopilot")] * 2
        choices += [("prune",)] * 2
    return rng.choice(choices)


def expect_sound(store, before, after, what):
    state = store.state()
    allowed = [before, after]
    if what == "prune":  # one version after the other
        allowed += [(tuple(v for v in before[0] if v not in gone), *before[1:])
                    for gone in [set(before[0]) - set(after[0]) - {v} for v in before[0]]]
    assert state in allowed, f"{what}: {state} is neither {before} nor {after}"
    if (store.path / "store.json").exists():
        assert store.json("verify")["whole"], what
        log = store.json("log", "--verify")
        assert log["problems"] == [], f"{what}: {log['problems']}"


def sweep(program, folder, rng, seconds):
    bundles = {version: make_bundle(folder / version, version,
                                    {"boat/model.plan": rng.randbytes(1_500_000), "desk/model.onnx": rng.randbytes(400_000),
                                     "golden.npz": b"golden" * 1000, **{f"part{i}": rng.randbytes(2000) for i in range(8)}})
               for version in VERSIONS}
    store = Store(program, folder)
    (folder / "copy").mkdir()
    counts = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = store.state()
        words = next_words(rng, before, bundles)
        # What it leads to, and how long it takes, is known from a copy.
        copy = Store(program, folder / "copy")
        shutil.rmtree(copy.path, ignore_errors=True)
        if store.path.exists():
            subprocess.run(["cp", "-a", str(store.path), str(copy.path)], check=True)
        begin = time.monotonic()
        subprocess.run(copy.command(*words), check=True, capture_output=True)
        took = time.monotonic() - begin
        after = copy.state()
        was_killed = killed(store.command(*words), rng.uniform(0, 1.1) * took)
        expect_sound(store, before, after, words[0])
        counts.setdefault(words[0], [0, 0])[0 if was_killed else 1] += 1
        if store.state() != after:
            subprocess.run(store.command(*words), check=True, capture_output=True)
        else:  # what was left behind is put right by whatever comes next
            subprocess.run(store.command("unpin", "autopilot", after[0][0]), check=True, capture_output=True)
        expect_sound(store, after, after, words[0])
        left = strays(store.path)
        assert left == [], f"{words}: {left}"
    return counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--slipway", required=True)
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="slipway-kill-"))
    try:
        counts = sweep(os.path.abspath(arguments.slipway), folder, random.Random(arguments.seed), arguments.seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for action, (kills, ends) in sorted(counts.items()):
        print(f"{action}: killed {kills} times, came to its end {ends} times")
    assert sum(kills for kills, _ in counts.values()) > 0, "nothing was killed"


main()
