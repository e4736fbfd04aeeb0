"""Trains a residual network on scikit-learn's digits, and what an owner of it would ship next: the same network
fine-tuned on newer images in several ways. Fixed seeds, one thread: the same machine writes the same files."""

import argparse
import copy
import pathlib

import numpy as np
import torch
from sklearn.datasets import load_digits

TEST_IMAGES = 297


def convolution(inputs, outputs, size=3, stride=1):
    return [torch.nn.Conv2d(inputs, outputs, size, stride=stride, padding=size // 2, bias=False),
            torch.nn.BatchNorm2d(outputs)]


class Residual(torch.nn.Module):
    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.layers = torch.nn.Sequential(*convolution(inputs, outputs, 3, stride), torch.nn.ReLU(),
                                          *convolution(outputs, outputs))
        self.around = (torch.nn.Identity() if inputs == outputs
                       else torch.nn.Sequential(*convolution(inputs, outputs, 1, stride)))

    def forward(self, x):
        return torch.relu(self.layers(x) + self.around(x))


def network(width):
    """2.5 million parameters at a width of 64, 10 MB."""
    head = torch.nn.Sequential(torch.nn.Linear(4 * width, 8 * width), torch.nn.ReLU(), torch.nn.Linear(8 * width, 10))
    body = torch.nn.Sequential(*convolution(1, width), torch.nn.ReLU(), Residual(width, width),
                               Residual(width, 2 * width, 2), Residual(2 * width, 4 * width, 2),
                               Residual(4 * width, 4 * width), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    return torch.nn.Sequential(body, head)


def train(model, images, labels, steps, optimiser, seed, watches=True):
    """`watches`: normalisation goes on following the statistics of what it sees."""
    shuffle = torch.Generator().manual_seed(seed)
    model.train(watches)
    for _ in range(steps):
        batch = torch.randint(0, len(images), (32,), generator=shuffle)
        noisy = images[batch] + 0.05 * torch.randn(images[batch].shape, generator=shuffle)
        loss = torch.nn.functional.cross_entropy(model(noisy), labels[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    digits = load_digits()
    order = np.random.default_rng(5).permutation(len(digits.images))
    images = torch.tensor((digits.images / 16).astype(np.float32))[order][:, None]
    labels = torch.tensor(digits.target.astype(np.int64))[order]
    tests = (images[-TEST_IMAGES:], labels[-TEST_IMAGES:])
    first, newer = slice(0, 900), slice(700, 1500)
    steps = 60 if options.quick else 200

    def export(model, name):
        with torch.no_grad():
            right = (model(tests[0]).argmax(1) == tests[1]).float().mean()
        print(f"{name}: {100 * right:.1f} % of the test images", flush=True)
        torch.onnx.export(model, torch.zeros(1, 1, 8, 8), options.out / f"{name}.onnx", opset_version=13,
                          input_names=["image"], output_names=["scores"])

    torch.manual_seed(1)
    base = network(24 if options.quick else 64)
    train(base, images[first], labels[first], 2 * steps, torch.optim.AdamW(base.parameters(), 1e-3), 1)
    train(base, images[first], labels[first], steps, torch.optim.AdamW(base.parameters(), 1e-4), 2)
    export(base, "base")
    for name, optimiser, watches in (
            ("adam", lambda p: torch.optim.AdamW(p, 1e-5), True),
            ("adam_frozen", lambda p: torch.optim.AdamW(p, 1e-5), False),
            ("adam_fast", lambda p: torch.optim.AdamW(p, 1e-4), True),
            ("sgd", lambda p: torch.optim.SGD(p, 1e-3, momentum=0.9), True)):
        tuned = copy.deepcopy(base)
        train(tuned, images[newer], labels[newer], steps, optimiser(tuned.parameters()), 3, watches)
        export(tuned, name)
    tuned = copy.deepcopy(base)
    train(tuned, images[newer], labels[newer], steps, torch.optim.AdamW(tuned[1].parameters(), 1e-4), 4, False)
    export(tuned, "head")
    np.savez(options.out / "samples_a.npz", image=images[:200].numpy())
    np.savez(options.out / "samples_b.npz", image=images[300:500].numpy())


if __name__ == "__main__":
    main()
