"""Who handles a signal for a while puts back whoever handled it before: Python code, nobody, or the system."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from rich.console import Console

from stdpbench.base.signals import handled, own_session
from stdpbench.cli.follow import Interrupt
from stdpbench.engine.simulators.base import uninterrupted
from stdpbench.runs.presentation.processes import sigint_ignored

HEARD: list[int] = []


def own(number: int, frame: Any) -> None:
    HEARD.append(number)


PLACES: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "handled": lambda: handled(signal.SIG_IGN, signal.SIGINT, signal.SIGTERM),
    "a presentation": uninterrupted,
    "a start of processes": sigint_ignored,
    "a run that is followed": Interrupt(Console(quiet=True), "Stopping.").heard,
    "a queue": lambda: Interrupt(Console(quiet=True), "Stopping.").heard(signal.SIGTERM),
}


@pytest.fixture(autouse=True)
def nothing_heard(signals: None) -> None:
    HEARD.clear()


@pytest.mark.parametrize("place", PLACES)
def test_a_handler_is_restored_whatever_it_was(place: str) -> None:
    for handler in (own, signal.SIG_IGN, signal.SIG_DFL, signal.default_int_handler):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, handler)
        with PLACES[place]():
            assert signal.getsignal(signal.SIGINT) is not handler or handler is signal.SIG_IGN
        with pytest.raises(LookupError), PLACES[place]():
            raise LookupError
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == [handler, handler]


def test_outside_the_main_thread_nothing_is_handled() -> None:
    signal.signal(signal.SIGINT, own)
    found: list[Any] = []

    def enter() -> None:
        for place in PLACES.values():
            with place():
                found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join(60)
    assert found == [own] * len(PLACES)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sessions")
def test_a_process_in_its_own_session_hears_no_ctrl_c_of_the_terminal():
    done = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getsid(0) == os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
        **own_session(),
    )
    assert done.stdout.strip() == "True"
