"""Trains and evaluates the network of this project in a plain PyTorch loop, and prints JSON after each epoch.

    python fit_pytorch.py DATA_DIR EPOCHS TRAIN_SIZE FOLDER PRECISION

The checkpoint is saved to FOLDER. PRECISION is float32 or bfloat16.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

data, epochs, train_size, folder, precision = sys.argv[1:]
batch_size = 512


def read(name: str, header: int) -> np.ndarray:
    return np.frombuffer((Path(data) / name).read_bytes(), np.uint8, offset=header)


def load(kind: str) -> tuple[torch.Tensor, torch.Tensor]:
    images = read(f"{kind}-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28).astype(np.float32) / 255
    labels = read(f"{kind}-labels-idx1-ubyte", 8).astype(np.int64)
    return torch.from_numpy(images).to(memory_format=torch.channels_last), torch.from_numpy(labels)


torch.manual_seed(1)
images, labels = load("train")
images, labels = images[: int(train_size)], labels[: int(train_size)]
test_images, test_labels = load("t10k")
model = nn.Sequential(
    nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Dropout(0.25), nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10),
).to(memory_format=torch.channels_last)  # fmt: skip
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.97, nesterov=True)
loss_of = nn.CrossEntropyLoss()


def logits_of(batch: torch.Tensor) -> torch.Tensor:
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
        return model(batch).float()


for epoch in range(1, int(epochs) + 1):
    model.train()
    for rows in torch.randperm(len(labels)).split(batch_size):
        optimizer.zero_grad(set_to_none=True)
        loss_of(logits_of(images[rows]), labels[rows]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        logits = torch.cat([logits_of(batch) for batch in test_images.split(500)])
    accuracy = (logits.argmax(1) == test_labels).double().mean().item()
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, f"{folder}/checkpoint.pt")
    print(json.dumps({"epoch": epoch, "accuracy": accuracy}), flush=True)
