"""Damaged files are read or refused, whatever is damaged; see `fuzzed`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

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
