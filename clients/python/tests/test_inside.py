"""What a run shows of the inside of its network: norms, logits of a probe set, true classes of the test images."""

from __future__ import annotations

import base64
import hashlib
import math
from typing import Any

import pytest
from conftest import Gateway
from test_files import stored_file

from mnist_training_monitor import Monitor

numpy = pytest.importorskip("numpy")
np: Any = numpy


def data_of(gateway: Gateway, run_id: str, kind: str) -> list[dict[str, Any]]:
    return [event["data"] for event in gateway.complete_export(run_id) if event["type"] == kind]


def test_a_probe_sends_its_images_once_and_its_logits_as_bytes_with_a_scale(gateway: Gateway, warnings) -> None:
    generator = np.random.default_rng(1)
    images = generator.integers(0, 256, (150, 4, 4), dtype="u1")
    labels = np.arange(150) % 3
    logits = generator.normal(size=(150, 3)).astype("f4")
    with Monitor(gateway.ingest_url, run_id="probe") as monitor:
        monitor.probe(1, logits, images=images, labels=labels, indices=np.arange(150) * 2)
        monitor.probe(2, logits)  # Within two seconds of the first.
    first, second, last = data_of(gateway, "probe", "probe")
    assert [each["images"]["first"] for each in (first, second)] == [0, 100]
    assert second["images"]["indices"] == list(range(200, 300, 2))
    assert second["images"]["labels"] == labels[100:].tolist()
    assert base64.b64decode(second["images"]["pixels"]) == images[100:].tobytes()
    assert (last["step"], last["size"], last["logits"]["classes"]) == (1, 150, 3)
    values = np.frombuffer(base64.b64decode(last["logits"]["values"]), "i1").reshape(150, 3)
    assert np.abs(values * last["logits"]["scale"] - logits).max() <= last["logits"]["scale"] * 0.501
    assert warnings() == []


@pytest.mark.parametrize(
    ("logits", "images", "expected"),
    [
        (np.zeros(3), None, "expected logits [images, classes]"),
        (np.zeros((2, 3)), np.zeros((1, 4, 4)), "expected 2 images with their labels"),
        ("abc", None, "could not convert"),
    ],
)
def test_a_probe_that_cannot_be_sent_is_one_warning(logits: Any, images: Any, expected: str, gateway: Gateway, warnings) -> None:
    run_id = f"bad-probe-{hashlib.sha256(expected.encode()).hexdigest()[:8]}"
    with Monitor(gateway.ingest_url, run_id=run_id) as monitor:
        monitor.probe(1, logits, images=images, labels=[0])
        monitor.log(1, loss=1.0)
    (warning,) = warnings()
    assert expected in warning
    assert data_of(gateway, run_id, "probe") == []


def test_logits_of_a_network_that_has_diverged_are_left_out(gateway: Gateway, warnings) -> None:
    with Monitor(gateway.ingest_url, run_id="diverged") as monitor:
        monitor.probe(1, [[math.nan, 1.0]])
        monitor.log(1, loss=math.nan)
    assert data_of(gateway, "diverged", "probe") == []
    assert warnings() == []


@pytest.mark.parametrize(("classes", "kind"), [(10, "u1"), (300, "<u2")])
def test_the_true_classes_follow_the_test_images(classes: int, kind: str, gateway: Gateway, warnings) -> None:
    images, labels = np.zeros((7, 2, 3), dtype="u1"), np.arange(7)
    run_id = f"labels-{classes}"
    with Monitor(gateway.ingest_url, run_id=run_id, classes=range(classes), test_images=images, test_labels=labels) as monitor:
        monitor.log(1, loss=1.0)
    described = gateway.complete_export(run_id)[0]["data"]["dataset"]["testImages"]
    file = stored_file(gateway, run_id, "test-images", described["digest"])
    assert file == images.tobytes() + labels.astype(kind).tobytes()
    assert warnings() == []


class TestPytorch:
    """Layer statistics and probe of a PyTorch model, with one call each."""

    def trained(self, gateway: Gateway, run_id: str) -> tuple[Any, dict[str, Any]]:
        """Makes two steps of a network of which two units are always off. Returns it, and what the first step should show."""
        torch = pytest.importorskip("torch")
        from mnist_training_monitor.pytorch import optimizer_step, show_probe

        torch.manual_seed(1)
        model = torch.nn.Sequential(
            torch.nn.Flatten(), torch.nn.Linear(16, 8), torch.nn.ReLU(), torch.nn.Dropout(0.5), torch.nn.Linear(8, 3)
        )
        with torch.no_grad():
            model[1].bias[:2] = -100
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        images, labels = torch.rand(120, 1, 4, 4), torch.arange(120) % 3
        before = {name: each.detach().clone() for name, each in model.named_parameters()}
        with Monitor(gateway.ingest_url, run_id=run_id) as monitor:
            show_probe(monitor, 0, model, images, labels)
            assert model.training and model[3].training
            torch.nn.functional.cross_entropy(model(images), labels).backward()
            optimizer_step(monitor, 1, model, optimizer, histograms=True)
            gradients = {name: each.grad.clone() for name, each in model.named_parameters()}
            optimizer_step(monitor, 2, model, optimizer)  # Makes a step, but shows none so soon.
            monitor.snapshot(2, model.state_dict())
        return model, {"before": before, "gradients": gradients}

    def test_layers_show_the_norms_of_the_step(self, gateway: Gateway, warnings) -> None:
        model, step = self.trained(gateway, "torch-layers")
        (layers,) = data_of(gateway, "torch-layers", "layers")
        names = [name for name, _ in model.named_parameters()]
        assert (layers["step"], layers["tensors"]) == (1, names)
        for at, name in enumerate(names):
            weight, gradient = step["before"][name].norm().item(), step["gradients"][name].norm().item()
            assert layers["weightNorm"][at] == pytest.approx(weight, rel=1e-5)
            assert layers["gradientNorm"][at] == pytest.approx(gradient, rel=1e-5, abs=1e-9)
            assert layers["updateRatio"][at] == pytest.approx(0.1 * gradient / weight, rel=1e-4, abs=1e-9)
            assert sum(layers["histograms"][at]["counts"]) == step["before"][name].numel()
        assert (layers["activations"], layers["dead"]) == (["2"], [0.25])
        # Both steps were made.
        moved = step["before"]["4.weight"] - 0.2 * step["gradients"]["4.weight"]
        assert (model[4].weight - moved).abs().max().item() < 1e-6
        assert warnings() == []

    def test_a_probe_shows_the_logits_in_evaluation_mode(self, gateway: Gateway, warnings) -> None:
        self.trained(gateway, "torch-probe")
        *images, frame = data_of(gateway, "torch-probe", "probe")
        assert [len(each["images"]["labels"]) for each in images] == [100, 20]
        assert (frame["step"], frame["size"], frame["logits"]["classes"]) == (0, 120, 3)
        assert len(data_of(gateway, "torch-probe", "snapshot")) == 1
        assert warnings() == []
