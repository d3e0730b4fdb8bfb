"""
Trains a linear classifier of three kinds of iris with `partial_fit`, until its accuracy no longer improves.

    pip install scikit-learn ./clients/python
    python sklearn_classifier.py
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from mnist_training_monitor import Monitor
from mnist_training_monitor.sklearn import MonitorCallback

BATCH = 16
PATIENCE = 3  # Epochs without a better accuracy, after which the training ends.


def main() -> None:
    data = load_iris()
    x = StandardScaler().fit_transform(data.data)
    x_train, x_test, y_train, y_test = train_test_split(x, data.target, test_size=0.3, random_state=1, stratify=data.target)
    model = SGDClassifier(loss="log_loss", alpha=0.001, random_state=1)
    generator = np.random.default_rng(1)
    with Monitor(
        name="Iris", classes=[str(name) for name in data.target_names], unit="rows", dataset="Iris", config={"batch_size": BATCH}
    ) as monitor:
        callback = MonitorCallback(monitor, model, test=(x_test, y_test))
        best, best_epoch, epoch = 0.0, 0, 0
        while epoch - best_epoch < PATIENCE and not monitor.should_stop:
            epoch += 1
            order = generator.permutation(len(x_train))
            for first in range(0, len(order), BATCH):
                rows = order[first : first + BATCH]
                model.partial_fit(x_train[rows], y_train[rows], classes=[0, 1, 2])
                if callback.after_partial_fit(x_train[rows], y_train[rows]):
                    break
            callback.after_epoch()
            accuracy = float(model.score(x_test, y_test))
            if accuracy > best:
                best, best_epoch = accuracy, epoch
        reason = None if monitor.should_stop else f"no better accuracy in {PATIENCE} epochs"
        monitor.finish(reason=reason, test_accuracy=accuracy, best_epoch=best_epoch)
        print(f"test accuracy {best:.3f} in epoch {best_epoch}")


if __name__ == "__main__":
    main()
