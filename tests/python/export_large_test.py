#!/usr/bin/env python3
"""What PyTorch does with a model above 2 GiB, done with a small one: each tensor is a file that has its name. Needs
scripts/requirements-python.txt and torch."""

import pathlib
import tempfile
import unittest
from unittest import mock

import onnx
import slipway
import torch
from slipway.export import torch_model


class Weights(unittest.TestCase):
    def test_in_files_of_their_own_are_gathered(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        folder = pathlib.Path(temporary.name)
        write = torch_model.write_legacy

        def write_scattered(library, inputs, outputs, axes, opset, file):
            said = write(library, inputs, outputs, axes, opset, file)
            onnx.save(onnx.load(file), file, save_as_external_data=True, all_tensors_to_one_file=False, size_threshold=0,
                      convert_attribute=False)
            self.assertEqual({each.name for each in file.parent.iterdir()},
                             {"model.onnx", "0.weight", "0.bias", "2.weight", "2.bias"})
            return said

        another = folder / "0.weight"  # of another model, say
        another.write_bytes(b"another")
        model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
        with mock.patch.object(torch_model, "write_legacy", write_scattered):
            made = slipway.export.torch(model, torch.randn(1, 4), folder / "model.onnx")
        self.assertEqual(another.read_bytes(), b"another")
        self.assertEqual({each.name for each in folder.iterdir()}, {"model.onnx", "0.weight"})
        self.assertEqual(made.file_bytes, made.path.stat().st_size)
        self.assertTrue(slipway.check(made.path))


if __name__ == "__main__":
    unittest.main()
