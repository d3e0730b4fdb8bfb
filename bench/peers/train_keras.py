"""Trains the network of this project in Keras on TensorFlow, compiled (tf.function), and prints its speed as JSON.

    python train_keras.py DATA_DIR BATCH_SIZE STEPS [POLICY]

POLICY is the name of a Keras dtype policy, by default float32.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from tensorflow import keras

data, batch_size, steps = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
warm_up = 4

images = np.frombuffer((data / "train-images-idx3-ubyte").read_bytes(), np.uint8, offset=16).reshape(-1, 28, 28, 1)
labels = np.frombuffer((data / "train-labels-idx1-ubyte").read_bytes(), np.uint8, offset=8).astype(np.int64)


def conv(filters: int) -> keras.layers.Layer:
    return keras.layers.Conv2D(filters, 3, padding="same", activation="relu")


keras.utils.set_random_seed(1)
keras.mixed_precision.set_global_policy(sys.argv[4] if len(sys.argv) > 4 else "float32")
model = keras.Sequential([
    keras.Input((28, 28, 1)),
    conv(32), conv(32), keras.layers.MaxPooling2D(2),
    conv(64), conv(64), keras.layers.MaxPooling2D(2),
    keras.layers.Dropout(0.25), keras.layers.Flatten(), keras.layers.Dense(128, activation="relu"),
    keras.layers.Dropout(0.5), keras.layers.Dense(10),
])  # fmt: skip
optimizer = keras.optimizers.SGD(0.01, momentum=0.97, nesterov=True)
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer.build(model.trainable_variables)


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        logits = tf.cast(model(x, training=True), tf.float32)
        loss = loss_of(y, logits)
    optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
    return loss, tf.reduce_mean(tf.cast(tf.argmax(logits, 1) == y, tf.float32))


order = np.random.default_rng(1).permutation(len(labels))
started = 0.0
for step in range(warm_up + steps):
    if step == warm_up:
        started = time.perf_counter()
    rows = order[step * batch_size : (step + 1) * batch_size]
    loss, accuracy = train_step(images[rows].astype(np.float32) / 255, labels[rows])
    float(loss), float(accuracy)  # Waits for the results of the step, which a monitored run reads.
seconds = time.perf_counter() - started
print(json.dumps({"imagesPerSecond": steps * batch_size / seconds, "version": f"{keras.__version__} on {tf.__version__}"}))
