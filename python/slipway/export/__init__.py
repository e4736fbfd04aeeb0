"""Models of other frameworks as ONNX, compared with the framework's answers before they are there.

    slipway.export.torch(module, torch.zeros(1, 20, 25), "autopilot.onnx")
    slipway.export.sklearn(pipeline, "trees.onnx", sample=rows)
"""

from __future__ import annotations

from .sklearn_model import sklearn
from .torch_model import torch

__all__ = ["sklearn", "torch"]
