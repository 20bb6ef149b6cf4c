"""The wire format: JSON and raw arrays, received piece by piece, from nobody who does not know the key."""

from __future__ import annotations

import json
import multiprocessing.connection
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import wait_until

from stdpbench.base import wire
from stdpbench.base.wire import Channel, Invitation, Listener, WireError, connect


@pytest.fixture
def pair() -> Iterator[tuple[Channel, socket.socket]]:
    """A channel, and the raw socket at its other end."""
    mine, theirs = socket.socketpair()
    channel = Channel(mine)
    yield channel, theirs
    channel.close()
    theirs.close()


def on_the_wire(message: Any) -> bytes:
    return b"".join(wire._encoded(message))


def framed(header: Any) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("!I", len(text)) + text


ARRAYS = [
    np.arange(12, dtype=np.float32).reshape(3, 4),
    np.asfortranarray(np.arange(12, dtype=np.float64).reshape(3, 4)),
    np.arange(12, dtype=">i4")[::-2],
    np.array(2.5),
    np.zeros((0, 7), np.uint16),
    np.array([[True, False]]),
    np.array([np.nan, np.inf]),
    np.random.default_rng(1).random((784, 100)),
]


def test_values_and_arrays_arrive_as_they_were_sent(pair):
    channel, theirs = pair
    message = ["frame", "x", {"é": [1, 2.5, None, True, "\0"], "arrays": ARRAYS, "empty": {}, "n": np.float32(0.5)}]
    other = Channel(theirs)
    threading.Thread(target=channel.send, args=(message,), daemon=True).start()
    kind, name, values = other.receive()
    assert (kind, name, values["é"], values["empty"], values["n"]) == (
        "frame",
        "x",
        [1, 2.5, None, True, "\0"],
        {},
        0.5,
    )
    for sent, found in zip(ARRAYS, values["arrays"], strict=True):
        np.testing.assert_array_equal(found, sent)
        assert (found.shape, found.dtype) == (sent.shape, sent.dtype.newbyteorder("="))
        assert found.flags.writeable


def test_messages_that_come_together_are_told_apart(pair):
    channel, theirs = pair
    sent = [[i, np.full(i, i)] for i in range(50)]
    theirs.sendall(b"".join(map(on_the_wire, sent)))
    for i in range(50):
        number, found = channel.receive(0.0)
        assert number == i
        np.testing.assert_array_equal(found, np.full(i, i))
    assert channel.receive(0.0) is None


def test_a_message_that_comes_byte_by_byte_is_complete_with_the_last_one(pair):
    channel, theirs = pair
    data = on_the_wire(["a", np.arange(10), "b"])
    for i in range(len(data) - 1):
        theirs.sendall(data[i : i + 1])
        assert channel.receive(0.0) is None
    theirs.sendall(data[-1:])
    assert channel.receive(0.0)[2] == "b"


def test_nobody_waits_for_the_rest_of_a_message(pair):
    channel, theirs = pair
    data = on_the_wire([np.zeros((784, 400), np.float32)])
    theirs.sendall(data[:100_000])
    assert channel.receive(0.0) is None
    # `wait` is for a message that has not begun: if it acted here, the test would not end
    assert channel.receive(1e6, 0.05) is None
    threading.Thread(target=theirs.sendall, args=(data[100_000:],), daemon=True).start()
    assert channel.receive(0.0, 60.0)[0].shape == (784, 400)


def test_post_does_not_wait_for_a_peer_that_does_not_read(pair):
    channel, theirs = pair
    weights = np.random.default_rng(1).random((1000, 1000))
    channel.post(["w", weights])
    channel.post(["next"])
    found: list[Any] = []
    other = Channel(theirs)
    threading.Thread(target=lambda: found.extend([other.receive(), other.receive()]), daemon=True).start()
    wait_until(lambda: channel.flush() or len(found) == 2)  # type: ignore[func-returns-value]
    np.testing.assert_array_equal(found[0][1], weights)
    assert found[1] == ["next"]


def test_what_a_peer_sent_before_it_ended_is_received_though_nothing_can_be_sent_to_it(pair):
    channel, theirs = pair
    theirs.sendall(on_the_wire(["one"]) + on_the_wire(["two"]))
    channel.post(["w", np.zeros(1_000_000)])  # more than the socket takes
    theirs.close()
    channel.post(["lost"])
    channel.flush()
    assert [channel.receive(), channel.receive()] == [["one"], ["two"]]
    with pytest.raises((EOFError, ConnectionError)):
        channel.receive()


def test_an_end_is_an_end_even_within_a_message(pair):
    channel, theirs = pair
    theirs.sendall(on_the_wire(["whole"]) + on_the_wire(["half"])[:-2])
    theirs.close()
    assert channel.receive() == ["whole"]
    with pytest.raises(EOFError):
        channel.receive(0.0)


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array([object()]), np.array(["text"]), np.zeros(2, complex)])
def test_other_values_are_not_sent(value, pair):
    with pytest.raises(TypeError, match="cannot be sent"):
        pair[0].send([value])


BROKEN = {
    "no length": struct.pack("!I", 0),
    "too long a header": b"\xff\xff\xff\xff",
    "no JSON": framed(b"\x80\x04nonsense"),
    "deeply nested": framed(b"[" * 100_000),
    "a list": framed([]),
    "no message": framed({"arrays": []}),
    "an object array": framed({"arrays": [["|O", [1]]], "message": []}),
    "a structured array": framed({"arrays": [[[["a", "<f4"]], [1]]], "message": []}),
    "a negative size": framed({"arrays": [["<f4", [-1, 4]]], "message": []}),
    "a size that is no number": framed({"arrays": [["<f4", [True]]], "message": []}),
    "too many dimensions": framed({"arrays": [["<f4", [1] * 100]], "message": []}),
    "more bytes than may be received": framed({"arrays": [["<f4", [1 << 20, 1 << 20]]], "message": []}),
    "many arrays": framed({"arrays": [["<f4", [0]]] * 10_000, "message": []}),
    "an array that is not there": framed({"arrays": [["<f4", [0]]], "message": [{"__array__": 1}]}),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_not_a_message_is_refused(data, pair):
    channel, theirs = pair
    theirs.sendall(data)
    with pytest.raises(WireError):
        channel.receive(60.0, 60.0)


# -- connecting -----------------------------------------------------------------------------------------------------


def test_only_a_process_that_knows_the_key_is_let_in(tmp_path):
    listener, accepted = Listener(), []
    threading.Thread(target=lambda: accepted.append(listener.accept()), daemon=True).start()
    invitation = Invitation.from_mapping(json.loads(json.dumps(listener.invitation.to_mapping())))
    assert invitation == listener.invitation
    with pytest.raises((EOFError, OSError)):  # as an older version connects
        multiprocessing.connection.Client(invitation.address, authkey=invitation.key)
    with pytest.raises((WireError, EOFError, OSError)):
        connect(replace(invitation, key=b"another"))
    assert not accepted
    channel = connect(invitation)
    channel.send(["hello"])
    wait_until(lambda: accepted)
    assert accepted[0].receive() == ["hello"]
    listener.close()
    accepted[0].close()
    with pytest.raises(EOFError):
        channel.receive()
    channel.close()
    assert isinstance(invitation.address, tuple) or not Path(invitation.address).parent.exists()


def test_a_listener_that_is_closed_waits_no_longer():
    listener, ended = Listener(), threading.Event()

    def accept() -> None:
        with suppress(OSError):
            listener.accept()
        ended.set()

    threading.Thread(target=accept, daemon=True).start()
    time.sleep(0.05)
    listener.close()
    assert ended.wait(60)


def test_where_no_socket_fits_into_the_folder_for_temporary_files_a_port_is_used(tmp_path, monkeypatch):
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    listener = Listener()

    def greet() -> None:
        with closing(listener.accept()) as accepted:
            accepted.send(["hello"])

    threading.Thread(target=greet, daemon=True).start()
    assert listener.invitation.address[0] == "127.0.0.1"
    channel = connect(listener.invitation)
    assert channel.receive() == ["hello"]
    channel.close()
    listener.close()
    assert list(deep.iterdir()) == []


@pytest.mark.parametrize(
    ("mapping", "why"),
    [
        ({"address": "/x", "key": "00"}, "different versions"),
        ({"address": "/x", "key": "00", "wire": 0}, "different versions"),
        ({"address": "", "key": "00", "wire": 1}, "local socket"),
        ({"address": "relative", "key": "00", "wire": 1}, "local socket"),
        ({"address": "/x\0", "key": "00", "wire": 1}, "local socket"),
        ({"address": ["example.org", 80], "key": "00", "wire": 1}, "local socket"),
        ({"address": ["127.0.0.1", 1 << 20], "key": "00", "wire": 1}, "local socket"),
        ({"address": ["127.0.0.1"], "key": "00", "wire": 1}, "local socket"),
        ({"address": 5, "key": "00", "wire": 1}, "local socket"),
        ({"address": "/x", "key": "nonsense", "wire": 1}, "local socket"),
        ({"address": "/x", "wire": 1}, "local socket"),
    ],
)
def test_what_is_not_an_invitation_is_refused(mapping, why):
    with pytest.raises(WireError, match=why):
        Invitation.from_mapping(mapping)
