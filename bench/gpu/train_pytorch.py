"""Measures training steps of this project's network in PyTorch on CUDA, and prints JSON; fails without CUDA.

    python train_pytorch.py DATA_DIR BATCH_SIZE
"""

import gzip
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

data, batch_size = Path(sys.argv[1]), int(sys.argv[2])
warm_up, steps = 20, 200


def read(name: str, header: int) -> np.ndarray:
    path = data / name
    bytes_ = path.read_bytes() if path.exists() else gzip.decompress((data / f"{name}.gz").read_bytes())
    return np.frombuffer(bytes_, np.uint8, offset=header).copy()


device = torch.device("cuda")
images = torch.from_numpy(read("train-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)).to(device)
labels = torch.from_numpy(read("train-labels-idx1-ubyte", 8).astype(np.int64)).to(device)


def measure(bfloat16: bool) -> float:
    """Returns the images per second, with the data on the device and the loss and accuracy read after each step."""
    torch.manual_seed(1)
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Dropout(0.25), nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10),
    ).to(device, memory_format=torch.channels_last)  # fmt: skip
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.97, nesterov=True)
    started = 0.0
    for step in range(warm_up + steps):
        if step == warm_up:
            torch.cuda.synchronize()
            started = time.perf_counter()
        rows = torch.randint(len(labels), (batch_size,), device=device)
        x = (images[rows].float() / 255).to(memory_format=torch.channels_last)
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", torch.bfloat16, enabled=bfloat16):
            logits = model(x)
        loss = nn.functional.cross_entropy(logits.float(), labels[rows])
        loss.backward()
        optimizer.step()
        loss.item(), (logits.argmax(1) == labels[rows]).float().mean().item()
    torch.cuda.synchronize()
    return steps * batch_size / (time.perf_counter() - started)


rates = {"float32": measure(bfloat16=False), "bfloat16": measure(bfloat16=True)}
print(json.dumps({"version": torch.__version__, "device": torch.cuda.get_device_name(), "imagesPerSecond": rates}))
