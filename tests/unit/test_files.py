"""Only what is this program's is removed, never through a link, and by one module."""

from __future__ import annotations

import ast
import errno
import os
import sys
from pathlib import Path

import pytest
from foreign import DEAD, listing

import stdpbench
import stdpbench_gui
from stdpbench.base.errors import DiskError, StdpbenchError
from stdpbench.base.files import (
    NOTHING,
    read_regular,
    read_toml,
    remove_file,
    remove_files,
    remove_folder,
    remove_parts,
    remove_tree,
    sync_folder,
    write_aside,
    write_text_aside,
)

posix = pytest.mark.skipif(sys.platform == "win32", reason="links, owners and permissions of Unix")
PACKAGES = [Path(package.__file__).parent for package in (stdpbench, stdpbench_gui)]  # type: ignore[arg-type]
REMOVING = {"rmtree", "unlink", "rmdir", "remove", "removedirs"}


def removals(path: Path) -> list[str]:
    """Calls in a module that remove files, with the line of each."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module in ("os", "shutil"):
            found += [f"{node.lineno}: {name.name}" for name in node.names if name.name in REMOVING]
        if not isinstance(node, ast.Attribute) or node.attr not in REMOVING:
            continue
        of = node.value.id if isinstance(node.value, ast.Name) else ""
        if node.attr != "remove" or of == "os":  # lists have it too
            found.append(f"{node.lineno}: {node.attr}")
    return found


def test_one_module_removes_files():
    modules = [path for package in PACKAGES for path in package.rglob("*.py")]
    assert len(modules) > 300
    removing = {path: found for path in modules if (found := removals(path))}
    assert [path.name for path in removing] == ["files.py"], removing


@posix
def test_nothing_is_removed_through_a_link(foreign: Path, tmp_path: Path):
    before, root = listing(foreign), tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(foreign)
    (root / "file").symlink_to(foreign / "package.json")
    for remove in (
        lambda: remove_file(root / "file"),
        lambda: remove_file(root / "link" / "package.json", within=root),
        lambda: remove_file(root / "link" / ".ssh" / "state.npz", within=root),
        lambda: remove_folder(root / "link", ".*"),
        lambda: remove_folder(root / "link" / "000000005", ".*", within=root),
        lambda: remove_tree(root / "link", "link"),
        lambda: remove_tree(root / "link" / ".ssh", ".*", within=root),
    ):
        with pytest.raises(OSError, match="links are never followed"):
            remove()
    assert remove_files(root / "link", ".*", root) == []
    assert remove_parts(root / "link", r"run\.json", root) == []
    assert listing(foreign) == before
    (root / "tree").mkdir()
    (root / "tree" / "inner").symlink_to(foreign)
    remove_tree(root / "tree", "tree")
    assert not (root / "tree").exists()
    assert listing(foreign) == before


@posix
def test_a_folder_that_is_reached_by_a_link_is_the_users_choice(tmp_path: Path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "runs").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "run.json").write_text("")
    remove_file(tmp_path / "runs" / "run.json")
    assert listing(tmp_path / "disk") == []


def test_names_that_do_not_match_and_places_outside_are_refused(foreign: Path, tmp_path: Path):
    before = listing(foreign)
    for remove in (
        lambda: remove_file(foreign / "package.json", "[0-9]+"),
        lambda: remove_file(foreign / "package.json", "package"),
        lambda: remove_tree(foreign / ".ssh", "[0-9]+"),
        lambda: remove_tree(foreign, "foreign", foreign),
        lambda: remove_tree(foreign, "foreign", tmp_path / "other"),
        lambda: remove_file(foreign / ".ssh" / ".." / "package.json", within=foreign),
    ):
        with pytest.raises(ValueError, match=r"is not removed|is not in the subpath"):
            remove()
    assert listing(foreign) == before


def test_a_folder_stays_with_what_does_not_belong_in_it(tmp_path: Path):
    folder = tmp_path / "000000005"
    folder.mkdir()
    for name in ("state.npz", "history.npz", "notes.txt"):
        (folder / name).write_text("")
    assert not remove_folder(folder, "(state|history).npz")
    assert listing(folder) == ["notes.txt"]
    (folder / "notes.txt").unlink()
    assert remove_folder(folder, NOTHING)
    assert remove_folder(folder, NOTHING)  # it is gone already
    assert not folder.exists()


@posix
def test_parts_go_whose_writer_is_gone(tmp_path: Path):
    names = {
        f".run.json.{DEAD}.part": False,
        f".run.json.{os.getpid()}.part": True,  # its writer lives
        f".notes.txt.{DEAD}.part": True,
        f"run.json.{DEAD}.part": True,
        f".run.json.{DEAD}x.part": True,
        ".run.json.part": True,
        "run.json": True,
    }
    for name in names:
        (tmp_path / name).write_text("")
    assert remove_parts(tmp_path, r"run\.json|journal\.jsonl") == [f".run.json.{DEAD}.part"]
    assert listing(tmp_path) == sorted(name for name, stays in names.items() if stays)


@posix
def test_what_could_make_a_reader_wait_for_ever_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    assert read_regular(tmp_path / "file") == b"mine"
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match=r"not a regular file|directory"):
            read_regular(path)


# files are whole or not there


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
    with pytest.raises(StdpbenchError, match="there is no file"):
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
