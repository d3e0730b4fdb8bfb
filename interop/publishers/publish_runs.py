"""
Publishes with the Python client: a classifier of three classes, a regression without accuracy, and a language model with 100 own
metrics, each as a training with these results would. Usage: publish_runs.py INGEST_ADDRESS
"""

import math
import sys

from mnist_training_monitor import Monitor


def classifier(gateway):
    """Totals are unknown, as with scikit-learn's `partial_fit`."""
    with Monitor(gateway, run_id="classifier", name="Iris", classes=["setosa", "versicolor", "virginica"], unit="rows") as monitor:
        for epoch in (1, 2):
            for batch in (1, 2, 3):
                monitor.log(3 * (epoch - 1) + batch, 1e-7 if batch == 3 else 1.0, epoch=epoch, batch=batch, accuracy=1.0)
            monitor.epoch(epoch, test_accuracy=0.9, confusion=[[15, 0, 0], [0, 12, 3], [0, 1, 14]], predictions=[0, 1, 2] * 15)


def regression(gateway):
    """As with XGBoost: rounds, negative losses, settings of its own."""
    config = {"max_depth": 6, "eta": 0.3, "objective": "reg:squarederror", "gamma": None, "monotone": False, "seed": 2**53 - 1, "generator": 2**62}
    with Monitor(gateway, run_id="regression", config=config, unit="rows", loss_unit="log likelihood") as monitor:
        for step in range(1, 6):
            monitor.log(step, -math.exp(step), **{"valid/rmse": 80 / step})
        monitor.figure("Gain", table={"feature": ["bmi", "age"], "gain": [1.5, math.nan], "used": [True, None]})


def language_model(gateway):
    with Monitor(gateway, run_id="language-model", unit="tokens", config={"dropout": 0.1}, total_steps=100_000) as monitor:
        for step in (1, 50_000, 100_000):
            own = {f"layer_{index}/grad.norm": step / (index + 1) for index in range(99)}
            monitor.log(step, 10 / step, throughput=4.1e5, learning_rate=3e-4, perplexity=math.inf, **own)
        monitor.notice("The gradient is not finite.", level="warning", code="gradient.nan")


for publish in (classifier, regression, language_model):
    publish(sys.argv[1])
