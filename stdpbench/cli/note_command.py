"""Implementation of ``note``: titles, notes, tags and stars of runs and of their neurons."""

from __future__ import annotations

import json as json_format
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.paths import runs_folder
from stdpbench.runs.folder.notes import Notes, change_notes, checked_tag, neuron_of, read_notes

if TYPE_CHECKING:
    from stdpbench.runs.folder.run_folder import RunFolder


@dataclass(frozen=True)
class Noted:
    """What a command line notes; None leaves a value as it is.

    Attributes
    ----------
    title, notes : str or None
        New texts.
    tags, gone : sequence of str
        Tags to add and to remove.
    star : bool or None
        Whether to give a star.
    """

    title: str | None
    notes: str | None
    tags: Sequence[str]
    gone: Sequence[str]
    star: bool | None

    @property
    def nothing(self) -> bool:
        """Whether it changes nothing."""
        return (self.title, self.notes, self.star) == (None, None, None) and not self.tags and not self.gone

    def run(self, notes: Notes) -> Notes:
        """Return changed notes on a run."""
        gone = set(map(checked_tag, self.gone))
        notes = notes if self.title is None else notes.with_title(self.title)
        notes = notes if self.notes is None else notes.with_text(self.notes)
        notes = notes if self.star is None else notes.with_star(self.star)
        kept = [tag for tag in notes.tags if tag not in gone]
        return notes.with_tags([*kept, *self.tags])

    def neurons(self, notes: Notes, neurons: Sequence[tuple[str, int]]) -> Notes:
        """Return changed notes on neurons of a run."""
        for population, number in neurons:
            notes = notes.with_neuron(population, number, self.notes, self.star)
        return notes


def note_command(names: Sequence[str], noted: Noted, neurons: Sequence[str], json: bool, runs: Path | None) -> None:
    """Carry out ``stdpbench note``."""
    from stdpbench.runs.catalog.names import find_run

    if neurons and (noted.title is not None or noted.tags or noted.gone):
        raise StdpbenchError(
            "a neuron has notes and a star, but no title and no tags of its own: write #word into its notes, "
            "or leave out --neuron"
        )
    folders = [find_run(name, runs or runs_folder()) for name in names]
    found = {folder.path: [_neuron(folder, text) for text in neurons] for folder in folders}
    noted.run(Notes())  # what is wrong with it is said before a run is changed
    records = []
    for folder in folders:
        own = found[folder.path]
        if noted.nothing:
            notes = read_notes(folder.path)
        elif own:
            _, notes = change_notes(folder.path, lambda before, own=own: noted.neurons(before, own))  # type: ignore[misc]
        else:
            _, notes = change_notes(folder.path, noted.run)
        records.append({"path": str(folder.path), **noted_record(notes)})
        if not json:
            lines = noted_lines(notes) or [("", "nothing is noted")]
            sys.stdout.write(f"{folder.path.name}\n")
            sys.stdout.writelines(f"  {head:<8}{text}".rstrip() + "\n" for head, text in lines)
    if json:
        sys.stdout.write(json_format.dumps(records, ensure_ascii=False) + "\n")


def noted_record(notes: Notes) -> dict[str, Any]:
    """Return notes for JSON, with values that are empty."""
    return {"title": "", "notes": "", "tags": [], "starred": False, "neurons": {}, **notes.to_mapping()}


def noted_lines(notes: Notes) -> list[tuple[str, str]]:
    """Return notes as lines of heading and text; headings are empty where one continues."""
    lines = [("title", notes.title)] if notes.title else []
    if notes.starred or notes.tags:
        lines.append(("tags", " ".join(["★"] * notes.starred + [f"#{tag}" for tag in notes.tags])))
    lines += [("notes" if not n else "", line) for n, line in enumerate(notes.text.splitlines())]
    for n, ((population, number), note) in enumerate(notes.neurons.items()):
        text = " ".join(note.text.split())
        lines.append(("" if n else "neurons", f"{population} {number}{' ★' * note.starred} {text}".rstrip()))
    return lines


def _neuron(folder: RunFolder, text: str) -> tuple[str, int]:
    """Read ``[POPULATION=]N`` for a run.

    Raises
    ------
    StdpbenchError
        If it is not the number of a neuron, or the network of the run has no such neuron.
    """
    population, _, number = text.rpartition("=")
    if not re.fullmatch("[0-9]{1,9}", number):
        raise StdpbenchError(f"--neuron is a number, such as 137 or exc=137, not {text!r}")
    return neuron_of(folder, population, int(number))
