"""Helpers for a program on a robot: an engine with a log, many threads on one model, an autopilot with its window, the
machine's load, health, and whether a model is the one that was meant.

`python -m slipway.edge --model M --input IN.npy --output OUT.npy` runs a model once.
"""

from __future__ import annotations

from .autopilot import AutopilotInference
from .engine import EdgeInferenceEngine, main
from .health import health_check
from .integrity import model_hmac, verify_model_integrity
from .memory import MemoryEfficientInference
from .monitor import EdgeMonitor
from .threads import InferenceResult, MultiThreadedInference

__all__ = [
    "AutopilotInference",
    "EdgeInferenceEngine",
    "EdgeMonitor",
    "InferenceResult",
    "MemoryEfficientInference",
    "MultiThreadedInference",
    "health_check",
    "main",
    "model_hmac",
    "verify_model_integrity",
]
