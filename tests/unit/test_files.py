"""Files are whole or not there."""

import errno
import os

import pytest

from stdpbench.base.errors import DiskError, StdpbenchError
from stdpbench.base.files import read_toml, sync_folder, write_aside, write_text_aside


def test_a_file_is_written_and_replaced(tmp_path):
    target = tmp_path / "ü.txt"
    write_text_aside(target, "one")
    write_text_aside(target, "two ü")
    assert target.read_text(encoding="utf-8") == "two ü"
    assert [path.name for path in tmp_path.iterdir()] == ["ü.txt"]
    sync_folder(tmp_path)


def test_a_writer_that_fails_leaves_what_was_there(tmp_path):
    target = tmp_path / "a"
    write_text_aside(target, "before")

    def full(file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(StdpbenchError, match="a cannot be written: No space left on device"):
        write_aside(target, full)
    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_where_nothing_can_be_written_or_removed(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(os, "unlink", refuse)
    with pytest.raises(StdpbenchError, match="a cannot be written: Read-only file system"):
        write_text_aside(tmp_path / "a", "x")


def test_toml_of_a_person(tmp_path):
    path = tmp_path / "ü.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\n")  # as Notepad saves it
    assert read_toml(path) == {"a": 1}
    for content, message in (
        (b"a = \xe4", "is not a text file in UTF-8"),
        (b"a = ", "is not valid TOML: Invalid value"),
        (b"a = " + b"9" * 5000, r"is not valid TOML: Exceeds the limit .* value has 5000 digits$"),
    ):
        path.write_bytes(content)
        with pytest.raises(StdpbenchError, match=message):
            read_toml(path)
    with pytest.raises(StdpbenchError, match="cannot be read: No such file"):
        read_toml(tmp_path / "nowhere")


def test_a_folder_that_cannot_be_synced(tmp_path, monkeypatch):
    def refuse(number):
        def fsync(handle):
            raise OSError(number, os.strerror(number))

        return fsync

    monkeypatch.setattr("os.fsync", refuse(errno.EINVAL))  # a file system that syncs no folders
    sync_folder(tmp_path)
    monkeypatch.setattr("os.fsync", refuse(errno.EIO))
    with pytest.raises(DiskError, match="cannot be written: Input/output error"):
        sync_folder(tmp_path)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(StdpbenchError, match="cannot be written: No such file"):
        write_text_aside(tmp_path / "nowhere" / "a", "x")
    sync_folder(tmp_path / "nowhere")
