"""Trains the network of this project in PyTorch, and prints its speed as JSON.

    python train_pytorch.py DATA_DIR BATCH_SIZE STEPS [channels_last] [bfloat16]
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

data, batch_size, steps = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
layout = torch.channels_last if "channels_last" in sys.argv else torch.contiguous_format
warm_up = 4

images = np.frombuffer((data / "train-images-idx3-ubyte").read_bytes(), np.uint8, offset=16)
labels = np.frombuffer((data / "train-labels-idx1-ubyte").read_bytes(), np.uint8, offset=8)
images = torch.from_numpy(images.reshape(-1, 1, 28, 28).copy())
labels = torch.from_numpy(labels.astype(np.int64))

torch.manual_seed(1)
model = nn.Sequential(
    nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Dropout(0.25), nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10),
).to(memory_format=layout)  # fmt: skip
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.97, nesterov=True)
loss_of = nn.CrossEntropyLoss()
order = torch.randperm(len(labels))

started = 0.0
for step in range(warm_up + steps):
    if step == warm_up:
        started = time.perf_counter()
    rows = order[step * batch_size : (step + 1) * batch_size]
    x = (images[rows].float() / 255).to(memory_format=layout)
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", torch.bfloat16, enabled="bfloat16" in sys.argv):
        logits = model(x)
    logits = logits.float()
    loss = loss_of(logits, labels[rows])
    loss.backward()
    optimizer.step()
    loss.item(), (logits.argmax(1) == labels[rows]).float().mean().item()  # As a monitored run reads them.
seconds = time.perf_counter() - started
print(json.dumps({"imagesPerSecond": steps * batch_size / seconds, "version": torch.__version__}))
