"""
Trains a bigram model of characters, a very small language model, on the source of Python's `argparse`.

    pip install numpy ./clients/python
    python language_model.py [steps]
"""

from __future__ import annotations

import argparse as text_module
import inspect
import math
import sys
import time

import numpy as np

from mnist_training_monitor import Monitor

BATCH_SIZE = 64  # Characters.


def main() -> None:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    text = inspect.getsource(text_module)
    vocabulary = sorted(set(text))
    tokens = np.array([vocabulary.index(character) for character in text])
    generator = np.random.default_rng(1)
    logits = np.zeros((len(vocabulary), len(vocabulary)))
    rate = 2.0
    settings = {"learning_rate": rate, "batch_size": BATCH_SIZE, "optimizer": "sgd", "seed": 1, "vocabulary": len(vocabulary)}
    with Monitor(
        name="Bigrams of argparse",
        config=settings,
        unit="tokens",
        dataset="argparse.py",
        metrics={"perplexity": {"direction": "minimize"}},
        total_steps=steps,
        commands=["pause", "stop", "set_learning_rate"],
    ) as monitor:
        for step in range(1, steps + 1):
            began = time.perf_counter()
            at = generator.integers(0, len(tokens) - 1, BATCH_SIZE)
            inputs, targets = tokens[at], tokens[at + 1]
            scores = logits[inputs]
            scores = scores - scores.max(axis=1, keepdims=True)
            probabilities = np.exp(scores)
            probabilities /= probabilities.sum(axis=1, keepdims=True)
            chosen = np.arange(BATCH_SIZE), targets
            loss = float(-np.log(probabilities[chosen]).mean())
            probabilities[chosen] -= 1
            np.add.at(logits, inputs, -rate / BATCH_SIZE * probabilities)
            monitor.log(
                step,
                loss,
                learning_rate=rate,
                throughput=BATCH_SIZE / (time.perf_counter() - began),
                perplexity=math.exp(loss),
            )
            monitor.wait_while_paused()
            rate = monitor.take_learning_rate() or rate
            if monitor.should_stop:
                break
        monitor.finish(perplexity=math.exp(loss), timeout=120)


if __name__ == "__main__":
    main()
