"""Wire format between a run and its readers: JSON and raw arrays over a local socket.

A message is a list of JSON values that may contain NumPy arrays at any depth. Nothing is unpickled. Each message is
sent as

====================  ==================================================================================
uint32, big-endian    length of the header in bytes
header                JSON in UTF-8: ``{"arrays": [[dtype, shape], ...], "message": [...]}``
bytes of the arrays   in C order and little-endian, one after another
====================  ==================================================================================

where ``{"__array__": i}`` in the message stands for the i-th array. A peer that violates the format or its limits is
disconnected (`WireError`).

The reader listens (`Listener`) and passes an `Invitation` to the process, in an environment variable or a request in
the run folder; the process connects (`connect`). Both prove that they know the key of the invitation before either
reads a message from the other.
"""

from __future__ import annotations

import hmac
import json
import secrets
import socket
import struct
import sys
import tempfile
import time
import weakref
from array import array
from collections import deque
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import NOTHING, remove_file, remove_folder

VERSION = 1
"""Version of the wire format; processes of different versions do not connect."""
_GREETING = f"stdpbench wire {VERSION:04d}\n".encode()
_FOLDER = "stdpbench-reader-"
_NONCE, _PROOF = 32, 32  # bytes
_HANDSHAKE = 10.0  # s, time limit of the handshake
_LENGTH = struct.Struct("!I")
_MOST_TEXT = 1 << 28
_MOST_ARRAYS = 8192
_CHUNK = 1 << 16
_DTYPES = {
    name: np.dtype(name)
    for name in ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8")
}
_REFERENCE = "__array__"

Address = str | tuple[str, int]
"""Path of a Unix domain socket, or host and port on systems without such sockets."""


class WireError(StdpbenchError):
    """The peer does not use this format, or does not know the key."""


class Channel:
    """Messages over a connected stream socket.

    One thread may `send` while another receives without a time limit. With `post`, `flush` or a time limit, all calls
    must come from one thread, since these change the timeout of the socket.

    Parameters
    ----------
    connected : socket.socket
        The socket; closed by `close`.
    most : int
        Limit on the total size of the arrays of a received message, in bytes.

    Attributes
    ----------
    progressing : bool
        Whether the last call of `receive` received a part of a message, but not all of it.
    """

    def __init__(self, connected: socket.socket, most: int = 1 << 32) -> None:
        self._socket = connected
        self._most = most
        self._timeout: float | None = None
        self._read = memoryview(b"")
        self._begun = False
        self.progressing = False
        self._parts = _parts(most)
        self._part = next(self._parts)
        self._unsent: deque[memoryview] = deque()
        connected.settimeout(None)

    def fileno(self) -> int:
        """Return the file descriptor of the socket, for `select` and similar functions."""
        return self._socket.fileno()

    # -- sending ----------------------------------------------------------------------------------------------------

    def send(self, message: Any) -> None:
        """Send a message; block until the socket has accepted all of it."""
        self._set_timeout(None)
        for part in _encoded(message):
            self._socket.sendall(part)

    def post(self, message: Any) -> None:
        """Send a message without blocking; what the socket does not accept is sent by the next `post` or `flush`."""
        self._unsent += _encoded(message)
        self.flush()

    def flush(self) -> None:
        """Send as much of the posted messages as the socket accepts; discard them if the peer has disconnected."""
        try:
            self._set_timeout(0.0)
            while self._unsent:
                sent = self._socket.send(self._unsent[0])
                if sent == len(self._unsent[0]):
                    self._unsent.popleft()
                else:
                    self._unsent[0] = self._unsent[0][sent:]
        except BlockingIOError:
            pass
        except OSError:  # messages from the peer may still be waiting to be received
            self._unsent.clear()

    # -- receiving --------------------------------------------------------------------------------------------------

    def receive(self, wait: float | None = None, rest: float = 0.0) -> Any:
        """Receive a message, or continue one that an earlier call received in part.

        Parameters
        ----------
        wait : float, optional
            Seconds to wait for the start of a message; default: wait until a message is complete.
        rest : float
            Seconds to wait for the rest of a message that has been received in part.

        Returns
        -------
        list or None
            None while no message is complete.

        Raises
        ------
        EOFError
            If the peer closed the connection.
        OSError
            If the connection broke.
        WireError
            If the data received are not a message.
        """
        until = None if wait is None else time.monotonic() + (rest if self._begun else wait)
        self.progressing = False
        while True:
            while len(self._part):
                if not self._read:
                    if not self._fill(until):
                        return None
                    self.progressing = True
                if not self._begun:
                    self._begun = True
                    until = None if wait is None else time.monotonic() + rest
                n = min(len(self._read), len(self._part))
                self._part[:n] = self._read[:n]
                self._part, self._read = self._part[n:], self._read[n:]
            try:
                self._part = next(self._parts)
            except StopIteration as complete:
                self._begun = self.progressing = False
                self._parts = _parts(self._most)
                self._part = next(self._parts)
                return complete.value

    def _fill(self, until: float | None) -> bool:
        """Receive bytes, directly into a large array or else into `_read`; return False if none arrived in time."""
        self._set_timeout(None if until is None else max(0.0, until - time.monotonic()))
        try:
            if len(self._part) >= _CHUNK:
                n = self._socket.recv_into(self._part)
                self._part = self._part[n:]
            else:
                self._read = memoryview(self._socket.recv(_CHUNK))
                n = len(self._read)
        except (BlockingIOError, TimeoutError):
            return False
        if not n:
            raise EOFError("the peer closed the connection")
        return True

    def _set_timeout(self, timeout: float | None) -> None:
        if timeout != self._timeout:
            self._timeout = timeout
            self._socket.settimeout(timeout)

    def shut_down(self) -> None:
        """End the connection, which wakes threads that wait on it; `close` frees the socket."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the connection and free the socket."""
        self.shut_down()
        self._socket.close()


# -- connecting -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Invitation:
    """Address at which a reader listens, and the key that both sides must know."""

    address: Address
    key: bytes

    def to_mapping(self) -> dict[str, Any]:
        """Return the invitation as plain JSON values."""
        return {"address": self.address, "key": self.key.hex(), "wire": VERSION}

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Invitation:
        """Read an invitation from the values that `to_mapping` returned.

        Raises
        ------
        WireError
            If they are not an invitation, or one of another version of the wire format.
        """
        if mapping.get("wire") != VERSION:
            raise WireError(
                "the reader and the process of the run use different versions of stdpbench and cannot communicate; "
                "restart the older of the two"
            )
        address, key = mapping.get("address"), str(mapping.get("key"))
        with suppress(ValueError):
            match address:
                case str() if address.startswith("/") and "\0" not in address:
                    return cls(address, bytes.fromhex(key))
                case ["127.0.0.1", int(port)] if 0 < port < 1 << 16:
                    return cls(("127.0.0.1", port), bytes.fromhex(key))
        raise WireError("an invitation must have the address of a local socket and a key")


class Listener:
    """Listens for one process to connect, at an address that only this user can reach."""

    def __init__(self) -> None:
        self._socket, address = _listening()
        self._forget = weakref.finalize(self, _remove_socket, address)
        self.invitation = Invitation(address, secrets.token_bytes(32))

    def accept(self) -> Channel:
        """Wait for a process that knows the key; all others are rejected.

        Raises
        ------
        OSError
            If the listener is closed in the meantime.
        """
        while True:
            connected, _ = self._socket.accept()
            try:
                return _greeted(connected, self.invitation.key, b"reader", b"run")
            except (OSError, EOFError, WireError):
                connected.close()

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):  # wakes a thread that waits in `accept`
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._forget()


def connect(invitation: Invitation, most: int = 1 << 28) -> Channel:
    """Connect to a reader.

    Parameters
    ----------
    invitation : Invitation
        Invitation from the reader.
    most : int
        Limit on the total size of the arrays of a message from the reader, in bytes.

    Raises
    ------
    OSError, EOFError
        If no process listens there, or the connection breaks.
    WireError
        If the reader does not know the key.
    """
    unix = isinstance(invitation.address, str)
    if unix and not hasattr(socket, "AF_UNIX"):
        raise WireError(f"this system has no Unix domain sockets such as {invitation.address}")
    connected = socket.socket(socket.AF_UNIX if unix else socket.AF_INET, socket.SOCK_STREAM)
    try:
        connected.settimeout(_HANDSHAKE)
        connected.connect(invitation.address)
        return _greeted(connected, invitation.key, b"run", b"reader", most)
    except BaseException:
        connected.close()
        raise


def _listening() -> tuple[socket.socket, Address]:
    if sys.platform != "win32":
        path = f"{tempfile.mkdtemp(prefix=_FOLDER)}/socket"  # in a folder that no other user may enter
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listening.bind(path)
            listening.listen()
            return listening, path
        except OSError:  # the path of the folder for temporary files is too long for a socket
            listening.close()
            _remove_socket(path)
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    return listening, ("127.0.0.1", int(listening.getsockname()[1]))


def _remove_socket(address: Address) -> None:
    if isinstance(address, str):
        with suppress(OSError):
            remove_file(Path(address), within=Path(address).parent.parent)
            remove_folder(Path(address).parent, NOTHING)


def _greeted(connected: socket.socket, key: bytes, own_role: bytes, other_role: bytes, most: int = 1 << 32) -> Channel:
    """Authenticate both sides: each proves to the other that it knows the key."""
    connected.settimeout(_HANDSHAKE)
    if connected.family == socket.AF_INET:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    nonce = secrets.token_bytes(_NONCE)
    connected.sendall(_GREETING + nonce)
    greeting = _exactly(connected, len(_GREETING) + _NONCE)
    if not greeting.startswith(_GREETING):
        raise WireError("the peer uses another version of the wire format, or another protocol")
    peer_nonce = greeting[len(_GREETING) :]
    connected.sendall(hmac.digest(key, own_role + nonce + peer_nonce, "sha256"))
    if not hmac.compare_digest(
        _exactly(connected, _PROOF), hmac.digest(key, other_role + peer_nonce + nonce, "sha256")
    ):
        raise WireError("the peer does not know the key")
    return Channel(connected, most)


def _exactly(connected: socket.socket, n: int) -> bytes:
    received = b""
    while len(received) < n:
        received += (chunk := connected.recv(n - len(received)))
        if not chunk:
            raise EOFError("the peer closed the connection")
    return received


# -- format ---------------------------------------------------------------------------------------------------------


def _encoded(message: Any) -> list[memoryview]:
    """Return the buffers to send for a message; large arrays are not copied."""
    arrays: list[NDArray[Any]] = []

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            arrays.append(_sendable(value))
            return {_REFERENCE: len(arrays) - 1}
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, array):
            return value.tolist()
        if isinstance(value, Mapping):
            return dict(value)
        raise TypeError(f"{type(value).__name__} cannot be sent")

    text = json.dumps(message, default=plain)
    shapes = json.dumps([(array_.dtype.str, array_.shape) for array_ in arrays])
    header = f'{{"arrays":{shapes},"message":{text}}}'.encode()
    if len(header) > _MOST_TEXT or len(arrays) > _MOST_ARRAYS:
        raise ValueError(f"a message of {len(header)} bytes of text and {len(arrays)} arrays is too large to be sent")
    parts: list[memoryview] = []
    small = bytearray(_LENGTH.pack(len(header)) + header)
    for array_ in arrays:
        data = array_.reshape(-1).view(np.uint8).data
        if len(data) < _CHUNK:
            small += data
        else:
            parts += [memoryview(small), data]
            small = bytearray()
    return [*parts, memoryview(small)] if small else parts


def _sendable(value: NDArray[Any]) -> NDArray[Any]:
    converted = value.astype(value.dtype.newbyteorder("<"), order="C", copy=False)
    if converted.dtype.str not in _DTYPES:
        raise TypeError(f"an array of {value.dtype} cannot be sent")
    return converted


def _parts(most: int) -> Generator[memoryview, None, Any]:
    """Yield the buffers to receive a message into, in order; return the message."""
    length = bytearray(_LENGTH.size)
    yield memoryview(length)
    (n,) = _LENGTH.unpack(length)
    if not 0 < n <= _MOST_TEXT:
        raise WireError(f"a header of {n} bytes is not valid")
    header = bytearray(n)
    yield memoryview(header)
    try:
        content = json.loads(header)
        shapes = [(_DTYPES[name], tuple(map(_size, shape))) for name, shape in content["arrays"]]
        total = sum(dtype.itemsize * prod(shape) for dtype, shape in shapes)
        if len(shapes) > _MOST_ARRAYS or total > most:
            raise WireError(f"{len(shapes)} arrays of {total} bytes exceed the limit")
        arrays = [np.empty(shape, dtype) for dtype, shape in shapes]
        message = _with_arrays(content["message"], arrays) if arrays else content["message"]
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise WireError(f"the header is malformed ({type(error).__name__}: {error})") from None
    for received in arrays:
        yield received.reshape(-1).view(np.uint8).data
    return message


def _size(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} in a shape")
    return value


def _with_arrays(value: Any, arrays: list[NDArray[Any]]) -> Any:
    """Return plain JSON values with references replaced by their arrays."""
    if isinstance(value, list):
        return [_with_arrays(item, arrays) for item in value]
    if isinstance(value, dict):
        if value.keys() == {_REFERENCE}:
            return arrays[_size(value[_REFERENCE])]
        return {name: _with_arrays(item, arrays) for name, item in value.items()}
    return value
