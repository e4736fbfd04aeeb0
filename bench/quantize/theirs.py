#!/usr/bin/env python3
"""Quantises a model with onnxruntime.quantization, as its users do, and prints the seconds of the call alone, and those
of calibration within it: from the model that gives its inner values to the ranges of these.

usage: theirs.py MODEL OUTPUT SAMPLES static|dynamic [MinMax|Entropy|Percentile]
"""

import logging
import os
import sys
import time
import zipfile

import numpy as np
import onnxruntime
from onnxruntime import quantization


class Reader(quantization.CalibrationDataReader):
    """One sample after the other."""

    def __init__(self, path, name):
        arrays = np.load(path)
        self.samples = iter(arrays[name] if zipfile.is_zipfile(path) else arrays)
        self.name = name

    def get_next(self):
        sample = next(self.samples, None)
        return None if sample is None else {self.name: sample[None]}


class Calibration:
    """Stands where quantize_static makes its calibrator, and notes when that was and when the ranges were there."""

    def __init__(self):
        module = sys.modules["onnxruntime.quantization.quantize"]  # a function of that name hides it
        self.make = module.create_calibrator
        self.seconds = 0.0
        module.create_calibrator = self

    def __call__(self, *arguments, **options):
        start = time.perf_counter()
        calibrator = self.make(*arguments, **options)
        compute = calibrator.compute_data

        def timed():
            ranges = compute()
            self.seconds = time.perf_counter() - start
            return ranges

        calibrator.compute_data = timed
        return calibrator


def main():
    model, output, samples, kind = sys.argv[1:5]
    logging.disable(logging.WARNING)
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # it prints as it goes
    name = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).get_inputs()[0].name
    calibration = Calibration()
    start = time.perf_counter()
    if kind == "dynamic":
        quantization.quantize_dynamic(model, output, per_channel=True, weight_type=quantization.QuantType.QInt8)
    else:
        quantization.quantize_static(model, output, Reader(samples, name), per_channel=True,
                                     calibrate_method=quantization.CalibrationMethod[sys.argv[5]],
                                     activation_type=quantization.QuantType.QUInt8,
                                     weight_type=quantization.QuantType.QInt8)
    seconds = time.perf_counter() - start
    print(seconds, calibration.seconds, file=sys.__stdout__)


if __name__ == "__main__":
    main()
