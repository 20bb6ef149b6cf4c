"""Read many damaged files of some formats, in a process of its own: ``python fuzzed.py COUNT SEED FORMAT …``.

A file is written, damaged at random, and read. It is read, or refused by a sentence; everything else ends the process.
Memory is limited, so that a size that is believed ends it, too. The same seed damages the same files.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from event_files import bin_bytes, write_n_mnist, write_shd

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.foreign_files import limit_process
from stdpbench.data.datasets import datasets
from stdpbench.data.datasets._hdf5 import parse

_MEMORY = 6 << 30
_LONGEST = 400  # characters of a sentence, without its paths
_VALUES = (0x00, 0x01, 0x0A, 0x20, 0x2C, 0x2D, 0x3A, 0x40, 0x7F, 0x80, 0xFF)


def _n_mnist(folder: Path) -> tuple[Path, dict[str, object]]:
    write_n_mnist(folder, n_train=1)
    path = folder / "Train" / "3" / "00001.bin"
    random = np.random.default_rng(0)
    events = [(*random.integers(0, 34, 2).tolist(), bool(n % 2), n * 1000) for n in range(50)]
    path.write_bytes(bin_bytes(events))
    return path, {"kind": "n-mnist", "path": str(folder)}


def _hdf5(folder: Path) -> tuple[Path, dict[str, object]]:
    random = np.random.default_rng(0)
    recordings = [
        (np.sort(random.random(n)).tolist(), random.integers(0, 700, n).tolist()) for n in random.integers(1, 40, 12)
    ]
    path = write_shd(folder / "x.h5", recordings, [number % 3 for number in range(12)])
    return path, {"kind": "events", "path": str(path)}


def _ts(folder: Path) -> tuple[Path, dict[str, object]]:
    random, path = np.random.default_rng(0), folder / "x.ts"
    lines = ["@problemName x", "@timeStamps false", "@univariate false", "@classLabel true a b", "@data"]
    for number in range(10):
        channels = np.round(random.random((3, 4 + number)), 3)
        lines.append(":".join([*(",".join(map(str, channel)) for channel in channels), "ab"[number % 2]]))
    path.write_text("\n".join(lines))
    return path, {"kind": "signals", "path": str(path)}


def _csv(folder: Path) -> tuple[Path, dict[str, object]]:
    random, path = np.random.default_rng(0), folder / "x.csv"
    rows = [f"{a:.3f},{b:.2e},{'xyz'[n % 3]}" for n, (a, b) in enumerate(random.random((30, 2)))]
    path.write_text("width,height,class\n" + "\n".join(rows))
    return path, {"kind": "tabular", "path": str(path)}


def _csv_events(folder: Path) -> tuple[Path, dict[str, object]]:
    path = folder / "x.csv"
    rows = [f"{n // 5},{n % 7},{n % 5 * 0.01:.3f},{n // 5 % 2}" for n in range(40)]
    path.write_text("recording,index,time,label\n" + "\n".join(rows))
    return path, {"kind": "events", "path": str(path)}


def _npz_signals(folder: Path) -> tuple[Path, dict[str, object]]:
    path = folder / "x.npz"
    values = np.random.default_rng(0).random((3, 60)).astype(np.float32)
    np.savez(path, values=values, lengths=[20, 10, 25, 5], labels=["a", "b", "a", "b"], rate=100.0)
    return path, {"kind": "signals", "path": str(path)}


def _npz_events(folder: Path) -> tuple[Path, dict[str, object]]:
    path = folder / "x.npz"
    time = np.sort(np.random.default_rng(0).random((6, 10)), axis=1).reshape(-1)
    np.savez_compressed(path, index=np.arange(60) % 9, time=time, first=np.arange(0, 61, 10), label=[0, 1] * 3)
    return path, {"kind": "events", "path": str(path)}


def _npz_images(folder: Path) -> tuple[Path, dict[str, object]]:
    path = folder / "x.npz"
    np.savez(path, images=np.random.default_rng(0).integers(0, 256, (8, 5, 5)), labels=np.arange(8) % 2)
    return path, {"kind": "npz", "path": str(path)}


FORMATS: dict[str, Callable[[Path], tuple[Path, dict[str, object]]]] = {
    "5-byte": _n_mnist,
    "hdf5": _hdf5,
    "ts": _ts,
    "csv": _csv,
    "csv-events": _csv_events,
    "npz-signals": _npz_signals,
    "npz-events": _npz_events,
    "npz-images": _npz_images,
}
"""For each format, a function that writes a good file and returns it with the data that it is read as."""


def damaged(content: bytes, random: np.random.Generator) -> bytes:
    """The content with bits flipped, bytes replaced, parts left out, repeated, exchanged or cut off."""
    found = bytearray(content)
    for _ in range(int(random.integers(1, 4))):
        kind, at = int(random.integers(0, 7)), int(random.integers(0, max(1, len(found))))
        n = int(random.integers(1, 17))
        if not found:
            break
        if kind == 0:
            found[at] ^= 1 << int(random.integers(0, 8))
        elif kind == 1:
            found[at] = int(random.choice(_VALUES))
        elif kind == 2:
            found[at : at + n] = bytes([int(random.choice(_VALUES))]) * len(found[at : at + n])
        elif kind == 3:
            del found[at : at + n]
        elif kind == 4:
            found[at:at] = found[at : at + n]
        elif kind == 5:
            found[at : at + n] = random.bytes(n)
        elif random.random() < 0.2:
            del found[at:]
    return bytes(found)


def _apart(path: Path) -> None:
    """Read an HDF5 file in a process of its own, as the data do, but forked from this one, which is faster."""
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            limit_process(_MEMORY, 1)  # one of a hundred is read for ever
            parse(path)
            status = 0
        except StdpbenchError as error:
            os.write(sending, str(error).encode())
            status = 3
        finally:
            os._exit(status)
    os.close(sending)
    with os.fdopen(receiving) as words:
        sentence = words.read()
    ended = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(ended):  # endless, or crashed
        raise StdpbenchError("ended")
    assert os.WEXITSTATUS(ended) in (0, 3), "an error that is not a sentence"
    if sentence:
        raise StdpbenchError(sentence)


def main(kind: str, count: int, seed: int) -> None:
    """Read `count` damaged files of a format."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    warnings.simplefilter("error")
    random = np.random.default_rng(seed)
    read = refused = 0
    with tempfile.TemporaryDirectory() as folder:
        path, mapping = FORMATS[kind](Path(folder))
        data, good = datasets.build(mapping, "data"), path.read_bytes()
        data.prepare()
        for number in range(count):
            content = damaged(good, random)
            path.write_bytes(content)
            try:
                if kind == "hdf5":
                    _apart(path)
                else:
                    data.prepare()
                read += 1
            except StdpbenchError as error:
                refused += 1
                sentence = str(error).replace(str(folder), "")
                assert "\n" not in sentence, (number, sentence)
                assert len(sentence) < _LONGEST, (number, sentence)
            except BaseException:
                sys.stderr.write(f"{kind}: file {number} of seed {seed}\n")
                raise
    sys.stdout.write(f"{kind}: {read} read, {refused} refused\n")


if __name__ == "__main__":
    for each in sys.argv[3:] or FORMATS:
        main(each, int(sys.argv[1]), int(sys.argv[2]))
