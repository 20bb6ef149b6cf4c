"""Files are whole or not there."""

import pytest

from stdpbench.errors import StdpbenchError
from stdpbench.files import sync_folder, write_aside, write_text_aside


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


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(StdpbenchError, match="cannot be written: No such file"):
        write_text_aside(tmp_path / "nowhere" / "a", "x")
    sync_folder(tmp_path / "nowhere")
