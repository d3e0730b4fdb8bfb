"""Nothing is lost or doubled, whatever happens to the gateway, the disk and the process."""

from __future__ import annotations

import json
import logging
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from conftest import Gateway, StartGateway, free_port, wait_for, without_numbers
from scripted import ScriptedGateway, reply, scripted_gateway, store_after_reconnect, store_all

from mnist_training_monitor import Monitor

SOURCE = str(Path(__file__).parents[1] / "src")


def test_publishes_each_event_once_when_the_gateway_is_killed_ten_times(start_gateway: StartGateway, warnings) -> None:
    """Holds the rules (P-19, P-21)."""
    gateway = start_gateway()
    stop = threading.Event()
    logged = 0
    monitor = Monitor(gateway.ingest_url, run_id="killed")

    def train() -> None:
        nonlocal logged
        while not stop.is_set():
            logged += 1
            monitor.log(logged, loss=1 / logged, count=logged)
            if logged % 100 == 0:
                monitor.epoch(logged // 100, test_loss=1 / logged)
            time.sleep(0.002)

    training = threading.Thread(target=train)
    training.start()
    for _ in range(10):
        before = logged
        wait_for(lambda before=before: logged > before + 50, "a training that goes on")
        gateway.kill()
        before = logged
        wait_for(lambda before=before: logged > before + 50, "a training that goes on without a gateway")
        gateway.start()
        stored = logged
        wait_for(
            lambda stored=stored: any(run["lastSeq"] >= stored for run in gateway.get("")["runs"]), "events after the restart"
        )
    stop.set()
    training.join()
    assert monitor.finish() == 0
    events = gateway.complete_export("killed")
    assert [event["data"]["step"] for event in events if event["type"] == "batch"] == list(range(1, logged + 1))
    assert [event["data"]["epoch"] for event in events if event["type"] == "epoch"] == list(range(1, logged // 100 + 1))
    assert events[-1]["type"] == "run.finished"
    assert {line.split("(")[0] for line in warnings()} == {f"No connection to the gateway at {gateway.ingest_url} "}
    assert 1 <= len(warnings()) <= 10


def test_delivers_what_was_logged_before_the_gateway_was_started(start_gateway: StartGateway, tmp_path: Path) -> None:
    folder = tmp_path / "late"
    folder.mkdir()
    gateway = Gateway(folder)
    monitor = Monitor(gateway.ingest_url, run_id="late")
    for step in range(1, 2_001):
        monitor.log(step, loss=1.0)
    try:
        gateway.start()
        assert monitor.finish() == 0
        assert len(gateway.complete_export("late")) == 2_002
    finally:
        gateway.kill()


def test_reports_each_state_of_the_connection_once(tmp_path: Path, warnings) -> None:
    began = time.monotonic()
    with Monitor(f"ws://user:secret@127.0.0.1:{free_port()}/ingest?key=secret") as monitor:
        monitor.log(1, loss=1.0)
    assert time.monotonic() - began < 15
    assert [without_numbers(line) for line in warnings()] == [
        "No connection to the gateway at ws://#.#:#/ingest ([Errno #] Connection refused); "
        "training continues, and the client tries again.",
        f"The gateway did not receive the last # events of run {without_numbers(monitor.run_id)}.",
    ]


@pytest.mark.parametrize("address", ["", "ftp://example", "ws://", "ws://host:port/ingest", "ws://[::1", "http://"])
def test_an_address_that_is_not_valid_is_one_warning(address: str, warnings) -> None:
    with Monitor(address or "//") as monitor:
        monitor.log(1, loss=1.0)
        monitor.epoch(1)
        monitor.accept_commands("stop")
        assert not monitor.should_stop
    assert len(warnings()) == 1


def test_a_run_of_another_program_is_not_mixed_with_this_one(gateway: Gateway, warnings) -> None:
    with Monitor(gateway.ingest_url, run_id="other") as first:
        first.log(1, loss=1.0)
    with Monitor(gateway.ingest_url, run_id="other") as second:
        second.log(1, loss=2.0)
    assert [event["data"]["loss"] for event in gateway.complete_export("other") if event["type"] == "batch"] == [1.0]
    assert warnings() == [
        f"The gateway at {gateway.ingest_url} does not accept this run (it has events of another run with this id; "
        "choose another run_id); training continues without it."
    ]


def test_two_programs_with_one_run_id_do_not_disturb_each_other(gateway: Gateway, warnings) -> None:
    """Holds the rules (P-26)."""
    first = Monitor(gateway.ingest_url, run_id="twice")
    first.log(1, loss=1.0)
    wait_for(lambda: any(run["runId"] == "twice" for run in gateway.get("")["runs"]), "the run")
    with Monitor(gateway.ingest_url, run_id="twice") as second:
        second.log(1, loss=2.0)
    first.log(2, loss=1.0)
    assert first.finish() == 0
    assert len(warnings()) == 1
    assert "another program publishes a run with this id" in warnings()[0]


def test_several_monitors_of_a_process_publish_side_by_side(gateway: Gateway) -> None:
    monitors = [Monitor(gateway.ingest_url, run_id=f"side-{each}") for each in range(5)]
    threads = [
        threading.Thread(target=lambda monitor=monitor: [monitor.log(step, loss=1.0) for step in range(500)])
        for monitor in monitors
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [monitor.finish() for monitor in monitors] == [0] * 5
    for each in range(5):
        assert len(gateway.complete_export(f"side-{each}")) == 502


def test_threads_may_log_to_one_monitor(gateway: Gateway) -> None:
    with Monitor(gateway.ingest_url, run_id="threads") as monitor:
        threads = [threading.Thread(target=lambda: [monitor.log(step, loss=1.0) for step in range(300)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(gateway.complete_export("threads")) == 2_402


def test_a_wrong_token_ends_publishing_and_no_token_is_logged(start_gateway: StartGateway, caplog, monkeypatch) -> None:
    caplog.set_level(logging.DEBUG)
    gateway = start_gateway("--token", "right-token-of-sixteen")
    with Monitor(gateway.ingest_url, token="wrong-token-of-sixteen") as wrong:
        wrong.log(1, loss=1.0)
    monkeypatch.setenv("MONITOR_TOKEN", "right-token-of-sixteen")
    with Monitor(gateway.ingest_url, run_id="right") as right:
        right.log(1, loss=1.0)
    assert len(gateway.complete_export("right")) == 3
    lines = [record.getMessage() for record in caplog.records]
    assert any("the token is missing or wrong: 4401" in line for line in lines)
    assert not [line for line in lines if "token-of-sixteen" in line]
    assert "token-of-sixteen" not in f"{wrong!r} {right!r}"


def test_publishes_over_tls_only_to_a_gateway_with_a_trusted_certificate(tmp_path: Path, warnings) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            *["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"],
            *["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)],
        ],
        check=True,
        capture_output=True,
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=str(certificate))
    with scripted_gateway(store_all, ssl=server) as gateway:
        with Monitor(gateway.url) as stranger:
            stranger.log(1, loss=1.0)
        assert gateway.received == []
        with Monitor(gateway.url, ssl=trusting) as monitor:
            monitor.log(1, loss=1.0)
    assert [each["seq"] for each in gateway.received if "seq" in each] == [1, 2, 3]
    assert "CERTIFICATE_VERIFY_FAILED" in warnings()[0]


def log_until_reconnected(monitor: Monitor, gateway: ScriptedGateway, steps: int) -> None:
    """Logs some steps, which a recorder may take one by one, and waits until the monitor has connected again."""
    for step in range(1, steps + 1):
        monitor.log(step, loss=1.0)
        time.sleep(0.05)
    wait_for(lambda: gateway.connections == 2, "a second connection")


def test_continues_with_later_events_when_the_gateway_has_lost_acknowledged_ones(warnings) -> None:
    """Holds the rules (P-117)."""

    def on_first(seq, socket) -> None:
        if seq == 5:
            reply(socket, type="ack", seq=5)
            socket.close(1001)

    answer = store_after_reconnect(on_first, streams=("stream-1", "stream-2"))
    with scripted_gateway(answer) as gateway, Monitor(gateway.url) as monitor:
        log_until_reconnected(monitor, gateway, steps=4)
        monitor.log(5, loss=1.0)
        assert monitor.finish() == 0
        first, second = gateway.of_type("hello")
        assert "stream" not in first
        assert (second["stream"], second["acknowledged"]) == ("stream-1", 5)
        assert second["publisherId"] == first["publisherId"]
        again = gateway.received[gateway.received.index(second) + 1 :]
    assert [each["seq"] for each in again] == list(range(1, len(again) + 1))
    assert [each["type"] for each in again] == ["run.started", "notice", "batch", "run.finished"]
    assert again[1]["data"]["code"] == "events.lost"
    assert [line for line in warnings() if "lost" in line and "connection" not in line.lower()] == [
        "The gateway has lost 5 events that it had acknowledged; the run continues with those that follow."
    ]


def test_sends_events_again_that_were_sent_and_not_stored() -> None:
    """Holds the rules (P-19)."""

    def on_first(seq, socket) -> None:
        if seq == 6:
            socket.close(1011)

    with scripted_gateway(store_after_reconnect(on_first, after=(0, 3))) as gateway, Monitor(gateway.url) as monitor:
        for step in range(1, 6):
            monitor.log(step, loss=1.0)
        assert monitor.finish() == 0
        second = gateway.received.index(gateway.of_type("hello")[1])
        assert [each["seq"] for each in gateway.received[second + 1 :]] == [4, 5, 6, 7]


def test_ignores_acknowledgements_of_events_that_were_not_sent(warnings) -> None:
    """Holds the rules (P-121)."""

    def on_first(seq, socket) -> None:
        reply(socket, type="ack", seq=999 if seq < 4 else seq)
        if seq == 6:
            socket.close(1001)

    with scripted_gateway(store_after_reconnect(on_first, after=(0, 999))) as gateway:
        monitor = Monitor(gateway.url)
        log_until_reconnected(monitor, gateway, steps=5)
        monitor.log(7, loss=1.0)
        monitor.finish()
        assert [each["seq"] for each in gateway.received if "seq" in each] == [1, 2, 3, 4, 5, 6]
    assert sum("does not accept this run" in line for line in warnings()) == 1


CLOSE_CODES = {
    4400: True,
    4401: True,
    4405: True,
    4409: True,
    4411: True,
    4412: True,
    4413: True,
    1009: True,
    4503: False,
    4429: False,
}


@pytest.mark.parametrize(("code", "is_final"), CLOSE_CODES.items())
def test_connects_again_only_after_close_codes_that_allow_it(code: int, is_final: bool, warnings) -> None:
    def answer(message, socket, number) -> None:
        if number == 1:
            socket.close(code, "because")
        else:
            store_all(message, socket, number)

    with scripted_gateway(answer) as gateway, Monitor(gateway.url) as monitor:
        monitor.log(1, loss=1.0)
        assert monitor.finish() == 0
        assert gateway.connections == (1 if is_final else 2)
    assert len(warnings()) == 1
    assert str(code) in warnings()[0]


NONSENSE = ["", "7", "[]", '{"type":"ack","seq":"all"}', '{"type":"resume","after":-1}', '{"type":"resume","after":true}', "\0"]


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_a_gateway_that_sends_nonsense_does_not_disturb_a_training(nonsense: str, warnings) -> None:
    def answer(message, socket, number) -> None:
        if number == 1:
            socket.send(nonsense)
        else:
            store_all(message, socket, number)

    with scripted_gateway(answer) as gateway, Monitor(gateway.url) as monitor:
        monitor.log(1, loss=1.0)
        assert monitor.finish() == 0
        assert gateway.connections == 2
    assert all("\n" not in line for line in warnings())


# Programs of their own

PROLOGUE = f"import sys; sys.path.insert(0, {SOURCE!r})\nimport os, signal, threading, time\n"


def run_program(gateway: Gateway, body: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    program = (
        PROLOGUE
        + "from mnist_training_monitor import Monitor\n"
        + f"url = {gateway.ingest_url!r}\n"
        + "\n".join(line for line in body.splitlines())
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=timeout, check=False)


ENDINGS = {
    "the end of the block": ("with Monitor(url, run_id='%s') as m:\n    m.log(1, loss=1)", 0, "completed"),
    "the end of the program": ("m = Monitor(url, run_id='%s')\nm.log(1, loss=1)", 0, "completed"),
    "sys exit": ("m = Monitor(url, run_id='%s')\nm.log(1, loss=1)\nsys.exit(0)", 0, "completed"),
    "sys exit with a code": ("with Monitor(url, run_id='%s') as m:\n    m.log(1, loss=1)\n    sys.exit(3)", 3, "failed"),
    "an exception in the block": ("with Monitor(url, run_id='%s') as m:\n    m.log(1, loss=1)\n    1 / 0", 1, "failed"),
    "an exception without a block": ("m = Monitor(url, run_id='%s')\nm.log(1, loss=1)\n1 / 0", 1, "failed"),
    "a long message": (
        "with Monitor(url, run_id='%s') as m:\n    m.log(1, loss=1)\n    raise ValueError('x' * 5000)",
        1,
        "failed",
    ),
    "ctrl-c": (
        "with Monitor(url, run_id='%s') as m:\n    m.log(1, loss=1)\n    signal.raise_signal(signal.SIGINT)",
        -signal.SIGINT,
        "interrupted",
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_run_ends_as_its_program_does(ending: str, gateway: Gateway) -> None:
    body, code, status = ENDINGS[ending]
    run_id = ending.replace(" ", "-")
    ended = run_program(gateway, body % run_id)
    assert ended.returncode == code, ended.stderr
    finished = gateway.complete_export(run_id)[-1]
    assert (finished["type"], finished["data"]["status"]) == ("run.finished", status)
    assert len(finished["data"]["reason"]) <= 2_000
    if status == "failed" and "exit" not in ending:
        assert finished["data"]["reason"].startswith(("ZeroDivisionError: division by zero", "ValueError: xxx"))


def test_a_forked_process_publishes_nothing_and_does_not_disturb_its_parent(gateway: Gateway) -> None:
    ended = run_program(
        gateway,
        """
m = Monitor(url, run_id='forked')
for step in range(1, 51):
    m.log(step, loss=1)
    if step % 10 == 0:
        pid = os.fork()
        if pid == 0:
            m.log(1000, loss=1)
            m.epoch(1, test_loss=1)
            m.finish()
            sys.exit(0)
        assert os.waitpid(pid, 0)[1] == 0
print(m.finish())
""",
    )
    assert (ended.stdout, ended.returncode) == ("0\n", 0), ended.stderr
    steps = [event["data"]["step"] for event in gateway.complete_export("forked") if event["type"] == "batch"]
    assert steps == list(range(1, 51))


def test_a_forked_process_can_publish_a_run_of_its_own(gateway: Gateway) -> None:
    ended = run_program(
        gateway,
        """
import multiprocessing
parent = Monitor(url, run_id='fork-parent')
parent.log(1, loss=1)
def child():
    with Monitor(url, run_id='fork-child') as m:
        m.log(1, loss=1)
process = multiprocessing.get_context('fork').Process(target=child)
process.start()
process.join()
print(process.exitcode, parent.finish())
""",
    )
    assert (ended.stdout, ended.returncode) == ("0 0\n", 0), ended.stderr
    assert len(gateway.complete_export("fork-parent")) == len(gateway.complete_export("fork-child")) == 3


def test_threads_of_the_client_import_no_module_so_that_a_fork_inherits_no_import_lock(gateway: Gateway) -> None:
    ended = run_program(
        gateway,
        """
import threading
imported = []
def remember(event, arguments):
    if event == 'import' and threading.current_thread() is not threading.main_thread():
        imported.append(arguments[0])
sys.addaudithook(remember)
import numpy
monitor = Monitor(url, run_id='without-imports', test_images=numpy.zeros((2, 4, 4)))
monitor.log(1, loss=1)
monitor.snapshot(1, {'weight': numpy.ones((2, 2))})
print(monitor.finish(), imported)
""",
    )
    assert (ended.stdout, ended.returncode) == ("0 []\n", 0), ended.stderr


def test_a_signal_handler_may_log_and_finish(gateway: Gateway) -> None:
    ended = run_program(
        gateway,
        """
m = Monitor(url, run_id='signal')
def stop(number, frame):
    m.notice('a signal')
    m.finish('interrupted', 'SIGTERM')
    os._exit(0)
signal.signal(signal.SIGTERM, stop)
threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
step = 0
while True:
    step += 1
    m.log(step, loss=1)
    if step % 20 == 0:
        time.sleep(0.01)
""",
    )
    assert ended.returncode == 0, ended.stderr
    assert gateway.complete_export("signal")[-1]["data"]["reason"] == "SIGTERM"


def test_no_file_is_left_behind(gateway: Gateway, tmp_path: Path) -> None:
    with Monitor(gateway.ingest_url, outbox_folder=tmp_path) as monitor:
        monitor.log(1, loss=1.0)
        wait_for(lambda: list(tmp_path.iterdir()), "a file of the outbox")
    assert list(tmp_path.iterdir()) == []


def test_a_monitor_without_events_creates_no_file(gateway: Gateway, tmp_path: Path) -> None:
    ended = run_program(
        gateway,
        f"""
forgotten = Monitor(url, outbox_folder={str(tmp_path)!r})
finished = Monitor(url, outbox_folder={str(tmp_path)!r})
with finished:
    print(os.listdir({str(tmp_path)!r}))
with Monitor(url, outbox_folder={str(tmp_path)!r}) as failed:
    1 / 0
""",
    )
    assert ended.stdout == "[]\n", ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_leaves_its_events_until_a_later_run_removes_them(tmp_path: Path) -> None:
    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            PROLOGUE
            + f"""
from mnist_training_monitor import Monitor
monitor = Monitor('127.0.0.1:{free_port()}', run_id='killed-1', outbox_folder={str(tmp_path)!r})
monitor.log(1, loss=0.25)
while monitor._outbox.unread < 2:
    time.sleep(0.01)
os.kill(os.getpid(), signal.SIGKILL)
""",
        ],
        check=False,
        timeout=60,
    )
    assert ended.returncode == -signal.SIGKILL
    (folder,) = tmp_path.iterdir()
    assert folder.name.startswith("mnist-training-monitor-")
    assert "-killed-1-" in folder.name
    (file,) = folder.iterdir()
    events = [json.loads(line) for line in file.read_text().splitlines()]
    assert [event["type"] for event in events] == ["run.started", "batch"]
    assert events[1]["data"]["loss"] == 0.25

    def later_run() -> None:
        with Monitor(f"127.0.0.1:{free_port()}", outbox_folder=tmp_path) as monitor:
            monitor.log(1, loss=1.0)
            monitor.finish(timeout=0)

    later_run()
    assert list(tmp_path.iterdir()) == [folder]
    running = tmp_path / f"mnist-training-monitor-{os.getpid()}-other"
    running.mkdir()
    for old in (folder, running):
        os.utime(old, (0, 0))
    later_run()
    assert list(tmp_path.iterdir()) == [running]


def test_a_folder_that_cannot_be_written_is_one_warning(gateway: Gateway, tmp_path: Path, warnings) -> None:
    with Monitor(gateway.ingest_url, run_id="no-folder", outbox_folder=tmp_path / "missing") as monitor:
        monitor.log(1, loss=1.0)
    assert len(gateway.complete_export("no-folder")) == 3
    assert len(warnings()) == 1


def test_a_disk_that_is_full_merges_logs_and_loses_no_other_event(gateway: Gateway, monkeypatch, warnings) -> None:
    write = os.write
    is_full = threading.Event()
    is_full.set()

    def write_or_fail(descriptor: int, data: bytes) -> int:
        if is_full.is_set() and b'"type":"' in bytes(data[:200]):
            write(descriptor, data[: len(data) // 2])
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", write_or_fail)
    monitor = Monitor(gateway.ingest_url, run_id="full-disk")
    for step in range(1, 20_001):
        monitor.log(step, loss=1.0)
    monitor.epoch(1, test_loss=0.5)
    wait_for(warnings, "a warning")
    is_full.clear()
    assert monitor.finish() == 0
    events = gateway.export("full-disk")
    steps = [event["data"]["step"] for event in events if event["type"] == "batch"]
    assert steps == sorted(set(steps))
    assert steps[-1] == 20_000
    (notice,) = [event["data"] for event in events if event["type"] == "notice"]
    assert (notice["code"], notice["value"] + len(steps)) == ("logs.merged", 20_000)
    assert [event["type"] for event in events][-2:] == ["epoch", "run.finished"]
    assert "No space left on device" in warnings()[0]
