"""What robots see and hear with, as people write it: a detector, a point cloud's classifier, a recogniser of words, a
classifier of patches. Each is a plain torch module with random weights."""

import torch
from torch import nn
from torch.nn import functional


class ConvSilu(nn.Sequential):
    def __init__(self, inputs, outputs, kernel=1, stride=1):
        super().__init__(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
                         nn.BatchNorm2d(outputs), nn.SiLU())


class SplitStage(nn.Module):
    """Half of the channels go through residual blocks; all that was made on the way is concatenated."""

    def __init__(self, inputs, outputs, depth, residual):
        super().__init__()
        half = outputs // 2
        self.enter = ConvSilu(inputs, outputs)
        self.blocks = nn.ModuleList(
            nn.Sequential(ConvSilu(half, half, 3), ConvSilu(half, half, 3)) for _ in range(depth))
        self.leave = ConvSilu((2 + depth) * half, outputs)
        self.residual = residual

    def forward(self, x):
        parts = list(self.enter(x).chunk(2, 1))
        for block in self.blocks:
            y = block(parts[-1])
            parts.append(parts[-1] + y if self.residual else y)
        return self.leave(torch.cat(parts, 1))


class PoolPyramid(nn.Module):
    """Three poolings of five in a row, and the concatenation of all four (SPPF)."""

    def __init__(self, channels):
        super().__init__()
        self.enter = ConvSilu(channels, channels // 2)
        self.leave = ConvSilu(channels * 2, channels)

    def forward(self, x):
        parts = [self.enter(x)]
        for _ in range(3):
            parts.append(functional.max_pool2d(parts[-1], 5, 1, 2))
        return self.leave(torch.cat(parts, 1))


class Detector(nn.Module):
    """A YOLO of nano size: three scales, distances to a box's edges as distributions, boxes decoded, no suppression."""

    BINS = 16
    STRIDES = (8, 16, 32)

    def __init__(self, size=320, classes=20):
        super().__init__()
        self.classes = classes
        self.stem = nn.Sequential(ConvSilu(3, 16, 3, 2), ConvSilu(16, 32, 3, 2), SplitStage(32, 32, 1, True))
        self.down3 = nn.Sequential(ConvSilu(32, 64, 3, 2), SplitStage(64, 64, 2, True))
        self.down4 = nn.Sequential(ConvSilu(64, 128, 3, 2), SplitStage(128, 128, 2, True))
        self.down5 = nn.Sequential(ConvSilu(128, 256, 3, 2), SplitStage(256, 256, 1, True), PoolPyramid(256))
        self.up4 = SplitStage(256 + 128, 128, 1, False)
        self.up3 = SplitStage(128 + 64, 64, 1, False)
        self.again4 = ConvSilu(64, 64, 3, 2)
        self.join4 = SplitStage(64 + 128, 128, 1, False)
        self.again5 = ConvSilu(128, 128, 3, 2)
        self.join5 = SplitStage(128 + 256, 256, 1, False)
        self.boxes = nn.ModuleList(self._head(channels, 4 * self.BINS) for channels in (64, 128, 256))
        self.scores = nn.ModuleList(self._head(channels, classes) for channels in (64, 128, 256))
        self.register_buffer("bins", torch.arange(self.BINS, dtype=torch.float32).reshape(1, self.BINS, 1, 1))
        centres, strides = [], []
        for stride in self.STRIDES:
            steps = torch.arange(size // stride, dtype=torch.float32) + 0.5
            rows, columns = torch.meshgrid(steps, steps, indexing="ij")
            centres.append(torch.stack((columns, rows)).reshape(2, -1))
            strides.append(torch.full((1, steps.numel() ** 2), float(stride)))
        self.register_buffer("centres", torch.cat(centres, 1))
        self.register_buffer("strides", torch.cat(strides, 1))

    @staticmethod
    def _head(channels, outputs):
        return nn.Sequential(ConvSilu(channels, 64, 3), ConvSilu(64, 64, 3), nn.Conv2d(64, outputs, 1))

    def forward(self, image):
        p3 = self.down3(self.stem(image))
        p4 = self.down4(p3)
        p5 = self.down5(p4)
        q4 = self.up4(torch.cat((functional.interpolate(p5, scale_factor=2.0), p4), 1))
        q3 = self.up3(torch.cat((functional.interpolate(q4, scale_factor=2.0), p3), 1))
        q4 = self.join4(torch.cat((self.again4(q3), q4), 1))
        q5 = self.join5(torch.cat((self.again5(q4), p5), 1))
        found = [torch.cat((box(q), score(q)), 1).flatten(2)
                 for box, score, q in zip(self.boxes, self.scores, (q3, q4, q5))]
        distances, scores = torch.cat(found, 2).split((4 * self.BINS, self.classes), 1)
        distances = distances.view(distances.shape[0], 4, self.BINS, -1).transpose(2, 1).softmax(1)
        distances = (distances * self.bins).sum(1)
        near, far = distances.chunk(2, 1)
        top_left, bottom_right = self.centres - near, self.centres + far
        boxes = torch.cat(((top_left + bottom_right) / 2, bottom_right - top_left), 1) * self.strides
        return torch.cat((boxes, scores.sigmoid()), 1)


class PointTransform(nn.Module):
    """A matrix for a cloud, from the cloud."""

    def __init__(self, size):
        super().__init__()
        self.size = size
        self.points = nn.Sequential(*point_layers(size, 64, 128, 1024))
        self.dense = nn.Sequential(nn.Linear(1024, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, 256),
                                   nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, size * size))

    def forward(self, x):
        matrix = self.dense(self.points(x).max(2)[0]).view(-1, self.size, self.size)
        return torch.bmm(x.transpose(2, 1), matrix + torch.eye(self.size)).transpose(2, 1)


def point_layers(*channels):
    for inputs, outputs in zip(channels, channels[1:]):
        yield from (nn.Conv1d(inputs, outputs, 1), nn.BatchNorm1d(outputs), nn.ReLU())


class PointNet(nn.Module):
    """A class for each point of a cloud: the cloud's greatest features beside each point's own."""

    def __init__(self, classes=8):
        super().__init__()
        self.turn = PointTransform(3)
        self.near = nn.Sequential(*point_layers(3, 64))
        self.turn_features = PointTransform(64)
        self.far = nn.Sequential(*point_layers(64, 128, 1024))
        self.segment = nn.Sequential(*point_layers(1024 + 64, 512, 256, 128), nn.Conv1d(128, classes, 1))

    def forward(self, cloud):
        features = self.turn_features(self.near(self.turn(cloud.transpose(1, 2))))
        whole = self.far(features).max(2, keepdim=True)[0]
        whole = whole.expand(-1, -1, features.shape[2])
        return self.segment(torch.cat((whole, features), 1)).transpose(2, 1).log_softmax(-1)


class SpeechRecogniser(nn.Module):
    """Frames of a spectrum, two convolutions, two bidirectional LSTMs, letters for CTC."""

    def __init__(self, bands=40, hidden=160, letters=29):
        super().__init__()
        self.frames = nn.Sequential(nn.Conv1d(bands, 128, 5, 2, 2), nn.ReLU(), nn.Conv1d(128, 128, 3, 1, 1), nn.ReLU())
        self.lstm = nn.LSTM(128, hidden, 2, batch_first=True, bidirectional=True)
        self.letters = nn.Linear(2 * hidden, letters)

    def forward(self, spectrum):
        states, _ = self.lstm(self.frames(spectrum.transpose(1, 2)).transpose(1, 2))
        return self.letters(states).log_softmax(-1)


class MixerBlock(nn.Module):
    def __init__(self, tokens, channels):
        super().__init__()
        self.norm_tokens, self.norm_channels = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.tokens = nn.Sequential(nn.Linear(tokens, 2 * tokens), nn.GELU(), nn.Linear(2 * tokens, tokens))
        self.channels = nn.Sequential(nn.Linear(channels, 4 * channels), nn.GELU(), nn.Linear(4 * channels, channels))

    def forward(self, x):
        x = x + self.tokens(self.norm_tokens(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channels(self.norm_channels(x))


class Mixer(nn.Module):
    """An MLP-Mixer: patches of sixteen pixels, layers across patches and layers across channels."""

    def __init__(self, size=160, channels=256, depth=6, classes=10):
        super().__init__()
        self.patches = nn.Conv2d(3, channels, 16, 16)
        self.blocks = nn.Sequential(*(MixerBlock((size // 16) ** 2, channels) for _ in range(depth)))
        self.norm, self.classes = nn.LayerNorm(channels), nn.Linear(channels, classes)

    def forward(self, image):
        tokens = self.patches(image).flatten(2).transpose(1, 2)
        return self.classes(self.norm(self.blocks(tokens)).mean(1))
