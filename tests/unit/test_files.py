"""Files are whole or not there."""

import errno
import os
import sys
from pathlib import Path

import pytest

from stdpbench.errors import DiskError, StdpbenchError
from stdpbench.files import read_toml, sync_folder, write_aside, write_text_aside, written_aside


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


def test_a_file_gets_its_name_once_the_block_is_through(tmp_path):
    target = tmp_path / "a"
    with written_aside(target, lambda file: file.write(b"x")):
        assert not target.exists()
    assert target.read_bytes() == b"x"
    with pytest.raises(LookupError), written_aside(target, lambda file: file.write(b"y")):
        raise LookupError
    assert target.read_bytes() == b"x"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(StdpbenchError, match="cannot be written: No such file"):
        write_text_aside(tmp_path / "nowhere" / "a", "x")
    sync_folder(tmp_path / "nowhere")


# -- as on Windows; this simulates what its documentation says, and is no proof of what it does


def test_a_file_that_a_reader_has_open_for_a_moment_is_replaced(tmp_path, monkeypatch):
    target, replace, refusals = tmp_path / "status.json", Path.replace, [1, 2]
    target.write_text("before")

    def replaced(self, to):
        if refusals:
            refusals.pop()
            raise PermissionError(13, "another process is using the file")
        return replace(self, to)

    monkeypatch.setattr(Path, "replace", replaced)
    with pytest.raises(DiskError):  # elsewhere a refusal is final
        write_text_aside(target, "now")
    assert target.read_text() == "before"
    monkeypatch.setattr(sys, "platform", "win32")
    write_text_aside(target, "now")
    assert target.read_text() == "now"
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]
