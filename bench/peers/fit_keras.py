"""Trains and evaluates the network of this project with Keras `fit`, and prints JSON after each epoch.

    python fit_keras.py DATA_DIR EPOCHS TRAIN_SIZE FOLDER PRECISION

The model is saved to FOLDER. PRECISION is float32 or bfloat16.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from tensorflow import keras

data, epochs, train_size, folder, precision = sys.argv[1:]


def read(name: str, header: int, size: int | None = None) -> np.ndarray:
    return np.frombuffer((Path(data) / name).read_bytes(), np.uint8, offset=header)[:size]


def images(name: str, size: int) -> np.ndarray:
    return read(name, 16, size * 784).reshape(-1, 28, 28, 1).astype(np.float32) / 255


def conv(filters: int) -> keras.layers.Layer:
    return keras.layers.Conv2D(filters, 3, padding="same", activation="relu")


keras.utils.set_random_seed(1)
keras.mixed_precision.set_global_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
model = keras.Sequential([
    keras.Input((28, 28, 1)),
    conv(32), conv(32), keras.layers.MaxPooling2D(2),
    conv(64), conv(64), keras.layers.MaxPooling2D(2),
    keras.layers.Dropout(0.25), keras.layers.Flatten(), keras.layers.Dense(128, activation="relu"),
    keras.layers.Dropout(0.5), keras.layers.Dense(10, dtype="float32"),
])  # fmt: skip
model.compile(
    optimizer=keras.optimizers.SGD(0.01, momentum=0.97, nesterov=True),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)


class Report(keras.callbacks.Callback):
    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        model.save(f"{folder}/model.keras")
        print(json.dumps({"epoch": epoch + 1, "accuracy": float(logs["val_accuracy"])}), flush=True)


model.fit(
    images("train-images-idx3-ubyte", int(train_size)),
    read("train-labels-idx1-ubyte", 8, int(train_size)),
    batch_size=512,
    epochs=int(epochs),
    validation_data=(images("t10k-images-idx3-ubyte", 10_000), read("t10k-labels-idx1-ubyte", 8)),
    validation_batch_size=500,
    verbose=0,
    callbacks=[Report()],
)
