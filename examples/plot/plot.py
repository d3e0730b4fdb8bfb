"""Draws the curves of a run (without --run, of the newest run) into a file, from the CSV that the gateway exports.

    pip install matplotlib
    python plot.py [--gateway http://localhost:5000] [--run RUN] [--to run.png]
"""

import argparse
import csv
import io
import json
from urllib.parse import quote
from urllib.request import urlopen

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt


def newest_run(gateway: str) -> str:
    with urlopen(f"{gateway}/api/runs") as answer:
        runs = json.load(answer)["runs"]
    if not runs:
        raise SystemExit(f"expected a run at {gateway}, there is none yet")
    return runs[0]["runId"]


def read_rows(gateway: str, run: str) -> list[dict[str, str]]:
    with urlopen(f"{gateway}/api/runs/{quote(run)}/export.csv") as answer:
        return list(csv.DictReader(io.TextIOWrapper(answer, "utf-8", newline="")))


def curve(rows: list[dict[str, str]], column: str) -> tuple[list[int], list[float]]:
    """Returns steps and values of the rows with a value. float() reads NaN and Infinity too; they appear as gaps."""
    points = [(int(row["step"]), float(row[column])) for row in rows if row[column]]
    return [step for step, _ in points], [value for _, value in points]


def plot(rows: list[dict[str, str]], title: str, to: str) -> None:
    figure, axes = plt.subplots(2, 1, sharex=True, figsize=(8, 6), layout="constrained")
    for axis, measure in zip(axes, ("loss", "accuracy")):
        axis.plot(*curve(rows, f"batch.{measure}"), linewidth=0.8, alpha=0.7, label="batch")
        axis.plot(*curve(rows, f"epoch.test.{measure}"), "o-", label="test")
        axis.set_ylabel(measure)
        axis.grid(alpha=0.3)
        axis.legend()
    losses = curve(rows, "batch.loss")[1] + curve(rows, "epoch.test.loss")[1]
    if not any(loss <= 0 for loss in losses):
        axes[0].set_yscale("log")
    axes[0].set_title(title)
    axes[1].set_xlabel("step")
    figure.savefig(to, dpi=150)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draws a run's curves into a file.")
    parser.add_argument("--gateway", default="http://localhost:5000")
    parser.add_argument("--run", help="id of the run (default: the newest run)")
    parser.add_argument("--to", default="run.png", help="file to write: .png, .svg or .pdf")
    arguments = parser.parse_args()
    run = arguments.run or newest_run(arguments.gateway)
    rows = read_rows(arguments.gateway, run)
    plot(rows, run, arguments.to)
    steps, _ = curve(rows, "batch.loss")
    print(f"{arguments.to}: {len(steps)} batches of run {run}")


if __name__ == "__main__":
    main()
