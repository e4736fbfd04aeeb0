#!/usr/bin/env python3
"""slipway store install next to sha256sum and a copy with fsync, of one bundle.

usage: compare.py SLIPWAY [--mb N] [--times N] [--json FILE] [--folder DIR]
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import time

# As far as packing reads what `slipway build` reports.
REPORT = {"format": 1, "target": "", "chosen": 0, "needs": {},
          "model": {"name": "boat", "version": "1.0.0", "inputs": [{"name": "x", "type": "float[n,3]"}],
                    "outputs": [{"name": "y", "type": "float"}]},
          "candidates": [{"engine": "native", "precision": "f32", "threads": 1}],
          "artifacts": {"runs": "model.plan", "onnx": "model.onnx", "golden_inputs": "inputs", "golden_outputs": "outputs",
                        "recipe": "recipe.toml"}}


def run(*words):
    """Seconds and peak bytes of a process; what it prints is dropped."""
    start = time.perf_counter()
    child = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = child.stderr.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, words))} ended with {child.returncode}:\n{said}")
    return seconds, usage.ru_maxrss * 1024


def make_bundle(slipway, folder, megabytes):
    artifacts = folder / "artifacts"
    artifacts.mkdir()
    (artifacts / "report.json").write_text(json.dumps(REPORT))
    for name in ("model.onnx", "inputs", "outputs", "recipe.toml"):
        (artifacts / name).write_text(name)
    generator = random.Random(1)
    with open(artifacts / "model.plan", "wb") as file:
        for _ in range(megabytes):
            file.write(generator.randbytes(1_000_000))
    run(slipway, "pack", artifacts, "-o", folder / "boat.slip")
    shutil.rmtree(artifacts)
    return folder / "boat.slip"


def settle(folder):
    """Nothing of the round before is left to be written or removed."""
    for name in ("copy", "store"):
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    os.sync()


def measure(slipway, bundle, folder, times):
    rounds = []
    for _ in range(times):
        settle(folder)
        hashed, _ = run("sha256sum", bundle)
        copied, _ = run("dd", f"if={bundle}", f"of={folder / 'copy'}", "bs=1M", "conv=fsync", "status=none")
        settle(folder)
        installed, peak = run(slipway, "store", folder / "store", "install", bundle)
        rounds.append((hashed, copied, installed, peak))
    run(slipway, "store", folder / "store", "verify")
    return rounds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("slipway")
    parser.add_argument("--mb", type=int, default=100)
    parser.add_argument("--times", type=int, default=9)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("build/bench/install"))
    arguments = parser.parse_args()
    shutil.rmtree(arguments.folder, ignore_errors=True)
    arguments.folder.mkdir(parents=True)
    try:
        bundle = make_bundle(arguments.slipway, arguments.folder, arguments.mb)
        rounds = measure(arguments.slipway, bundle, arguments.folder, arguments.times)
        size = bundle.stat().st_size
    finally:
        shutil.rmtree(arguments.folder)
    ratios = sorted(installed / (hashed + copied) for hashed, copied, installed, _ in rounds)
    hashed, copied, installed, peak = (statistics.median(column) for column in zip(*rounds))
    figures = {"bytes": size, "sha256sum_ms": 1000 * hashed, "copy_ms": 1000 * copied, "install_ms": 1000 * installed,
               "ratio": statistics.median(ratios), "ratio_min": ratios[0], "ratio_max": ratios[-1], "peak_bytes": peak}
    print(f"ratio {figures['ratio']:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), at most 1.3 is the goal: "
          f"{size / 1e6:.0f} MB installed in {1000 * installed:.0f} ms ({size / 1e6 / installed:.0f} MB/s, "
          f"{peak / 2**20:.0f} MiB of memory); sha256sum {1000 * hashed:.0f} ms + copy with fsync {1000 * copied:.0f} ms")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
