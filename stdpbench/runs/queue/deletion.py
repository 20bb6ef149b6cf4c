"""Deletion of a run: to the bin, and out of the queue."""

from __future__ import annotations

from pathlib import Path

from stdpbench.runs.catalog.trash import move_to_bin
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.runs.queue.run_queue import Item, Queue


def delete_run(folder: RunFolder) -> tuple[Path, Item | None]:
    """Move a run to the bin of its runs folder, and remove it from the queue there.

    Returns
    -------
    place : Path
        Its folder in the bin.
    item : Item or None
        The item of the queue that was removed, if the run had one.

    Raises
    ------
    StdpbenchError
        If the run is active or already in the bin, or cannot be moved.
    """
    path = folder.path
    place = move_to_bin(folder)
    return place, Queue(path.parent).forget(path)
