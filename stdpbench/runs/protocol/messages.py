"""Messages between the process of a run and its readers, over one connection (`stdpbench.base.wire`).

From the process: ``("record", Record)`` (lossless, in order), ``("frame", kind, values)`` (a newer frame replaces an
older one; sent only against credit), ``("reply", number, error, value)``. To the process: ``("request", number, name,
arguments)``, ``("credit", kind, n)`` for n processed frames, ``("want", kinds, gaps)``: the kinds of frames to send,
and by kind the minimum interval between two frames in seconds. Values are plain JSON and arrays.

Frames
------
``progress``
    ``phase, done, total, position, images_per_second, seconds_left, spikes_per_image, repeats, mean_theta, accuracy``
``network``
    ``position``; ``n_facts``, the number of preceding facts; ``learned``, learned arrays by name
    (`stdpbench.engine.network.Learned`), weights as float32; ``total_spikes``, int64, (n_read,), in training
    presentations so far, or None if they were not counted from the start. After training: the trained network, even
    while a baseline is labelled and tested.
``presentation``
    ``position, presentation, image, attempts``; ``spikes``, pairs (index, bin) of int32 arrays by population, the
    input first; ``read``, the population that is read, and ``spike_counts``, those of its neurons; ``input_factor``,
    factors of the input spikes, if they carry some; ``n_bins`` and ``stimulus_bins``, time steps with and without the
    rest; ``recording``: None, or the arrays of a `stdpbench.engine.simulators.Recording` by name

Requests
--------
``pause``, ``resume``, ``stop``, ``checkpoint``
    No arguments.
``step``
    ``n``: number of presentations, after which the run pauses again.
``set``
    ``changes``: dotted path to value.
``change_rule``
    ``rule``: another plasticity rule as a table of a file, with its ``kind``. If its network must be compiled, this
    happens in the background while the run continues; the reply follows when the rule is active or has failed. A rule
    of the active kind with other values is changed as by ``set``. ``projection``, optional: name of the projection
    that will learn by it, if several can.
``set_learned``
    ``arrays``: name of a learned array to the SHA-256 of a file in the run folder
    (`stdpbench.runs.folder.learned_arrays`); only while the run is paused.
``record``
    ``neurons``: neurons whose time courses the frames of ``presentation`` include; empty for none. ``population``,
    optional: name of their population; default: the population that is read.
``try``
    ``image``: grey values, of the size of the pictures and preprocessed like them. The network responds frozen and
    from the reset state, and later learning is unaffected; see `stdpbench.runs.process.present_image.try_picture`.
``pace``
    ``seconds``: minimum time from one training presentation to the next; 0: maximum speed.
``attach``
    A `stdpbench.base.wire.Invitation` from another reader (only through the run folder).
"""

from __future__ import annotations

import json
import os
import re
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stdpbench.base.errors import StdpbenchError, disk_errors
from stdpbench.base.files import (
    is_private,
    part_of,
    remove_file,
    remove_files,
    remove_folder,
    remove_parts,
    write_text_aside,
)

FRAMES = ("progress", "network", "presentation")
CREDIT = 2
"""Initial credit: number of frames of each kind that may be in transit."""
STEPPED = "the requested steps are done"
"""Reason of a pause after ``step``."""
TERMINATED = "the process was asked to end"
"""Reason of a stop by a termination signal."""
TOO_LATE = "the run ended before it could answer"
"""Reply to requests that arrive while a run is ending."""
_MAILBOX = "requests"
_ASK = r"[0-9a-f]{32}\.ask\.json"
_NAME = r"[0-9a-f]{32}\.(ask|answer)\.json"


@dataclass(frozen=True)
class Request:
    """A request to a run, and the function that sends its reply (error and value)."""

    name: str
    arguments: Mapping[str, Any]
    reply: Callable[[str, Any], None]


class EndedFirstError(StdpbenchError):
    """The process of a run ended before it could reply."""


def error_of(reply: str) -> StdpbenchError:
    """Convert the error in a reply to an exception: the run ended first, or it refused the request."""
    return EndedFirstError(reply) if reply == TOO_LATE else StdpbenchError(reply)


class Mailbox:
    """File-based requests to the process of a run or a queue, for processes without a connection to it.

    Requests are files in a folder in which no other user can write. An existing folder of this name to which others
    can write is not touched.

    Parameters
    ----------
    folder : Path
        The run folder, or the folder of the queue.
    name : str
        Name of the mailbox folder in it.
    """

    def __init__(self, folder: Path, name: str = _MAILBOX) -> None:
        self._run = folder
        self._folder = folder / name

    def clear(self) -> None:
        """Discard requests to an earlier process."""
        remove_files(self._folder, _NAME, self._run)
        remove_parts(self._folder, _NAME, self._run)

    def remove(self) -> None:
        """Remove the mailbox and its contents; called by the process that it served."""
        with suppress(OSError):
            remove_folder(self._folder, f"{_NAME}|{part_of(_NAME)}", within=self._run)

    def take(self) -> list[Request]:
        """Return the requests that have arrived since the last call, in order."""
        if not is_private(self._folder):
            return []
        try:
            paths = sorted(
                (entry.stat(follow_symlinks=False).st_mtime_ns, entry.path)
                for entry in os.scandir(self._folder)
                if re.fullmatch(_ASK, entry.name)
            )
        except OSError:
            return []
        requests: list[Request] = []
        for _, name in paths:
            path = Path(name)
            reply_path = path.with_name(path.name.replace(".ask.", ".answer."))
            request = None  # a file without a valid request: nobody waits for a reply
            try:
                content = path.read_bytes()
                with suppress(ValueError, KeyError, TypeError, RecursionError):
                    message = json.loads(content)
                    request = Request(str(message["name"]), dict(message["arguments"]), _replying(reply_path))
                remove_file(path, within=self._run)
            except OSError:  # a file that cannot be removed would be handled repeatedly
                continue
            if request is not None:
                requests.append(request)
        return requests

    def ask(self, name: str, arguments: Mapping[str, Any], alive: Callable[[], bool], timeout: float = 30.0) -> Any:
        """Send a request to the process, and return the value of its reply.

        Parameters
        ----------
        name : str
            Name of the request.
        arguments : mapping
            Its arguments.
        alive : callable
            Whether the process is still running.
        timeout : float
            Seconds to wait for the reply.

        Raises
        ------
        EndedFirstError
            If the process ends before it can reply.
        StdpbenchError
            If the process replied with an error, or did not reply in time.
        """
        with disk_errors(f"{self._folder} cannot be created"):
            self._folder.mkdir(mode=0o700, exist_ok=True)
        if not is_private(self._folder):
            raise StdpbenchError(
                f"requests cannot be sent through {self._folder}: it must be a folder, not a link, in which only you "
                "can write"
            )
        number = uuid.uuid4().hex
        path, reply_path = self._folder / f"{number}.ask.json", self._folder / f"{number}.answer.json"
        until = time.monotonic() + timeout
        try:
            write_text_aside(path, json.dumps({"name": name, "arguments": dict(arguments)}), private=True)
            while time.monotonic() < until:
                running = alive()  # checked before the reply is read, which may be written just before the exit
                with suppress(OSError):
                    reply = json.loads(reply_path.read_bytes())
                    if reply["error"]:
                        raise error_of(reply["error"])
                    return reply["value"]
                if not running:
                    raise EndedFirstError(TOO_LATE)
                time.sleep(0.02)
        finally:
            with suppress(OSError):
                remove_file(path, within=self._run)
                remove_file(reply_path, within=self._run)
        raise StdpbenchError(f"the process did not answer within {timeout:.0f} s; it may be busy")


def _plain(value: Any) -> Any:
    """Convert a value that JSON cannot represent: an array to lists and numbers, anything else to text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _replying(path: Path) -> Callable[[str, Any], None]:
    def reply(error: str, value: Any) -> None:
        with suppress(StdpbenchError):  # the sender reports that no reply arrived
            write_text_aside(path, json.dumps({"error": error, "value": value}, default=_plain), private=True)

    return reply
