#!/usr/bin/env python3
"""Trains two networks that read handwritten digits and writes plain.onnx, separable.onnx, and the data beside them.

Needs numpy, scikit-learn (its `digits`, 1,797 real ones) and torch 1.13 (Debian 12: apt install python3-torch
python3-sklearn) and half a minute of one core. Fixed seeds and one thread: the same machine writes the same files.
"""

import argparse
import pathlib

import numpy as np
import torch
from sklearn.datasets import load_digits

HERE = pathlib.Path(__file__).resolve().parent
TEST_IMAGES = 597
CALIBRATION_IMAGES = 1000


def norm_relu(channels, top=None):
    return [torch.nn.BatchNorm2d(channels), torch.nn.ReLU() if top is None else torch.nn.Hardtanh(0, top)]


def plain():
    """Four convolutions and a dense layer."""
    conv = torch.nn.Conv2d
    return torch.nn.Sequential(
        conv(1, 16, 3, padding=1, bias=False), *norm_relu(16),
        conv(16, 32, 3, padding=1, bias=False), *norm_relu(32),
        torch.nn.MaxPool2d(2),
        conv(32, 32, 3, padding=1, bias=False), *norm_relu(32),
        conv(32, 48, 3, padding=1, bias=False), *norm_relu(48),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(48 * 4, 10))


class Block(torch.nn.Module):
    """Depthwise, then pointwise; the sum with its input where the shape stays."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        conv = torch.nn.Conv2d
        wide = inputs * 2
        self.layers = torch.nn.Sequential(
            conv(inputs, wide, 1, bias=False), *norm_relu(wide),
            conv(wide, wide, 3, stride=stride, padding=1, groups=wide, bias=False), *norm_relu(wide),
            conv(wide, outputs, 1, bias=False), torch.nn.BatchNorm2d(outputs))
        self.is_residual = inputs == outputs and stride == 1

    def forward(self, x):
        y = self.layers(x)
        return x + y if self.is_residual else y


class Separable(torch.nn.Module):
    """MobileNetV2's blocks, small."""

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(1, 16, 3, padding=1, bias=False), *norm_relu(16),
            Block(16, 16, 1), Block(16, 24, 2), Block(24, 24, 1), Block(24, 32, 2), Block(32, 32, 1),
            torch.nn.Conv2d(32, 64, 1, bias=False), *norm_relu(64),
            torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(64, 10))
        self.spread()

    def spread(self):
        """What goes into a depthwise layer begins at very different sizes, as the channels of large trained networks end.

        On a task this small training alone leaves them alike, and no way of quantising would be told from another.
        """
        for block in self.modules():
            if isinstance(block, Block):
                scale = block.layers[1].weight
                scale.data *= torch.logspace(-SPREAD, SPREAD, len(scale))[torch.randperm(len(scale))]

    def forward(self, x):
        return self.layers(x)


SPREAD = 1.0


def load():
    """Training, calibration and test images [n,1,8,8] from 0 to 1, and labels."""
    digits = load_digits()
    images = (digits.images / 16).astype(np.float32)[:, None]
    order = np.random.default_rng(5).permutation(len(images))
    images, labels = images[order], digits.target[order].astype(np.int64)
    return (images[TEST_IMAGES:], labels[TEST_IMAGES:]), (images[:TEST_IMAGES], labels[:TEST_IMAGES])


def shifted(images, shuffle):
    """Each image moved by up to a pixel."""
    padded = torch.nn.functional.pad(images, (1, 1, 1, 1))
    corners = torch.randint(0, 3, (len(images), 2), generator=shuffle).tolist()
    return torch.stack([padded[i, :, y:y + 8, x:x + 8] for i, (y, x) in enumerate(corners)])


def train(model, images, labels, epochs):
    images, labels = torch.from_numpy(images), torch.from_numpy(labels)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    shuffle = torch.Generator().manual_seed(1)
    model.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(images), generator=shuffle).split(50):
            loss = torch.nn.functional.cross_entropy(model(shifted(images[batch], shuffle)), labels[batch],
                                                     label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
    model.eval()


def accuracy(model, images, labels):
    with torch.no_grad():
        return (model(torch.from_numpy(images)).argmax(1).numpy() == labels).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, default=HERE, help="the folder to write to")
    parser.add_argument("--epochs", type=int, default=60)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    (images, labels), (test_images, test_labels) = load()
    for name, make in (("plain", plain), ("separable", Separable)):
        torch.manual_seed(7)
        model = make()
        train(model, images, labels, arguments.epochs)
        print(f"{name}: {100 * accuracy(model, images, labels):.2f} % of the training images, "
              f"{100 * accuracy(model, test_images, test_labels):.2f} % of the test images")
        torch.onnx.export(model, torch.zeros(1, 1, 8, 8), arguments.out / f"{name}.onnx", opset_version=13,
                          input_names=["image"], output_names=["scores"],
                          dynamic_axes={"image": {0: "batch"}, "scores": {0: "batch"}})
    np.savez_compressed(arguments.out / "calibration.npz", image=images[:CALIBRATION_IMAGES])
    np.savez_compressed(arguments.out / "test.npz", image=test_images)
    np.save(arguments.out / "test_labels.npy", test_labels)


if __name__ == "__main__":
    main()
