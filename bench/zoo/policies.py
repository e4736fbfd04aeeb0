"""What moves robots, as people write it: policies of transformers, diffusion, recurrence and state spaces. Each is a plain
torch module with random weights."""

import math

import torch
import torchvision
from torch import nn
from torch.nn import functional


class ActionChunks(nn.Module):
    """A transformer from an image, the joints and a latent to a chunk of actions, as in action chunking (ACT)."""

    def __init__(self, joints=14, width=256, chunk=50, latent=32):
        super().__init__()
        resnet = torchvision.models.resnet18()
        self.backbone = nn.Sequential(*list(resnet.children())[:-2])
        self.to_tokens = nn.Conv2d(512, width, 1)
        self.joints, self.latent = nn.Linear(joints, width), nn.Linear(latent, width)
        layer = {"nhead": 8, "dim_feedforward": 4 * width, "dropout": 0.0, "batch_first": True}
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(width, **layer), 4,
                                             enable_nested_tensor=False)
        self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(width, **layer), 2)
        self.places = nn.Parameter(torch.randn(1, 8 * 10 + 2, width) * 0.02)
        self.queries = nn.Parameter(torch.randn(1, chunk, width))
        self.actions = nn.Linear(width, joints)

    def forward(self, image, joints, latent):
        tokens = self.to_tokens(self.backbone(image)).flatten(2).transpose(1, 2)
        tokens = torch.cat((self.latent(latent)[:, None], self.joints(joints)[:, None], tokens), 1)
        memory = self.encoder(tokens + self.places)
        return self.actions(self.decoder(self.queries.expand(image.shape[0], -1, -1), memory))


class ConvMish(nn.Sequential):
    def __init__(self, inputs, outputs, kernel=5):
        super().__init__(nn.Conv1d(inputs, outputs, kernel, padding=kernel // 2), nn.GroupNorm(8, outputs), nn.Mish())


class ConditionedBlock(nn.Module):
    """Two convolutions, scaled and shifted in between by the condition, and what came in."""

    def __init__(self, inputs, outputs, condition):
        super().__init__()
        self.first, self.second = ConvMish(inputs, outputs), ConvMish(outputs, outputs)
        self.film = nn.Sequential(nn.Mish(), nn.Linear(condition, 2 * outputs))
        self.shortcut = nn.Conv1d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x, condition):
        scale, shift = self.film(condition)[..., None].chunk(2, 1)
        return self.second(scale * self.first(x) + shift) + self.shortcut(x)


class StepEmbedding(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = width

    def forward(self, step):
        half = self.width // 2
        rates = torch.exp(torch.arange(half) * -(math.log(10000) / (half - 1)))
        angles = step[:, None] * rates[None]
        return torch.cat((angles.sin(), angles.cos()), -1)


class DiffusionUnet(nn.Module):
    """One denoising step of a diffusion policy: a U-Net over time, conditioned on the step and on what was seen."""

    def __init__(self, actions=10, seen=132, widths=(128, 256, 512), embedding=128):
        super().__init__()
        self.embed = nn.Sequential(StepEmbedding(embedding), nn.Linear(embedding, 4 * embedding), nn.Mish(),
                                   nn.Linear(4 * embedding, embedding))
        condition = embedding + seen
        pairs = list(zip((actions, *widths), widths))
        self.down = nn.ModuleList(nn.ModuleList((
            ConditionedBlock(inputs, outputs, condition), ConditionedBlock(outputs, outputs, condition),
            nn.Conv1d(outputs, outputs, 3, 2, 1) if outputs != widths[-1] else nn.Identity()))
            for inputs, outputs in pairs)
        self.middle = nn.ModuleList(ConditionedBlock(widths[-1], widths[-1], condition) for _ in range(2))
        self.up = nn.ModuleList(nn.ModuleList((
            ConditionedBlock(2 * outputs, inputs, condition), ConditionedBlock(inputs, inputs, condition),
            nn.ConvTranspose1d(inputs, inputs, 4, 2, 1))) for inputs, outputs in reversed(pairs[1:]))
        self.leave = nn.Sequential(ConvMish(widths[0], widths[0]), nn.Conv1d(widths[0], actions, 1))

    def forward(self, actions, step, seen):
        condition = torch.cat((self.embed(step), seen), -1)
        x = actions.transpose(1, 2)
        kept = []
        for first, second, half in self.down:
            x = second(first(x, condition), condition)
            kept.append(x)
            x = half(x)
        for block in self.middle:
            x = block(x, condition)
        for first, second, double in self.up:
            x = double(second(first(torch.cat((x, kept.pop()), 1), condition), condition))
        return self.leave(x).transpose(1, 2)


class Demonstrator(nn.Module):
    """A GRU over what was seen, and one step of a decoder that attends to it (additive attention)."""

    def __init__(self, seen=32, hidden=128, actions=8):
        super().__init__()
        self.encoder = nn.GRU(seen, hidden, batch_first=True, bidirectional=True)
        self.keys, self.query = nn.Linear(2 * hidden, hidden, bias=False), nn.Linear(hidden, hidden)
        self.energy = nn.Linear(hidden, 1, bias=False)
        self.step = nn.GRUCell(actions + 2 * hidden, hidden)
        self.actions = nn.Sequential(nn.Linear(3 * hidden, hidden), nn.ELU(), nn.Linear(hidden, actions))

    def forward(self, seen, state, action):
        memory, _ = self.encoder(seen)
        energy = self.energy(torch.tanh(self.keys(memory) + self.query(state)[:, None])).squeeze(-1)
        context = torch.bmm(energy.softmax(-1)[:, None], memory).squeeze(1)
        state = self.step(torch.cat((action, context), -1), state)
        return self.actions(torch.cat((state, context), -1)), state


class StateSpaceLayer(nn.Module):
    """A causal depthwise convolution, a diagonal state space whose steps follow its input, and a gate (as in Mamba)."""

    def __init__(self, width, states=8, kernel=4):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.enter, self.leave = nn.Linear(width, 2 * width), nn.Linear(width, width)
        self.near = nn.Conv1d(width, width, kernel, groups=width, padding=kernel - 1)
        self.rate = nn.Linear(width, width)
        self.write, self.read = nn.Linear(width, states, bias=False), nn.Linear(width, states, bias=False)
        self.decay = nn.Parameter(torch.log(torch.arange(1, states + 1, dtype=torch.float32)).repeat(width, 1))
        self.skip = nn.Parameter(torch.ones(width))

    def forward(self, x):
        steps = x.shape[1]
        u, gate = self.enter(self.norm(x)).chunk(2, -1)
        u = functional.silu(self.near(u.transpose(1, 2))[..., :steps]).transpose(1, 2)
        rate = functional.softplus(self.rate(u))
        decays = torch.exp(rate[..., None] * -torch.exp(self.decay))
        writes = (rate * u)[..., None] * self.write(u)[:, :, None]
        state = torch.zeros_like(writes[:, 0])
        read, states = self.read(u), []
        for t in range(steps):
            state = decays[:, t] * state + writes[:, t]
            states.append((state * read[:, t, None]).sum(-1))
        y = torch.stack(states, 1) + u * self.skip
        return x + self.leave(y * functional.silu(gate))


class Dilated(nn.Module):
    def __init__(self, width, dilation):
        super().__init__()
        self.conv = nn.utils.weight_norm(nn.Conv1d(width, width, 3, dilation=dilation))
        self.reach = 2 * dilation

    def forward(self, x):
        return functional.relu(self.conv(functional.pad(x, (self.reach, 0)))) + x


class StateSpaceTcn(nn.Module):
    """Dilated causal convolutions, then layers of state spaces whose steps are written out."""

    def __init__(self, channels=12, width=64, outputs=6):
        super().__init__()
        self.enter = nn.Conv1d(channels, width, 1)
        self.tcn = nn.Sequential(*(Dilated(width, 2 ** i) for i in range(4)))
        self.layers = nn.Sequential(*(StateSpaceLayer(width) for _ in range(2)))
        self.outputs = nn.Linear(width, outputs)

    def forward(self, telemetry):
        return self.outputs(self.layers(self.tcn(self.enter(telemetry)).transpose(1, 2))[:, -1])


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.scale


class LanguageLayer(nn.Module):
    """Rotary places, grouped keys, a gated feed-forward: a layer of the language models that drive arms."""

    def __init__(self, width, heads, groups, hidden):
        super().__init__()
        self.heads, self.groups, self.size = heads, groups, width // heads
        self.norm, self.norm_hidden = RmsNorm(width), RmsNorm(width)
        self.query = nn.Linear(width, width, bias=False)
        self.keys = nn.Linear(width, groups * self.size, bias=False)
        self.values = nn.Linear(width, groups * self.size, bias=False)
        self.join = nn.Linear(width, width, bias=False)
        self.gate, self.up = nn.Linear(width, hidden, bias=False), nn.Linear(width, hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    @staticmethod
    def turn(x, cos, sin):
        first, second = x.chunk(2, -1)
        return x * cos + torch.cat((-second, first), -1) * sin

    def forward(self, x, keys, values, cos, sin):
        batch, steps, width = x.shape
        y = self.norm(x)
        q = self.turn(self.query(y).view(batch, steps, self.heads, self.size).transpose(1, 2), cos, sin)
        k = self.turn(self.keys(y).view(batch, steps, self.groups, self.size).transpose(1, 2), cos, sin)
        v = self.values(y).view(batch, steps, self.groups, self.size).transpose(1, 2)
        keys, values = torch.cat((keys, k), 2), torch.cat((values, v), 2)
        shared = self.heads // self.groups
        k = keys[:, :, None].expand(-1, -1, shared, -1, -1).reshape(batch, self.heads, -1, self.size)
        v = values[:, :, None].expand(-1, -1, shared, -1, -1).reshape(batch, self.heads, -1, self.size)
        weights = (torch.matmul(q, k.transpose(2, 3)) / math.sqrt(self.size)).softmax(-1)
        x = x + self.join(torch.matmul(weights, v).transpose(1, 2).reshape(batch, steps, width))
        y = self.norm_hidden(x)
        return x + self.down(functional.silu(self.gate(y)) * self.up(y)), keys, values


class LanguageStep(nn.Module):
    """One token of a small language model with the keys and values of those before it, and an action head."""

    def __init__(self, width=512, heads=8, groups=2, hidden=1408, depth=4, words=2048, actions=7):
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.layers = nn.ModuleList(LanguageLayer(width, heads, groups, hidden) for _ in range(depth))
        self.norm, self.actions = RmsNorm(width), nn.Linear(width, actions)
        self.register_buffer("rates", 10000 ** (-torch.arange(0, width // heads, 2) / (width // heads)))

    def forward(self, token, place, keys, values):
        angles = place[:, :, None].float() * self.rates
        cos, sin = (torch.cat((f(angles), f(angles)), -1)[:, None] for f in (torch.cos, torch.sin))
        x = self.words(token)
        new_keys, new_values = [], []
        for i, layer in enumerate(self.layers):
            x, k, v = layer(x, keys[i], values[i], cos, sin)
            new_keys.append(k)
            new_values.append(v)
        return self.actions(self.norm(x)), torch.stack(new_keys), torch.stack(new_values)


class VisuomotorStep(nn.Module):
    """Convolutions, the places of their maxima (spatial softmax), the joints, and one step of an LSTM."""

    def __init__(self, joints=9, hidden=256, actions=7, height=25, width=35):
        super().__init__()
        self.see = nn.Sequential(nn.Conv2d(3, 32, 7, 2), nn.ReLU(), nn.Conv2d(32, 64, 5, 2), nn.ReLU(),
                                 nn.Conv2d(64, 32, 3), nn.ReLU())
        rows, columns = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
        self.register_buffer("rows", rows.reshape(-1))
        self.register_buffer("columns", columns.reshape(-1))
        self.lstm = nn.LSTM(64 + joints, hidden, 2)
        self.mean, self.deviation = nn.Linear(hidden, actions), nn.Linear(hidden, actions)

    def forward(self, image, joints, h, c):
        weights = self.see(image / 255.0 - 0.5).flatten(2).softmax(-1)
        places = torch.cat(((weights * self.columns).sum(-1), (weights * self.rows).sum(-1)), -1)
        y, (h, c) = self.lstm(torch.cat((places, joints), -1)[None], (h, c))
        return torch.tanh(self.mean(y[0])), self.deviation(y[0]).clamp(-5, 2).exp(), h, c
