"""The publisher: facts are lossless and in order, frames the newest against credit, and no reader holds it up."""

from __future__ import annotations

import pickle
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest
from harness import wait_until
from reading import Reader

from stdpbench.base.wire import Invitation
from stdpbench.runs.process.publisher import Publisher
from stdpbench.runs.protocol.facts import Record, Remarked
from stdpbench.runs.protocol.messages import CREDIT, Request


@pytest.fixture
def requests() -> SimpleQueue[Request]:
    return SimpleQueue()


@pytest.fixture
def publisher(requests: SimpleQueue[Request]) -> Iterator[Publisher]:
    made = Publisher(requests)
    yield made
    made.close(0.2)


@pytest.fixture
def attach(publisher: Publisher) -> Iterator[Callable[..., Reader]]:
    readers: list[Reader] = []

    def new(past: int = 0, wants: tuple[str, ...] = ()) -> Reader:
        readers.append(reader := Reader())
        publisher.attach(reader.invitation, [fact(number) for number in range(past)])
        reader.connected()
        if wants:
            reader.say("want", list(wants), {})
            mine = publisher._readers[-1]
            wait_until(lambda: mine._wanted == set(wants))
        return reader

    yield new
    for reader in readers:
        reader.close()


def fact(number: int, size: int = 10) -> Record:
    return Record(number, number, "", Remarked(f"{number} " + "x" * size))


def offer(publisher: Publisher, number: int, *, flush: bool = True, made: list[str] | None = None) -> None:
    """Frames with a number; `flush` so that nothing depends on the time since the last ones."""

    def make(kind: str) -> Any:
        if made is not None:
            made.append(kind)
        return {"number": number, "w": np.zeros((50, 50), np.float32)}

    kinds = ("progress", "network", "presentation")
    publisher.offer({kind: lambda kind=kind: make(kind) for kind in kinds}, flush=flush)  # type: ignore[misc]


def frames(messages: list[Any], kind: str = "network") -> list[int]:
    return [m[2]["number"] for m in messages if m[0] == "frame" and m[1] == kind]


def numbers(messages: list[Any]) -> list[int]:
    return [m[1].number for m in messages if m[0] == "record"]


# -- facts -----------------------------------------------------------------------------------------


# -- frames ----------------------------------------------------------------------------------------


def test_no_frame_is_made_that_nobody_waits_for(publisher, attach):
    made: list[str] = []
    offer(publisher, 0, made=made)
    assert made == []
    reader = attach()
    offer(publisher, 1, made=made)
    assert made == ["progress"]  # what every reader gets
    reader.say("want", ["presentation", "nonsense"], {})
    wait_until(lambda: "presentation" in publisher._readers[0]._wanted)
    offer(publisher, 2, made=made)
    assert made == ["progress", "presentation"]
    reader.say("want", [], {})
    wait_until(lambda: not publisher._readers[0]._wanted)
    offer(publisher, 3, made=made)
    assert made == ["progress", "presentation"]


def test_frames_come_against_credit_and_the_newest_replaces_the_others(publisher, attach):
    reader = attach(wants=("network",))
    for number in range(20):
        offer(publisher, number)
        if number < CREDIT:
            assert frames([reader.read()]) == [number]
    assert frames(reader.read_all()) == []  # no credit is left
    reader.say("credit", "network", 1)
    assert frames([reader.read()]) == [19]
    reader.say("credit", "network", 3)
    assert frames(reader.read_all()) == []  # there is nothing newer
    made: list[str] = []
    for number in range(20, 30):
        offer(publisher, number, made=made)
        assert frames([reader.read()]) == [number] if number < 23 else True
    assert frames(reader.read_all()) == []
    reader.say("credit", "network", 1)
    assert frames([reader.read()]) == [29]  # as it was before a pause
    assert len(made) == 10


def test_one_kind_does_not_wait_for_another(publisher, attach):
    reader = attach(wants=("network", "progress"))
    for number in range(CREDIT):
        offer(publisher, number)
        for _ in range(2):
            reader.read()
    offer(publisher, 9)
    assert reader.read_all() == []
    reader.say("credit", "progress", 1)
    assert frames([reader.read()], "progress") == [9]


# -- readers that misbehave ------------------------------------------------------------------------


def test_a_reader_that_never_reads_holds_nobody_up(publisher, attach):
    asleep, awake = attach(wants=("network", "presentation")), attach(wants=("network",))
    made: list[str] = []
    for number in range(2000):
        publisher.publish(fact(number, size=10_000))  # far more than fits into any pipe
        offer(publisher, number, made=made, flush=number % 100 == 0)
    heard: list[int] = []
    while len(heard) < 2000:
        heard += numbers([awake.read()])
    assert heard == list(range(2000))
    assert publisher._readers[0]._facts, "it was read after all"
    assert set(publisher._readers[0]._frames) <= {"network", "presentation"}
    publisher.close(0.2)
    assert asleep.channel is not None


def test_a_listener_that_does_not_answer_holds_nobody_up(publisher, attach):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        publisher.attach(Invitation(deaf.getsockname(), b"key"), [])
        living = attach()
        publisher.publish(fact(0))
        offer(publisher, 0)
        assert numbers([living.read()]) == [0]
        publisher.close(0.1)


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        5,
        {"credit": 1},
        ("want",),
        ("want", 5),
        ("want", [[]]),
        ("want", [], 5),
        ("want", [], {"network": "often"}),
        ("want", []),
        ("credit", "nonsense", 1),
        ("credit", "network"),
        ("credit", "network", "many"),
        ("request", 1),
        ("request", 1, "pause", {}, "more"),
    ],
)
def test_a_reader_that_makes_no_sense_is_dropped_alone(message, publisher, attach):
    odd, living = attach(), attach()
    odd.connected().send(message)
    wait_until(lambda: (publisher.publish(fact(0)), len(publisher._readers) == 1)[1])
    publisher.publish(fact(7))
    while living.read()[1].number != 7:
        pass


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_a_reader_sends_is_not_unpickled(publisher, attach, tmp_path, caplog):
    odd, made = attach(), tmp_path / "made"
    data = pickle.dumps(Trap(made))
    odd.connected()._socket.sendall(struct.pack("!i", len(data)) + data)  # as `multiprocessing.connection` sends it
    wait_until(lambda: (publisher.publish(fact(0)), not publisher._readers)[1])
    assert not made.exists()
    assert "disconnecting a reader" in caplog.text


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self._path,)


# -- requests --------------------------------------------------------------------------------------


def test_an_answer_goes_to_the_one_who_asked(publisher, attach, requests):
    one, other = attach(), attach()
    one.say("request", 4, "pause", {"reason": "x"})
    request = requests.get()
    assert (request.name, dict(request.arguments)) == ("pause", {"reason": "x"})
    request.reply("no", None)
    assert one.read() == ["reply", 4, "no", None]
    other.say("request", 4, "step", {"n": 2})
    requests.get().reply("", {"position": 3})
    assert other.read() == ["reply", 4, "", {"position": 3}]
    assert one.read_all() == []
