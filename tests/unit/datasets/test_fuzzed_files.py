"""Damaged files are read or refused, whatever is damaged; see `fuzzed`."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stdpbench.base.errors import StdpbenchError
from stdpbench.data.datasets._signal_files import read_signals
from stdpbench.data.datasets.events import read_npz
from stdpbench.data.datasets.npz import read_pictures

SCRIPT = Path(__file__).with_name("fuzzed.py")
FORMATS = ("5-byte", "hdf5", "ts", "csv", "csv-events", "npz-signals", "npz-events", "npz-images")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits memory as Unix does")


def fuzz(count: int, *formats: str) -> dict[str, tuple[int, int]]:
    """Read damaged files, and return for each format how many were read and refused."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(count), "0", *formats], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = re.findall(r"(?m)^(\S+): (\d+) read, (\d+) refused$", done.stdout)
    return {kind: (int(read), int(refused)) for kind, read, refused in lines}


def test_some_damaged_files_of_each_format() -> None:
    found = fuzz(100)
    assert tuple(found) == FORMATS
    for read, refused in found.values():
        assert read + refused == 100
        assert min(read, refused) > 0  # so both are tested


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", FORMATS)
def test_ten_thousand_damaged_files(kind: str) -> None:
    read, refused = fuzz(10_000, kind)[kind]
    assert read + refused == 10_000
    assert min(read, refused) > 100


@pytest.mark.parametrize(
    ("read", "arrays"),
    [
        (read_pictures, {"images": np.zeros((5_000_000, 1, 1), np.uint8)}),
        (read_signals, {"values": np.zeros((1, 40_000_000), np.int8), "lengths": [40_000_000]}),
        (read_npz, {"index": np.zeros(20_000_000, np.int8), "time": np.zeros(20_000_000, np.int8), "first": [0]}),
    ],
    ids=["pictures", "signals", "events"],
)
def test_a_small_file_that_would_take_much_memory_is_refused(
    read: Callable[[Path], object], arrays: dict[str, Any], tmp_path: Path
) -> None:
    np.savez_compressed(tmp_path / "small.npz", **arrays)
    with pytest.raises(StdpbenchError, match=r"a file of its size may hold at most \d+ MiB"):
        read(tmp_path / "small.npz")
