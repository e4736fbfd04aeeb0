#!/usr/bin/env python3
"""slipway for Python next to onnxruntime in the same process, in turns: what a call costs, how fast the autopilot runs,
what importing takes, how threads scale. Medians.

usage: measure.py [--times N] [--json FILE]
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

import slipway

AUTOPILOT = pathlib.Path(__file__).resolve().parent.parent.parent / "examples" / "autopilot" / "autopilot.onnx"


def one_node():
    port = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "one", port[:1], port[1:])
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()


def both(source, threads):
    """Sessions of both; 0 threads are each one's default."""
    options = slipway.SessionOptions(), onnxruntime.SessionOptions()
    for each in options:
        each.intra_op_num_threads = threads
    return (slipway.InferenceSession(source, options[0]),
            onnxruntime.InferenceSession(source, options[1], providers=["CPUExecutionProvider"]))


def seconds_of(session, feed, runs):
    run, begin = session.run, time.perf_counter()
    for _ in range(runs):
        run(None, feed)
    return (time.perf_counter() - begin) / runs


def in_turns(sessions, feed, runs, times):
    """Seconds of a run, [session][turn]."""
    for session in sessions:
        seconds_of(session, feed, runs // 4)
    taken = [[seconds_of(session, feed, runs) for session in sessions] for _ in range(times)]
    return list(zip(*taken))


def import_seconds(times):
    """Of both packages, [package][turn], each in a process of its own."""
    def one(module):
        code = f"import time; begin = time.perf_counter(); import {module}; print(time.perf_counter() - begin)"
        return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)

    return list(zip(*((one("slipway"), one("onnxruntime")) for _ in range(times))))


def seconds_in_cpp(source):
    """The median run by the program `slipway bench`, which calls the engine from C++."""
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(source)
        file.flush()
        return slipway.benchmark(file.name, runs=20_000).p50_us * 1e-6


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        fields = dict(line.split(":", 1) for line in lines if ":" in line)
    fields = {key.strip(): value.strip() for key, value in fields.items()}
    vectors = next((name for name in ("avx512f", "avx2") if name in fields.get("flags", "").split()), "no AVX2")
    return f"{fields.get('model name', 'processor not told')} ({vectors})"


def rate_of_threads(session, feed, count, runs):
    threads = [threading.Thread(target=seconds_of, args=(session, feed, runs)) for _ in range(count)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return count * runs / (time.perf_counter() - begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    times, rows = arguments.times, []

    def row(name, taken, unit, scale):
        ours, theirs = (statistics.median(turns) for turns in taken)
        turns = sorted(b / a for a, b in zip(*taken))
        rows.append({"name": name, "slipway": ours * scale, "onnxruntime": theirs * scale, "unit": unit,
                     "ratio": theirs / ours, "fastest": [min(turns) * scale for turns in taken]})
        print(f"{theirs / ours:5.2f}  {turns[0]:5.2f} to {turns[-1]:5.2f}  {ours * scale:9.3f} {theirs * scale:9.3f} {unit:<3}"
              f" {name}", flush=True)

    cores = len(os.sched_getaffinity(0))
    print(f"{processor()}, {cores} cores; onnxruntime {onnxruntime.__version__}; medians of {times} turns")
    print(f"{'ratio':>5}  {'of each turn':>14}  {'slipway':>9} {'onnxrt':>9}")
    x = np.ones((1, 4), np.float32)
    sessions = both(one_node(), 1)
    assert all((s.run(None, {"x": x})[0] == x).all() for s in sessions)
    row("a call of a model of one node", in_turns(sessions, {"x": x}, 20_000, times), "us", 1e6)
    in_cpp = seconds_in_cpp(one_node()) * 1e6
    window = np.random.default_rng(0).standard_normal((1, 20, 25)).astype(np.float32)
    for threads, name in ((0, "the autopilot, default options"), (1, "the autopilot, one thread each")):
        sessions = both(str(AUTOPILOT), threads)
        answers = [s.run(None, {"sensors": window})[0] for s in sessions]
        assert np.allclose(*answers, atol=1e-5)
        row(name, in_turns(sessions, {"sensors": window}, 2_000, times), "us", 1e6)
    row("importing it", import_seconds(times), "ms", 1e3)
    one, many = (statistics.median(rate_of_threads(sessions[0], {"sensors": window}, n, 4_000) for _ in range(5))
                 for n in (1, 8))
    print(f"the call from C++ takes {in_cpp:.3f} us, from Python {rows[0]['slipway'] - in_cpp:.3f} us more")
    print(f"8 threads run the autopilot {many / one:.2f} times as often as one, on {cores} cores")
    if arguments.json:
        arguments.json.write_text(json.dumps({"rows": rows, "call_from_cpp_us": in_cpp, "threads_8": many / one,
                                              "cores": cores, "processor": processor()}, indent=2))


if __name__ == "__main__":
    main()
