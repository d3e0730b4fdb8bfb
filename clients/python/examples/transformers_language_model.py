"""
Trains a small GPT-2 from random weights on the source of Python's `argparse`, with the `Trainer` of Hugging Face.

    pip install transformers accelerate torch ./clients/python
    python transformers_language_model.py
"""

from __future__ import annotations

import argparse as text_module
import inspect
import tempfile

import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

from mnist_training_monitor import Monitor
from mnist_training_monitor.transformers import MonitorCallback

LENGTH = 64


def main() -> None:
    text = inspect.getsource(text_module)
    vocabulary = sorted(set(text))
    tokens = torch.tensor([vocabulary.index(character) for character in text])
    rows = tokens[: len(tokens) // LENGTH * LENGTH].reshape(-1, LENGTH)
    data = [{"input_ids": row, "labels": row} for row in rows]
    config = GPT2Config(vocab_size=len(vocabulary), n_positions=LENGTH, n_embd=32, n_layer=1, n_head=2)
    with tempfile.TemporaryDirectory() as folder, Monitor(name="Small GPT-2", unit="tokens", dataset="argparse.py") as monitor:
        arguments = TrainingArguments(
            folder,
            num_train_epochs=2,
            per_device_train_batch_size=32,
            learning_rate=0.003,
            logging_steps=5,
            eval_strategy="epoch",
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            use_cpu=True,
            seed=1,
        )
        Trainer(
            GPT2LMHeadModel(config),
            arguments,
            train_dataset=data[:-100],
            eval_dataset=data[-100:],
            callbacks=[MonitorCallback(monitor)],
        ).train()


if __name__ == "__main__":
    main()
