#!/usr/bin/env python3
"""A policy that sees: a camera's picture and the robot's state in, an action out. A small vision transformer learns to
reach a bright spot, becomes ONNX with two named inputs and an open batch through slipway.export, is made smaller, and
moves the arm in simulation, run by slipway.

Needs slipway and torch. `--quick` trains for seconds; without, for a minute or two.
"""

import argparse
import json
import pathlib

import numpy as np
import torch

import slipway

PIXELS, PATCH, WIDTH, STATE, ACTION = 32, 8, 32, 48, 7
STEPS = {True: 240, False: 3000}  # by `quick`
REACH = 0.2  # how far an action moves the arm, of the picture's half width


class Block(torch.nn.Module):
    """A layer of a transformer."""

    def __init__(self):
        super().__init__()
        self.norms = torch.nn.ModuleList([torch.nn.LayerNorm(WIDTH), torch.nn.LayerNorm(WIDTH)])
        self.attention = torch.nn.MultiheadAttention(WIDTH, 4, batch_first=True)
        self.think = torch.nn.Sequential(torch.nn.Linear(WIDTH, 4 * WIDTH), torch.nn.GELU(),
                                         torch.nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, tokens):
        seen = self.norms[0](tokens)
        tokens = tokens + self.attention(seen, seen, seen, need_weights=False)[0]
        return tokens + self.think(self.norms[1](tokens))


class Policy(torch.nn.Module):
    """Patches of the picture and one token for the state; the action is read off the state's token."""

    def __init__(self):
        super().__init__()
        self.patches = torch.nn.Conv2d(3, WIDTH, PATCH, stride=PATCH)
        self.state = torch.nn.Linear(STATE, WIDTH)
        self.place = torch.nn.Parameter(0.5 * torch.randn(1, 1 + (PIXELS // PATCH) ** 2, WIDTH))
        self.blocks = torch.nn.Sequential(Block(), Block())
        self.head = torch.nn.Linear(WIDTH, ACTION)

    def forward(self, image, robot_state):
        tokens = self.patches(image).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.state(robot_state)[:, None], tokens], 1) + self.place
        return torch.tanh(self.head(self.blocks(tokens)[:, 0]))


def scene(rng, arm, spot):
    """What the robot senses: noise with a bright spot, and a state that begins with where the arm is."""
    count = len(arm)
    axis = np.linspace(-1, 1, PIXELS)
    x, y = spot[:, 0, None, None], spot[:, 1, None, None]
    glow = np.exp(-((axis[None, None, :] - x) ** 2 + (axis[None, :, None] - y) ** 2) / 0.03)
    image = 0.1 * rng.standard_normal((count, 3, PIXELS, PIXELS)) + glow[:, None]
    state = 0.1 * rng.standard_normal((count, STATE))
    state[:, :2] = arm
    return {"image": image.astype(np.float32), "robot_state": state.astype(np.float32)}


def wanted(arm, spot):
    """The teacher: at full speed towards the spot, slower when it is near; joints beyond the first two rest."""
    action = np.zeros((len(arm), ACTION), np.float32)
    action[:, :2] = np.clip((spot - arm) / REACH, -1, 1)
    return action


def train(quick):
    torch.set_num_threads(1)
    torch.manual_seed(3)
    rng = np.random.default_rng(4)
    model = Policy()
    optimiser = torch.optim.Adam(model.parameters(), lr=2e-3)
    for step in range(STEPS[quick]):
        arm, spot = rng.uniform(-0.9, 0.9, (2, 64, 2))
        seen = {name: torch.from_numpy(array) for name, array in scene(rng, arm, spot).items()}
        loss = torch.mean((model(**seen) - torch.from_numpy(wanted(arm, spot))) ** 2)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % (STEPS[quick] // 6) == 0:
            print(f"step {step}: mean squared error {loss.item():.4f}", flush=True)
    return model


def export(model, folder):
    """policy.onnx, with the options that robots' exporters give, and policy.pt."""
    return slipway.export.torch(
        model, {"image": torch.randn(1, 3, PIXELS, PIXELS), "robot_state": torch.randn(1, STATE)},
        folder / "policy.onnx", opset=15, output_names=["action"], save_pt=True,
        dynamic_axes={"image": {0: "batch_size"}, "robot_state": {0: "batch_size"}, "action": {0: "batch_size"}})


def reach(model, robots=50, steps=25):
    """Mean distance from arm to spot before and after; all robots ask at once, as a batch."""
    rng = np.random.default_rng(9)
    arm, spot = rng.uniform(-0.9, 0.9, (2, robots, 2))
    before = np.linalg.norm(spot - arm, axis=1).mean()
    with slipway.InferenceSession(model) as session:
        for _ in range(steps):
            (action,) = session.run(["action"], scene(rng, arm, spot))
            arm = np.clip(arm + REACH * 0.5 * action[:, :2], -1, 1)
    return float(before), float(np.linalg.norm(spot - arm, axis=1).mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, required=True, help="folder")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)

    exported = export(train(given.quick), given.output)
    print(exported)
    rng = np.random.default_rng(5)
    samples = scene(rng, *rng.uniform(-0.9, 0.9, (2, 128, 2)))
    small = slipway.quantize(exported.path, given.output / "policy_int8.onnx", samples=samples)
    print(small)
    found = {}
    for name, model in (("fp32", exported.path), ("int8", small.path)):
        before, after = reach(model)
        found[name] = {"distance_before": round(before, 3), "distance_after": round(after, 3)}
    (given.output / "story.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
