"""Notes of the user on a run: a title, a text, tags and a star, and a text and a star for single neurons.

Notes are stored in ``notes.json`` in the run folder, which no digest covers: they do not affect the run, its results
or its reproduction. This module has no expensive imports, since a list of runs may read a thousand of these files.
"""

from __future__ import annotations

import errno
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stdpbench.base.errors import DiskError, StdpbenchError, errors_within
from stdpbench.base.files import remove_file, write_text_aside
from stdpbench.runs.folder.about import is_text, read_table

if TYPE_CHECKING:
    from stdpbench.runs.folder.run_folder import RunFolder

NAME = "notes.json"
LONGEST_TITLE, LONGEST_TAG, LONGEST_TEXT = 120, 40, 20_000
"""Maximum numbers of characters."""
MOST_TAGS = 50
_LARGEST = 1 << 20  # bytes
_TAG = re.compile(r"[^\s,#\"'=<>*?\[\]]+")
_HASHED = re.compile(rf"(?<![^\s(,])#({_TAG.pattern})")
_PUNCTUATION = ".:;!?)"  # may follow a word
_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)
_changing = threading.Lock()  # serialises the threads of this process; of several processes, the last one wins


@dataclass(frozen=True)
class NeuronNote:
    """Note on a neuron.

    Attributes
    ----------
    starred : bool
        Whether it has a star.
    text : str
        Free text.
    """

    starred: bool = False
    text: str = ""

    @property
    def tags(self) -> tuple[str, ...]:
        """Words of the text that begin with ``#``, without the ``#``, in order."""
        return tuple(dict.fromkeys(tag for word in _HASHED.findall(self.text) if (tag := word.rstrip(_PUNCTUATION))))


@dataclass(frozen=True)
class Notes:
    """Notes on a run.

    Attributes
    ----------
    title : str
        Name for people, one line; it does not change the name of the run folder.
    text : str
        Free text of any number of lines.
    tags : tuple of str
        Words that several runs can share.
    starred : bool
        Whether the run has a star.
    neurons : mapping of (str, int) to NeuronNote
        Notes on neurons, sorted by population and index.
    """

    title: str = ""
    text: str = ""
    tags: tuple[str, ...] = ()
    starred: bool = False
    neurons: Mapping[tuple[str, int], NeuronNote] = field(default_factory=dict)

    def with_title(self, title: str) -> Notes:
        """Return these notes with another title.

        Raises
        ------
        StdpbenchError
            If it has several lines, or is too long.
        """
        title = _text(title, "a title", LONGEST_TITLE).strip()
        if len(title.splitlines()) > 1 or not title.isprintable():
            raise StdpbenchError(f"a title is one line of printable characters, not {title!r}")
        return replace(self, title=title)

    def with_text(self, text: str) -> Notes:
        """Return these notes with another free text.

        Raises
        ------
        StdpbenchError
            If it is too long.
        """
        return replace(self, text=_text(text, "a note", LONGEST_TEXT).strip())

    def with_tags(self, tags: Iterable[str]) -> Notes:
        """Return these notes with other tags, without leading ``#`` and without repetitions.

        Raises
        ------
        StdpbenchError
            If there are too many, or one is not a single word.
        """
        if isinstance(tags, str):
            raise StdpbenchError(f"tags must be a list of words, not the text {tags!r}")
        checked = tuple(dict.fromkeys(map(checked_tag, tags)))
        if len(checked) > MOST_TAGS:
            raise StdpbenchError(f"a run has at most {MOST_TAGS} tags, not {len(checked)}")
        return replace(self, tags=checked)

    def with_star(self, on: bool) -> Notes:
        """Return these notes with or without a star."""
        return replace(self, starred=_flag(on))

    def with_neuron(self, population: str, neuron: int, text: str | None = None, starred: bool | None = None) -> Notes:
        """Return these notes with another note on a neuron; with None, its text or its star does not change.

        Raises
        ------
        StdpbenchError
            If the text is too long.
        """
        before = self.neurons.get((population, neuron), NeuronNote())
        after = NeuronNote(
            before.starred if starred is None else _flag(starred),
            before.text if text is None else _text(text, "a note", LONGEST_TEXT).strip(),
        )
        neurons = {**self.neurons, (population, neuron): after}
        return replace(self, neurons={key: neurons[key] for key in sorted(neurons) if neurons[key] != NeuronNote()})

    def starred_neurons(self, population: str) -> list[int]:
        """Return the indices of the starred neurons of a population, in order."""
        return [number for (name, number), note in self.neurons.items() if name == population and note.starred]

    def to_mapping(self) -> dict[str, Any]:
        """Return the notes as a table of the file, without empty entries."""
        neurons: dict[str, dict[str, Any]] = {}
        for (population, number), note in self.neurons.items():
            entries = {"starred": note.starred, "notes": note.text}
            neurons.setdefault(population, {})[str(number)] = {key: value for key, value in entries.items() if value}
        table = {
            "title": self.title,
            "notes": self.text,
            "tags": list(self.tags),
            "starred": self.starred,
            "neurons": neurons,
        }
        return {key: value for key, value in table.items() if value}

    @classmethod
    def from_mapping(cls, table: Mapping[str, Any]) -> Notes:
        """Read the notes from a table of the file; keys of later versions are ignored.

        Raises
        ------
        StdpbenchError
            If a value is not valid.
        """
        tags, neurons = table.get("tags", []), table.get("neurons", {})
        if not isinstance(tags, list) or not isinstance(neurons, Mapping):
            raise StdpbenchError("tags must be a list, and neurons a table by population")
        notes = cls().with_title(table.get("title", "")).with_text(table.get("notes", "")).with_tags(tags)
        noted: dict[tuple[str, int], NeuronNote] = {}
        for population, of_population in neurons.items():
            if not isinstance(of_population, Mapping):
                raise StdpbenchError(f"the notes on neurons of {population} must be a table by number")
            for number, note in of_population.items():
                if not re.fullmatch(r"[0-9]{1,9}", number) or not isinstance(note, Mapping):
                    raise StdpbenchError(f"{number!r} is not the number of a neuron of {population}")
                text = _text(note.get("notes", ""), "a note", LONGEST_TEXT)
                noted[population, int(number)] = NeuronNote(_flag(note.get("starred", False)), text)
        return replace(
            notes, starred=_flag(table.get("starred", False)), neurons={key: noted[key] for key in sorted(noted)}
        )


def checked_tag(tag: str) -> str:
    """Return a tag without a leading ``#``.

    Raises
    ------
    StdpbenchError
        If it is not a single word, or too long.
    """
    word = _text(tag, "a tag", LONGEST_TAG + 1).strip().removeprefix("#")
    if not _TAG.fullmatch(word) or not word.isprintable() or len(word) > LONGEST_TAG:
        raise StdpbenchError(
            f"a tag is a word of at most {LONGEST_TAG} characters, without spaces, commas, quotes and = < > * ? [ ], "
            f"not {tag!r}"
        )
    return word


def read_notes(folder: Path) -> Notes:
    """Read the notes on a run; empty if there is no file.

    Parameters
    ----------
    folder : Path
        The run folder.

    Raises
    ------
    StdpbenchError
        If the file cannot be read, or its content is not valid.
    """
    path = folder / NAME
    try:
        size = path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return Notes()
    except OSError as error:
        raise StdpbenchError(f"{path} cannot be read: {error.strerror}") from None
    if size > _LARGEST:
        raise StdpbenchError(f"{path} is larger than {_LARGEST // 2**20} MiB, the limit for notes")
    table = read_table(path)
    with errors_within(f"{path} is damaged: "):
        return Notes.from_mapping(table)


def title_of(folder: Path) -> str:
    """Return the title of a run; empty if it has none, or its notes cannot be read."""
    try:
        return read_notes(folder).title
    except StdpbenchError:
        return ""


def change_notes(folder: Path, change: Callable[[Notes], Notes]) -> tuple[Notes, Notes]:
    """Change the notes on a run, and remove their file if they become empty.

    Parameters
    ----------
    folder : Path
        The run folder; the run may be active.
    change : callable
        Returns the new notes, given the present ones.

    Returns
    -------
    before, after : Notes

    Raises
    ------
    StdpbenchError
        If the present notes are damaged, or the new ones cannot be saved, for example in a read-only folder.
    """
    path = folder / NAME
    with _changing:
        before = read_notes(folder)
        after = change(before)
        if after == before:
            return before, after
        try:
            if after == Notes():
                remove_file(path)
            else:
                write_text_aside(path, json.dumps(after.to_mapping(), indent=2, ensure_ascii=False) + "\n")
        except (OSError, DiskError) as error:
            cause = error if isinstance(error, OSError) else error.__cause__
            number = getattr(cause, "errno", None)
            reason = "its folder is read-only" if number in _READ_ONLY else getattr(cause, "strerror", None) or cause
            raise DiskError(f"the notes on {folder.name} cannot be saved: {reason}") from error
    return before, after


def neuron_of(folder: RunFolder, population: str, number: int) -> tuple[str, int]:
    """Return the key of a neuron in `Notes.neurons`, after checking that the neuron exists.

    Parameters
    ----------
    folder : RunFolder
        The run. If kinds of its network are not installed, the neuron cannot be checked.
    population : str
        Name of a population; empty: the population that is read.
    number : int
        Index of the neuron.

    Raises
    ------
    StdpbenchError
        If the network of the run has no such neuron.
    """
    experiment = folder.stored_experiment
    graph = None if experiment.missing_kinds else experiment.graph()
    name = population or ("exc" if graph is None else graph.read)
    if graph is not None and name not in graph.populations:
        allowed = ", ".join(graph.populations)
        raise StdpbenchError(f"{folder.path.name} has no population {name!r}; there are {allowed}")
    size = graph.populations[name].size if graph is not None and graph.populations[name].shape else None
    if number < 0 or (size is not None and number >= size):
        allowed = "from 0 on" if size is None else f"0 to {size - 1}"
        raise StdpbenchError(f"{name} of {folder.path.name} has neurons {allowed}, not {number}")
    return name, number


def _text(value: Any, subject: str, longest: int) -> str:
    if not isinstance(value, str) or not is_text(value):
        raise StdpbenchError(f"{subject} is a text, not {value!r}")
    if len(value) > longest:
        raise StdpbenchError(f"{subject} has at most {longest} characters, not {len(value)}")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise StdpbenchError(f"a star is true or false, not {value!r}")
    return value
