"""The autopilot from Python: what a program for ONNX Runtime does, its import changed. usage: demo.py MODEL RECORDING"""

import sys

import numpy as np

import slipway as ort

model, recording = sys.argv[1:]
session = ort.InferenceSession(model)
entry = session.get_inputs()[0]
print(f"input   {entry.name} {entry.type} {entry.shape}")
rudder, = session.run(None, {entry.name: np.load(recording)})
print(f"output  {session.get_outputs()[0].name} of {len(rudder)} windows, from {rudder.min():.2f} to {rudder.max():.2f}")
print(ort.benchmark(model, seconds=1))
