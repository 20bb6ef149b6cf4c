"""The client side of a connection to a process that stops in the middle of a message or is slow to exit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from harness import wait_until

from stdpbench.base import wire
from stdpbench.base.wire import Listener, connect
from stdpbench.runs.client import run_client
from stdpbench.runs.client.run_client import RunClient

LONG = 1e6  # s; a call that waits this long waits for something that does not come, and the test does not end


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends when its standard input does."""
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as process:
        yield process


def test_a_client_that_must_not_wait_never_does(
    process: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_client, "_EXIT", 1e6)  # however slow this machine is
    listener = Listener()
    client = RunClient(tmp_path, listener, process)
    channel = connect(listener.invitation)
    wait_until(lambda: client.connected)
    w = np.random.default_rng(0).random((100, 100))
    frame = b"".join(wire._encoded(("frame", "network", {"w": w})))
    channel._socket.sendall(frame[:1000])
    wait_until(lambda: client.drain(LONG) == [] and client.receiving)
    assert client.drain(LONG) == []
    assert not client.receiving  # nothing more has come
    channel._socket.sendall(frame[1000:])
    found: list[list[object]] = []
    wait_until(lambda: found or found.extend(client.drain(LONG)))
    assert found[0][:2] == ("frame", "network")
    np.testing.assert_array_equal(found[0][2]["w"], w)  # type: ignore[index]
    patch = pytest.MonkeyPatch()
    patch.setattr(process, "wait", lambda timeout=None: pytest.fail("waited for the process"))
    channel.send(("frame", "progress", {}))
    channel.close()
    client.request("pause")  # which nobody hears
    assert client.drain(LONG) == [("frame", "progress", {})]
    wait_until(lambda: client._lost_at or client.drain(LONG))
    assert client.drain(LONG) == []
    assert not client.over  # the process lives, and may still write to the run folder
    patch.undo()
    process.communicate()
    assert client.drain(LONG) == []
    assert client.over
