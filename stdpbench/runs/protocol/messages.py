"""What a run's process and its readers say to each other over one connection (`stdpbench.runs.protocol.wire`).

From the process: ``("record", Record)`` (lossless, in order), ``("frame", kind, values)`` (the newest replaces the
older; sent only against credit), ``("reply", number, error, value)``. To the process: ``("request", number, name,
arguments)``, ``("credit", kind, n)`` for frames that were taken in, ``("want", kinds, gaps)``: which frames, and the
least seconds from one to the next of those kinds of which fewer are enough. Values are plain JSON and arrays.

Frames
------
``progress``
    ``phase, done, total, position, images_per_second, seconds_left, spikes_per_image, repeats, mean_theta, accuracy``
``network``
    ``position``; ``n_facts``, how many facts came before; ``w``, float32, (n_input, n_exc); ``theta``, float64,
    (n_exc,), volt; ``exc_spikes``, int64, (n_exc,), in training presentations so far, or None where they were not
    counted from the start. After training: the trained network, whichever one is being labelled and tested.
``presentation``
    ``position, presentation, image, attempts``; ``spike_counts`` (n_exc,); ``input``, ``exc``, ``inh`` as pairs
    (index, bin) of int32 arrays; ``n_bins``; ``recording``: None, or the arrays of a
    `stdpbench.simulators.Recording` by name

Requests
--------
``pause``, ``resume``, ``stop``, ``checkpoint``
    No arguments.
``step``
    ``n``: presentations to take, then paused again.
``set``
    ``changes``: dotted path to value.
``change_rule``
    ``rule``: another plasticity rule as a table of a file, with its ``kind``. Where its network must be compiled, that
    is done beside the run, which goes on; the answer comes when the rule is in force, or cannot be. The rule in force
    with other values is changed as by ``set``.
``set_learned``
    ``arrays``: name of a learned array (`stdpbench.network.Learned`) to the SHA-256 of a file in the run folder
    (`stdpbench.runs.folder.learned_arrays`); only while the run is paused.
``record``
    ``neurons``: exc neurons whose time courses frames of ``presentation`` shall hold; empty for none.
``try``
    ``image``: grey values of the size of the pictures, made ready as they are. The network answers as it is, frozen
    and from the reset state, and learns on as if it had not been asked; see
    `stdpbench.runs.process.present_image.try_picture`.
``pace``
    ``seconds``: the least time from one training presentation to the next; 0: as fast as it goes.
``attach``
    A `stdpbench.runs.protocol.wire.Invitation` of another reader (by way of the run folder only).
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

from stdpbench.errors import DiskError, StdpbenchError
from stdpbench.files import (
    part_of,
    read_own_file,
    remove_file,
    remove_files,
    remove_folder,
    remove_parts,
    write_text_aside,
)

FRAMES = ("progress", "network", "presentation")
REQUESTS = (
    "pause",
    "resume",
    "stop",
    "checkpoint",
    "step",
    "set",
    "change_rule",
    "set_learned",
    "record",
    "try",
    "pace",
    "attach",
)
CREDIT = 2
"""Frames of each kind that may be under way at first."""
STEPPED = "the steps that were asked for are taken"
"""Reason of a pause after ``step``."""
TERMINATED = "the process was asked to end"
"""Reason of a stop by a signal of the system."""
TOO_LATE = "the run ended before it could answer"
"""Answer to what was asked of a run in its last moment."""
_MAILBOX = "requests"
_ASK = r"[0-9a-f]{32}\.ask\.json"
_NAME = r"[0-9a-f]{32}\.(ask|answer)\.json"


@dataclass(frozen=True)
class Request:
    """Something that a run is asked to do, and the way its answer goes back."""

    name: str
    arguments: Mapping[str, Any]
    reply: Callable[[str, Any], None]


class EndedFirstError(StdpbenchError):
    """The process of a run ended before it could answer."""


class Mailbox:
    """Requests to the process of a run or of a queue by way of files, from processes that have no connection to it.

    Requests and answers are taken only from files that nobody but this user can have written; all others are left
    alone.

    Parameters
    ----------
    folder : Path
        The run folder, or the folder of the queue.
    name : str
        Name of the mailbox in it.
    """

    def __init__(self, folder: Path, name: str = _MAILBOX) -> None:
        self._run = folder
        self._folder = folder / name

    def clear(self) -> None:
        """Drop what was asked of an earlier process."""
        remove_files(self._folder, _NAME, self._run)
        remove_parts(self._folder, _NAME, self._run)

    def remove(self) -> None:
        """Remove the mailbox with all that is left in it; for the process that it was for."""
        with suppress(OSError):
            remove_folder(self._folder, f"{_NAME}|{part_of(_NAME)}", within=self._run)

    def take(self) -> list[Request]:
        """Requests that have come since the last time, in order."""
        try:
            paths = sorted(
                (entry.stat(follow_symlinks=False).st_mtime_ns, entry.path)
                for entry in os.scandir(self._folder)
                if re.fullmatch(_ASK, entry.name)
            )
        except OSError:
            return []
        found: list[Request] = []
        for _, name in paths:
            path = Path(name)
            answer = path.with_name(path.name.replace(".ask.", ".answer."))
            request = None  # where it is none, nobody that waits for an answer wrote it
            try:
                content = read_own_file(path, self._run)
                with suppress(ValueError, KeyError, TypeError, RecursionError):
                    said = json.loads(content)
                    request = Request(str(said["name"]), dict(said["arguments"]), _answering(answer))
                remove_file(path, within=self._run)
            except OSError:  # it is not ours, or would be taken again and again
                continue
            if request is not None:
                found.append(request)
        return found

    def ask(self, name: str, arguments: Mapping[str, Any], alive: Callable[[], bool], timeout: float = 30.0) -> Any:
        """Have the process do something, and wait for its answer.

        Raises
        ------
        EndedFirstError
            If the process ended first.
        StdpbenchError
            With what the process answered, or that it does not answer.
        """
        if self._folder.is_symlink():
            raise StdpbenchError(self._unsafe)
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            raise DiskError(f"{self._folder} cannot be made: {error.strerror}") from error
        number = uuid.uuid4().hex
        path, answer = self._folder / f"{number}.ask.json", self._folder / f"{number}.answer.json"
        until = time.monotonic() + timeout
        try:
            write_text_aside(path, json.dumps({"name": name, "arguments": dict(arguments)}), private=True)
            self._check_is_taken(path)
            while time.monotonic() < until:
                living = alive()  # before the look for an answer, which may be its last word
                with suppress(OSError):
                    said = json.loads(read_own_file(answer, self._run))
                    if said["error"]:
                        raise StdpbenchError(said["error"])
                    return said["value"]
                if not living:
                    raise EndedFirstError(TOO_LATE)
                time.sleep(0.02)
        finally:
            with suppress(OSError):
                remove_file(path, within=self._run)
                remove_file(answer, within=self._run)
        raise StdpbenchError(f"the process did not answer within {timeout:.0f} s; it may be busy")

    def _check_is_taken(self, path: Path) -> None:
        """See that a request is one that the run's process will take."""
        try:
            read_own_file(path, self._run)
        except FileNotFoundError:  # it was taken already
            pass
        except OSError:
            raise StdpbenchError(self._unsafe) from None

    @property
    def _unsafe(self) -> str:
        return (
            f"nothing can be asked by way of {self._folder}: it must be a folder, not a link, on a file "
            "system that keeps owners and permissions of files"
        )


def _plain(value: Any) -> Any:
    """What JSON has no form for, as lists and numbers where it is an array, else as text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _answering(path: Path) -> Callable[[str, Any], None]:
    def reply(error: str, value: Any) -> None:
        with suppress(StdpbenchError):  # whoever asked will say that no answer came
            write_text_aside(path, json.dumps({"error": error, "value": value}, default=_plain), private=True)

    return reply
