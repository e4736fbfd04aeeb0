#!/usr/bin/env python3
"""Writes policy.onnx, a small vision-language-action style transformer, and recorded_input.npz with two frames.

Needs only numpy and onnx. The weights are random with a fixed seed, not trained: the model has the operators,
sizes and value ranges of the real thing and no skill. The same command writes the same bytes again.
"""

import argparse
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

IMAGE = 224
PATCH = 16
PATCHES = (IMAGE // PATCH) ** 2
STATE = 48
WIDTH = 192
LAYERS = 6
HEADS = 3
MLP_WIDTH = 4 * WIDTH
ACTION = 7
OPSET = 17
SEED = 2025


class Builder:
    """Collects nodes and initialisers; every method returns the name of the value that it made."""

    def __init__(self):
        self.rng = np.random.default_rng(SEED)
        self.nodes = []
        self.initializers = []

    def constant(self, name, array):
        self.initializers.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def weight(self, name, *shape, deviation):
        return self.constant(name, self.rng.standard_normal(shape, np.float32) * np.float32(deviation))

    def shape(self, name, *sizes):
        return self.constant(name, np.array(sizes, np.int64))

    def node(self, operator, inputs, name, **attributes):
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def dense(self, x, name, inputs, outputs):
        weight = self.weight(f"{name}.weight", inputs, outputs, deviation=inputs**-0.5)
        bias = self.weight(f"{name}.bias", outputs, deviation=0.02)
        return self.node("Add", [self.node("MatMul", [x, weight], f"{name}.matmul"), bias], f"{name}.out")

    def layer_norm(self, x, name):
        scale = self.constant(f"{name}.scale", 1 + 0.1 * self.rng.standard_normal(WIDTH, np.float32))
        bias = self.weight(f"{name}.bias", WIDTH, deviation=0.02)
        return self.node("LayerNormalization", [x, scale, bias], f"{name}.out", axis=-1, epsilon=1e-6)

    def gelu(self, x, name):
        scaled = self.node("Mul", [x, "half_root"], f"{name}.scaled")
        bell = self.node("Add", [self.node("Erf", [scaled], f"{name}.erf"), "one"], f"{name}.bell")
        return self.node("Mul", [self.node("Mul", [x, bell], f"{name}.twice"), "half"], f"{name}.out")

    def attention(self, x, name):
        qkv = self.dense(x, f"{name}.qkv", WIDTH, 3 * WIDTH)
        split = self.node("Reshape", [qkv, "split_heads"], f"{name}.split")
        parts = self.node("Transpose", [split], f"{name}.parts", perm=[2, 0, 3, 1, 4])
        q, k, v = (self.node("Gather", [parts, f"index_{i}"], f"{name}.{letter}", axis=0)
                   for i, letter in enumerate("qkv"))
        keys = self.node("Transpose", [k], f"{name}.keys", perm=[0, 1, 3, 2])
        scores = self.node("Mul", [self.node("MatMul", [q, keys], f"{name}.scores"), "attention_scale"],
                           f"{name}.scaled")
        mixed = self.node("MatMul", [self.node("Softmax", [scores], f"{name}.softmax", axis=-1), v], f"{name}.mixed")
        tokens = self.node("Transpose", [mixed], f"{name}.tokens", perm=[0, 2, 1, 3])
        merged = self.node("Reshape", [tokens, "merge_heads"], f"{name}.merged")
        return self.dense(merged, f"{name}.project", WIDTH, WIDTH)

    def block(self, x, name):
        attended = self.attention(self.layer_norm(x, f"{name}.norm1"), f"{name}.attention")
        x = self.node("Add", [x, attended], f"{name}.residual1")
        hidden = self.dense(self.layer_norm(x, f"{name}.norm2"), f"{name}.mlp1", WIDTH, MLP_WIDTH)
        moved = self.dense(self.gelu(hidden, f"{name}.gelu"), f"{name}.mlp2", MLP_WIDTH, WIDTH)
        return self.node("Add", [x, moved], f"{name}.residual2")

    def tokens(self):
        """One token for the robot's state, then one for each patch of the image."""
        kernel = self.weight("patches.weight", WIDTH, 3, PATCH, PATCH, deviation=(3 * PATCH * PATCH) ** -0.5)
        bias = self.weight("patches.bias", WIDTH, deviation=0.02)
        grid = self.node("Conv", ["image", kernel, bias], "patches.conv",
                         kernel_shape=[PATCH, PATCH], strides=[PATCH, PATCH])
        rows = self.node("Reshape", [grid, "flatten_grid"], "patches.rows")
        patches = self.node("Transpose", [rows], "patches.tokens", perm=[0, 2, 1])
        state = self.node("Unsqueeze", [self.dense("robot_state", "state", STATE, WIDTH), "axis_1"], "state.token")
        joined = self.node("Concat", [state, patches], "tokens", axis=1)
        place = self.weight("position", 1, PATCHES + 1, WIDTH, deviation=0.02)
        return self.node("Add", [joined, place], "tokens.placed")

    def constants(self):
        self.shape("flatten_grid", 0, WIDTH, PATCHES)
        self.shape("split_heads", 0, PATCHES + 1, 3, HEADS, WIDTH // HEADS)
        self.shape("merge_heads", 0, PATCHES + 1, WIDTH)
        self.shape("axis_1", 1)
        for index in range(3):
            self.constant(f"index_{index}", np.array(index, np.int64))
        self.constant("attention_scale", np.array((WIDTH // HEADS) ** -0.5, np.float32))
        self.constant("half_root", np.array(0.5**0.5, np.float32))
        self.constant("one", np.array(1, np.float32))
        self.constant("half", np.array(0.5, np.float32))


def make_policy():
    build = Builder()
    build.constants()
    x = build.tokens()
    for layer in range(LAYERS):
        x = build.block(x, f"layer{layer}")
    state = build.node("Gather", [build.layer_norm(x, "final_norm"), "index_0"], "state.final", axis=1)
    build.nodes.append(helper.make_node("Tanh", [build.dense(state, "head", WIDTH, ACTION)], ["action"], name="action"))
    graph = helper.make_graph(
        build.nodes, "policy",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, IMAGE, IMAGE]),
         helper.make_tensor_value_info("robot_state", TensorProto.FLOAT, ["batch", STATE])],
        [helper.make_tensor_value_info("action", TensorProto.FLOAT, ["batch", ACTION])], build.initializers)
    model = helper.make_model(graph, producer_name="slipway examples", opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = 8
    return model


def recorded_input(frames=2):
    """Smooth random pictures, as a camera gives, normalised to about unit size, and joint states."""
    rng = np.random.default_rng(SEED + 1)
    coarse = rng.standard_normal((frames, 3, IMAGE // 8, IMAGE // 8), np.float32)
    image = coarse.repeat(8, axis=2).repeat(8, axis=3)
    image += np.float32(0.1) * rng.standard_normal(image.shape, np.float32)
    return {"image": image, "robot_state": rng.standard_normal((frames, STATE), np.float32)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, required=True, help="folder")
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    model = make_policy()
    onnx.checker.check_model(model, full_check=True)
    path = folder / "policy.onnx"
    path.write_bytes(model.SerializeToString(deterministic=True))
    np.savez(folder / "recorded_input.npz", **recorded_input())
    print(f"wrote {path}, {path.stat().st_size} bytes, and {folder / 'recorded_input.npz'}")


if __name__ == "__main__":
    main()
