"""
Trains trees that predict the progress of diabetes.

    pip install xgboost scikit-learn ./clients/python
    python xgboost_regression.py
"""

from __future__ import annotations

import xgboost
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

from mnist_training_monitor import Monitor
from mnist_training_monitor.xgboost import MonitorCallback

ROUNDS = 200


def main() -> None:
    data = load_diabetes()
    x_train, x_test, y_train, y_test = train_test_split(data.data, data.target, test_size=0.3, random_state=1)
    train = xgboost.DMatrix(x_train, y_train, feature_names=data.feature_names)
    test = xgboost.DMatrix(x_test, y_test, feature_names=data.feature_names)
    settings = {"objective": "reg:squarederror", "eta": 0.05, "max_depth": 3, "eval_metric": ["rmse", "mae"], "seed": 1}
    with Monitor(name="Diabetes", unit="rows", dataset="Diabetes", config={"seed": 1, "trainSize": len(y_train)}) as monitor:
        model = xgboost.train(
            settings,
            train,
            ROUNDS,
            evals=[(train, "train"), (test, "test")],
            callbacks=[MonitorCallback(monitor, rounds=ROUNDS)],
            verbose_eval=False,
        )
        gains = sorted(model.get_score(importance_type="gain").items(), key=lambda each: -each[1])
        monitor.figure(
            "Gain of each feature",
            table={"feature": [name for name, _ in gains], "gain": [gain for _, gain in gains]},
            description="How much each feature improves the trees, the largest first.",
        )


if __name__ == "__main__":
    main()
