"""Exports the models of `./dev bench zoo` to ONNX, and samples for those that are quantised, each only if it is not there
yet.

usage: export.py FOLDER [--only TEXT]
Weights are random with a fixed seed. Normalisations get the statistics of one random batch, so that activations keep
their size through the deepest of them, then the model is exported as for use: by torch's own exporter, as users do.
"""

import argparse
import os
import pathlib
import warnings

import numpy as np
import torch
import torchvision

import perception
import policies

models = torchvision.models
IMAGE = (1, 3, 224, 224)
CLIP = (1, 3, 8, 112, 112)

QUANTISED = ("shufflenet_v2", "mobilenet_v3_large", "resnet18", "regnet_y", "densenet121", "squeezenet", "yolo_nano",
             "diffusion_unet", "mlp_mixer", "bilstm_ctc")
SAMPLES = 8


class Segmentation(torch.nn.Module):
    """Of torchvision's segmentation models the one output that a robot uses."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):
        return self.model(image)["out"]


def tokens(*shape):
    return torch.zeros(shape, dtype=torch.int64)


# name | how it is made | shapes of its inputs, or tensors | the operator set, old and new in turn, for they say the same
# in different operators.
ZOO = (
    ("shufflenet_v2", models.shufflenet_v2_x1_0, [IMAGE], 13),
    ("mnasnet", models.mnasnet1_0, [IMAGE], 17),
    ("mobilenet_v3_small", models.mobilenet_v3_small, [IMAGE], 13),
    ("mobilenet_v3_large", models.mobilenet_v3_large, [IMAGE], 17),
    ("resnet18", models.resnet18, [IMAGE], 13),
    ("resnext50", models.resnext50_32x4d, [IMAGE], 17),
    ("densenet121", models.densenet121, [IMAGE], 13),
    ("googlenet", lambda: models.googlenet(init_weights=False, aux_logits=False, transform_input=True), [IMAGE], 17),
    ("inception_v3", lambda: models.inception_v3(init_weights=False, aux_logits=False), [(1, 3, 299, 299)], 13),
    ("regnet_y", models.regnet_y_800mf, [IMAGE], 17),
    ("efficientnet_v2_s", models.efficientnet_v2_s, [IMAGE], 13),
    ("convnext_tiny", models.convnext_tiny, [IMAGE], 13),
    ("swin_t", models.swin_t, [IMAGE], 17),
    ("vit_b_16", models.vit_b_16, [IMAGE], 17),
    ("vgg11", models.vgg11, [IMAGE], 13),
    ("squeezenet", models.squeezenet1_1, [IMAGE], 17),
    ("lraspp", lambda: Segmentation(models.segmentation.lraspp_mobilenet_v3_large(weights_backbone=None)),
     [(1, 3, 240, 320)], 13),
    ("deeplab_v3", lambda: Segmentation(models.segmentation.deeplabv3_mobilenet_v3_large(weights_backbone=None)),
     [(1, 3, 240, 320)], 17),
    ("r2plus1d", models.video.r2plus1d_18, [CLIP], 13),
    ("mc3", models.video.mc3_18, [CLIP], 17),
    ("act_policy", policies.ActionChunks, [(1, 3, 240, 320), (1, 14), (1, 32)], 17),
    ("diffusion_unet", policies.DiffusionUnet, [(1, 16, 10), torch.tensor([7]), (1, 132)], 13),
    ("gru_attention", policies.Demonstrator, [(1, 50, 32), (1, 128), (1, 8)], 17),
    ("state_space_tcn", policies.StateSpaceTcn, [(1, 12, 32)], 13),
    ("language_step", policies.LanguageStep,
     [tokens(1, 1), torch.tensor([[96]]), (4, 1, 2, 96, 64), (4, 1, 2, 96, 64)], 17),
    ("visuomotor_step", policies.VisuomotorStep, [(1, 3, 120, 160), (1, 9), (2, 1, 256), (2, 1, 256)], 13),
    ("yolo_nano", perception.Detector, [(1, 3, 320, 320)], 17),
    ("pointnet", perception.PointNet, [(1, 1024, 3)], 13),
    ("bilstm_ctc", perception.SpeechRecogniser, [(1, 200, 40)], 17),
    ("mlp_mixer", perception.Mixer, [(1, 3, 160, 160)], 13),
)


def spread(model):
    """What begins as one constant gets numbers of its own: scales that hide a layer, heads and biases of zeros."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.numel() == 1 or parameter.min() != parameter.max():
                continue
            if parameter.flatten()[0] == 0:
                parameter.normal_(0, 0.05)
            else:
                parameter.uniform_(0.5, 1)


def settle(model, inputs):
    """Some samples through the model as in training, so that every normalisation holds their mean and variance."""
    norms = [module for module in model.modules() if isinstance(module, torch.nn.modules.batchnorm._BatchNorm)]
    if not norms:
        return
    for norm in norms:
        norm.momentum = 1.0
    model.train()
    with torch.no_grad():
        model(*(torch.cat([x] + [torch.randn_like(x) if x.is_floating_point() else x] * 3) for x in inputs))
        for norm in norms:  # a channel that these samples leave at rest is not to explode with the next
            norm.running_var.clamp_(min=0.1 * norm.running_var.mean().item())


def export(name, make, shapes, opset, folder):
    torch.manual_seed(7)
    model = make()
    spread(model)
    inputs = tuple(torch.randn(shape) if isinstance(shape, tuple) else shape for shape in shapes)
    settle(model, inputs)
    model.eval()
    new = folder / f"{name}.onnx.new"
    torch.onnx.export(model, inputs, str(new), opset_version=opset,
                      input_names=[f"x{i}" for i in range(len(inputs))])
    os.replace(new, folder / f"{name}.onnx")


def write_samples(path, shapes):
    generator = np.random.default_rng(7)
    samples = {}
    for i, shape in enumerate(shapes):
        if isinstance(shape, tuple):
            samples[f"x{i}"] = generator.standard_normal((SAMPLES, *shape[1:]), np.float32)
        else:
            samples[f"x{i}"] = np.repeat(shape.numpy(), SAMPLES, axis=0)
    np.savez(path, **samples)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    for name, make, shapes, opset in ZOO:
        if arguments.only not in name:
            continue
        if not (arguments.folder / f"{name}.onnx").exists():
            print(f"exporting {name}", flush=True)
            export(name, make, shapes, opset, arguments.folder)
        samples = arguments.folder / f"{name}.npz"
        if name in QUANTISED and not samples.exists():
            write_samples(samples, shapes)


if __name__ == "__main__":
    main()
