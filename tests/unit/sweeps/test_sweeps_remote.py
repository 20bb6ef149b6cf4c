"""The process in which a worker of a cluster executes a run."""

from __future__ import annotations

import errno
import io
from pathlib import Path

import pytest

from stdpbench.studies.sweeps import remote


def test_a_run_that_still_writes_leaves_no_folder_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, attempts = tmp_path / "stdpbench-run-12345678", []
    folder.mkdir()
    remove = remote.remove_tree

    def interrupted(path: Path, named: str) -> None:
        attempts.append(path)
        if len(attempts) == 1:  # a file came while the others went
            (folder / "progress.json").touch()
            raise OSError(errno.ENOTEMPTY, "Directory not empty")
        if len(attempts) > 2:  # the second time, a file went of itself, which is no error
            remove(path, named)

    monkeypatch.setattr(remote, "remove_tree", interrupted)
    monkeypatch.setattr(remote.sys, "stdin", io.StringIO())
    monkeypatch.setattr(remote.os, "_exit", lambda status: attempts.append(folder / str(status)))
    remote._end_with_parent(folder)
    assert attempts == [folder] * 3 + [folder / "1"]
    assert not folder.exists()
