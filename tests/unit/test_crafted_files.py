"""Crafted files: refused in one sentence, without the memory that they ask for, and without any other file."""

from __future__ import annotations

import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from refusals import refused

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.foreign_files import content_limit, open_hdf5, read_apart, read_npy, read_npz
from stdpbench.data.datasets._idx_format import read_idx

Edit = Callable[[Any], object]


def npy_bytes(shape: tuple[int, ...], descr: str = "<f8") -> bytes:
    """A .npy file whose header announces any shape, with few values behind it."""
    header = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(64)


@pytest.mark.parametrize("shape", [(2**40,), (2**40, 2**30), (-1,), (9,)])
def test_a_header_that_announces_more_than_there_is_is_refused(shape: tuple[int, ...], tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(npy_bytes(shape))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", npy_bytes(shape))
    for read, name in ((read_npy, "a.npy"), (read_npz, "a.npz")):
        with refused(match=rf"{name} is damaged"):
            read(tmp_path / name)


def test_an_archive_that_unpacks_to_far_more_than_its_size_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("x.npy", "w") as member:
            member.write(npy_bytes((content_limit(2**21) // 8,)))
            for _ in range(0, content_limit(2**21), 2**23):
                member.write(bytes(2**23))
        archive.writestr("y.npy", npy_bytes((8,)))
    with pytest.raises(StdpbenchError, match=r"a\.npz declares 18. MiB of values, .* at most 16. MiB"):
        read_npz(tmp_path / "a.npz")
    assert read_npz(tmp_path / "a.npz", ("y",))["y"].shape == (8,), "what is not used is not unpacked"


def test_a_picture_file_that_announces_too_much_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\0\0\x08\x03" + struct.pack(">III", 10**6, 28, 28))
    with pytest.raises(StdpbenchError, match=r"declares 2.99e\+03 MiB of values, .* at most 160 MiB"):
        read_idx(tmp_path / "a")


def _external(file: Any) -> None:
    file.create_dataset("x", (10,), "u1", external=[("/etc/passwd", 0, 10)])


def _virtual(file: Any) -> None:
    layout = h5py.VirtualLayout((10,), "f8")
    layout[:] = h5py.VirtualSource("other.h5", "y", (10,))
    file.create_virtual_dataset("deep/x", layout)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (_external, "the values of x lie in another file"),
        (_virtual, "the values of deep/x lie in another file"),
        (lambda file: file.__setitem__("x", h5py.ExternalLink("other.h5", "y")), "x is a link"),
        (lambda file: file.__setitem__("x", h5py.SoftLink("/y")), "x is a link"),
        (lambda file: file.create_dataset("x", (2**20, 2**20), "f8", chunks=(64, 64)), "declares 8.39e\\+06 MiB"),
        (lambda file: file.create_dataset("x", (2**40, 2**40), "f8", chunks=(64, 64)), "declares .* MiB of values"),
    ],
)
def test_nothing_outside_an_hdf5_file_is_read_and_no_more_than_it_can_hold(
    edit: Edit, sentence: str, tmp_path: Path
) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        edit(file)
    with pytest.raises(StdpbenchError, match=sentence), open_hdf5(tmp_path / "a.h5"):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit address space")
def test_a_file_that_needs_too_much_memory_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path, n = tmp_path / "a.h5", 3000
    with h5py.File(path, "w") as file:
        places = []
        for name, value in (("times", np.linspace(0, 0.1, 50_000)), ("units", np.zeros(50_000))):
            lists = file.create_dataset(f"spikes/{name}", (n,), h5py.vlen_dtype(float))
            lists[0] = value
            lists[1] = value[:1]
            places.append(lists.id.get_offset())
    content = bytearray(path.read_bytes())
    for place in places:  # all recordings are the same 50 000 events of the file
        content[place : place + 16 * n] = content[place : place + 16] * n
    path.write_bytes(content)
    with pytest.raises(StdpbenchError, match=r"a\.h5 (needs more than 53. MiB of memory|is damaged)"):
        read_apart("stdpbench.data.datasets._hdf5:parse", path)
