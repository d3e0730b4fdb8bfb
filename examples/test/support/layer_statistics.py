"""Compares what the trainer sends about the inside of its network with the same network in PyTorch; prints the differences as JSON.

    python layer_statistics.py FOLDER

FOLDER has `before.safetensors` and `after.safetensors`, the weights before and after a step, and `step.json`: the images and
labels of the batch, the images of the probe set, and the data of the events `layers` and `probe`.
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parents[2] / "pytorch"))
from evaluate import MnistCnn  # noqa: E402

folder = Path(sys.argv[1])
step = json.loads((folder / "step.json").read_text())


def images(text: str) -> torch.Tensor:
    pixels = np.frombuffer(base64.b64decode(text), np.uint8).reshape(-1, 1, 28, 28)
    return torch.from_numpy(pixels.astype(np.float32) / 255)


def network(weights: str) -> MnistCnn:
    """Returns the network without dropout."""
    model = MnistCnn()
    model.load_state_dict(load_file(folder / weights))
    return model.eval()


def relative(values: list[float], expected: list[float]) -> float:
    return max(abs(value - other) / abs(other) for value, other in zip(values, expected, strict=True))


def norms(tensors: list[torch.Tensor]) -> list[float]:
    return [each.double().norm().item() for each in tensors]


layers, probe = step["layers"], step["probe"]
model = network("before.safetensors")
parameters = dict(model.named_parameters())
assert layers["tensors"] == list(parameters), layers["tensors"]
before = [each.detach().clone() for each in parameters.values()]
F.cross_entropy(model(images(step["images"])), torch.tensor(step["labels"])).backward()
gradients = [each.grad for each in parameters.values()]
optimizer = torch.optim.SGD(model.parameters(), lr=step["learningRate"], momentum=step["momentum"], nesterov=True)
optimizer.step()
updates = [(after.detach() - each) for after, each in zip(parameters.values(), before, strict=True)]
ratios = [update / norm for update, norm in zip(norms(updates), norms(before), strict=True)]

histograms = 0
for values, histogram in zip(before, layers["histograms"], strict=True):
    counts, _ = np.histogram(values.numpy().astype(np.float64), 32)
    # A value beside an edge may be on either side of it.
    histograms = max(histograms, int(np.abs(counts - np.array(histogram["counts"])).max()))

model = network("after.safetensors")
outputs: list[torch.Tensor] = []
original = F.relu
F.relu = lambda values, *rest: outputs.append(original(values, *rest)) or outputs[-1]
with torch.no_grad():
    logits = model(images(probe["images"])).numpy()
F.relu = original
largest = [each.amax(dim=(0, 2, 3)) if each.ndim == 4 else each.amax(dim=0) for each in outputs]
dead = [(each == 0).double().mean().item() for each in largest]
rounded = np.frombuffer(base64.b64decode(probe["values"]), np.int8).reshape(logits.shape) * probe["scale"]

print(
    json.dumps(
        {
            "weightNorm": relative(layers["weightNorm"], norms(before)),
            "gradientNorm": relative(layers["gradientNorm"], norms(gradients)),
            "updateRatio": relative(layers["updateRatio"], ratios),
            "dead": [layers["dead"], dead],
            "histograms": histograms,
            "logits": float(np.abs(rounded - logits).max()) / probe["scale"],
        }
    )
)
