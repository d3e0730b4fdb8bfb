"""
Trains a classifier of ten digits in Keras.

    pip install keras torch scikit-learn ./clients/python
    KERAS_BACKEND=torch python keras_classifier.py
"""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
from sklearn.datasets import load_digits

from mnist_training_monitor import Monitor
from mnist_training_monitor.keras import MonitorCallback


def main() -> None:
    keras.utils.set_random_seed(1)
    data = load_digits()
    x, y = data.data / 16, data.target
    model = keras.Sequential(
        [keras.Input((64,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10, activation="softmax")]
    )
    model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    with Monitor(name="Digits in Keras", classes=range(10), dataset="Digits", config={"batch_size": 64, "seed": 1}) as monitor:
        model.fit(
            x[:1_400],
            y[:1_400],
            validation_data=(x[1_400:], y[1_400:]),
            epochs=3,
            batch_size=64,
            callbacks=[MonitorCallback(monitor)],
            verbose=0,
        )


if __name__ == "__main__":
    main()
