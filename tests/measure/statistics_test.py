#!/usr/bin/env python3
"""slipway bench writes each run to a file and says what all of them come to: numpy, from the same file, must say the
same. A soak that other programs slow down more and more must end in that verdict.

usage: statistics_test.py SLIPWAY
"""

import csv
import fractions
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import numpy as np
import onnx

SLIPWAY = None
AUTOPILOT = pathlib.Path(__file__).resolve().parents[2] / "examples" / "autopilot" / "autopilot.onnx"
HALF_A_DIGIT_US = 0.0005  # of the file
# Runs, and what they are to show.
CASES = {
    "single": [AUTOPILOT, "--runs", "3000"],
    "few": [AUTOPILOT, "--runs", "11"],
    "too few to bound a tail": [AUTOPILOT, "--runs", "661"],
    "just enough": [AUTOPILOT, "--runs", "662"],
    "own percentiles": [AUTOPILOT, "--runs", "2500", "--percentile", "99.5", "--percentile", "75", "--confidence",
                        "95%"],
    "fixed rate": [AUTOPILOT, "--rate", "500", "--seconds", "2"],
    "counted in bins": ["relu.onnx", "--runs", "150000"],
}
SOAK_S = 16
LEAST_WINDOWS = 8  # of a verdict: libs/measure/soak.cc
LEAST_DRIFT = 0.02
# So many that whatever else the machine does counts for little.
LOADS_START_S = tuple(2 + 0.6 * i for i in range(16))
BUSY = [sys.executable, "-S", "-E", "-c", "while True: pass"]


def allowed_over(share, queries, confidence):
    """The most queries over a bound with which `share` of all stay within it, by that confidence: the most t with
    P(Binomial(queries, 1 - share) <= t) <= 1 - confidence; None where there is none above 0."""
    tail, best = 0.0, None
    for t in range(queries):
        log = (math.lgamma(queries + 1) - math.lgamma(t + 1) - math.lgamma(queries - t + 1)
               + t * math.log1p(-share) + (queries - t) * math.log(share))
        tail += math.exp(log)
        if tail > 1 - confidence:
            break
        best = t
    return best or None


def theil_sen(windows):
    """Drift and noise by libs/measure/soak.h."""
    starts, medians = (np.array([window[key] for window in windows]) for key in ("start_s", "p50_us"))
    i, j = np.triu_indices(len(windows), 1)
    heights = np.log(medians)
    slope = np.median((heights[j] - heights[i]) / (starts[j] - starts[i]))
    heights -= slope * (starts - starts[0])
    noise = 1.4826 * np.median(np.abs(heights - np.median(heights)))
    return np.expm1(slope * (starts[-1] - starts[0])), np.expm1(noise)


class Statistics(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def save(self, name, nodes, shape, constants=()):
        declared = [onnx.helper.make_tensor_value_info(value, onnx.TensorProto.FLOAT, shape) for value in ("x", "y")]
        graph = onnx.helper.make_graph(nodes, "measured", declared[:1], declared[1:], list(constants))
        opsets = [onnx.helper.make_opsetid("", 17)]
        onnx.save(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=8), self.folder / name)

    def bench(self, *arguments, meanwhile=None, **options):
        file = self.folder / "runs.csv"
        child = subprocess.Popen([str(SLIPWAY), "bench", *map(str, arguments), "--csv", str(file), "--json"],
                                 cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        if meanwhile:
            meanwhile()
        out, said = child.communicate()
        self.assertEqual(child.returncode, 0, said)
        with open(file, newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        return json.loads(out), rows

    def test_what_the_runs_come_to(self):
        self.save("relu.onnx", [onnx.helper.make_node("Relu", ["x"], ["y"])], [1])
        for name, arguments in CASES.items():
            with self.subTest(case=name):
                told, rows = self.bench(*arguments)
                self.check(told["load"], np.array([float(row["latency_us"]) for row in rows]),
                           np.array([float(row["end_s"]) for row in rows]))

    def check(self, load, latencies, ends):
        latency = load["latency"]
        count = len(latencies)
        self.assertEqual(latency["queries"], count)
        self.assertTrue((np.diff(ends) >= 0).all())
        self.assertLessEqual(abs(load["throughput_hz"] * load["seconds"] - count), 1e-6 * count)
        for figure, value in (("min_us", latencies.min()), ("max_us", latencies.max()), ("mean_us", latencies.mean()),
                              ("jitter_us", np.abs(np.diff(latencies)).mean()), ("deviation_us", latencies.std())):
            self.assertAlmostEqual(latency[figure], value, delta=2 * HALF_A_DIGIT_US + 1e-9 * value, msg=figure)
        resolution = latency.get("resolution", 0)
        self.assertEqual(resolution > 0, count > 1 << 17)
        ascending = np.sort(latencies)
        for row in latency["percentiles"]:
            # numpy.percentile(method="inverted_cdf") takes the next one where its product is rounded up.
            value = ascending[math.ceil(fractions.Fraction(str(row["share"])) * count) - 1]
            self.assertAlmostEqual(row["us"], value, delta=HALF_A_DIGIT_US + resolution * value, msg=str(row))
            over = allowed_over(row["share"], count, latency["confidence"])
            self.assertEqual("bound_us" in row, over is not None, row)
            if over is not None:
                bound = max(ascending[count - over], value)
                self.assertAlmostEqual(row["bound_us"], bound, delta=HALF_A_DIGIT_US + resolution * bound, msg=str(row))
        self.check_bins(latency["bins"], ascending, resolution)

    def check_bins(self, bins, ascending, resolution):
        self.assertEqual(sum(count for _, _, count in bins), len(ascending))
        for begin, end, _ in bins:
            self.assertLess(begin, end)
        below = 0
        for _, end, count in bins[:-1]:
            below += count
            # As many values lie below each edge, but for those that stand on it or share a bin with it.
            width = end * (resolution + 1e-9) + HALF_A_DIGIT_US
            self.assertLessEqual(np.searchsorted(ascending, end - width), below)
            self.assertGreaterEqual(np.searchsorted(ascending, end + width, side="right"), below)

    def test_a_soak_under_a_growing_load(self):
        # A run takes milliseconds, as long as the system lets a program have the processor while others wait.
        weights = onnx.numpy_helper.from_array(np.random.default_rng(1).normal(size=(1024, 1024)).astype(np.float32),
                                               "weights")
        self.save("product.onnx", [onnx.helper.make_node("MatMul", ["x", "weights"], ["y"])], [256, 1024], [weights])
        processor = min(os.sched_getaffinity(0))
        loads = []

        def begin():
            start = time.monotonic()
            for at in LOADS_START_S:
                time.sleep(max(0, start + at - time.monotonic()))
                loads.append(subprocess.Popen(BUSY, preexec_fn=lambda: os.sched_setaffinity(0, {processor})))

        try:
            told, rows = self.bench("product.onnx", "--soak", f"{SOAK_S}s", meanwhile=begin,
                                    preexec_fn=lambda: os.sched_setaffinity(0, {processor}))
        finally:
            for load in loads:
                load.kill()
                load.wait()
        soak = self.check_soak(told, rows)
        self.assertTrue(soak["is_drifting"], soak["verdict"])
        self.assertRegex(soak["verdict"], r"^drifting: .* % slower at the end")
        self.assertGreater(soak["last_us"], 1.5 * soak["first_us"])

    def test_a_soak_of_its_own(self):
        told, rows = self.bench(AUTOPILOT, "--soak", f"{SOAK_S}s")
        soak = self.check_soak(told, rows)
        self.assertGreaterEqual(len(soak["windows"]), LEAST_WINDOWS)

    def check_soak(self, told, rows):
        """The verdict follows from the windows, and the file has the same ones."""
        soak = told["load"]["soak"]
        windows = soak["windows"]
        self.assertEqual([int(row["runs"]) for row in rows], [window["queries"] for window in windows])
        for key in ("start_s", "p50_us", "p99_us", "max_us"):
            np.testing.assert_allclose([float(row[key]) for row in rows], [window[key] for window in windows],
                                       rtol=1e-4, err_msg=key)
        if len(windows) < LEAST_WINDOWS:
            self.assertRegex(soak["verdict"], "^too short")
            return soak
        drift, noise = theil_sen(windows)
        self.assertAlmostEqual(soak["drift"], drift, delta=1e-9 + 1e-9 * abs(drift))
        self.assertAlmostEqual(soak["noise"], noise, delta=1e-9)
        is_line = abs(drift) > max(LEAST_DRIFT, 3 * noise * math.sqrt(12 / len(windows)))
        moved = soak["last_us"] / soak["first_us"] - 1
        self.assertEqual(soak["is_drifting"], is_line and math.copysign(moved, moved * drift) > 0.8 * LEAST_DRIFT)
        fifth = max(len(windows) // 5, 1)
        medians = [window["p50_us"] for window in windows]
        self.assertAlmostEqual(soak["first_us"], np.median(medians[:fifth]), delta=1e-6)
        self.assertAlmostEqual(soak["last_us"], np.median(medians[-fifth:]), delta=1e-6)
        return soak


if __name__ == "__main__":
    SLIPWAY = pathlib.Path(sys.argv.pop(1)).absolute()
    unittest.main()
