"""What a person notes on a run: a title, notes, tags and a star, and the same for single neurons.

They are stored in a file of the run folder of its own, ``notes.json``, which no digest covers: notes change nothing of
a run, its results or its reproduction. Has no expensive imports, since a list of runs may read a thousand of these
files.
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

from stdpbench.base.errors import DiskError, StdpbenchError
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
_MARKS = ".:;!?)"  # punctuation that follows a word
_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)
_changing = threading.Lock()  # changes of threads follow each other; of several processes, the last one counts


@dataclass(frozen=True)
class NeuronNote:
    """What is noted on a neuron.

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
        """The words of the text that begin with ``#``, without it, in order."""
        return tuple(dict.fromkeys(tag for word in _HASHED.findall(self.text) if (tag := word.rstrip(_MARKS))))


@dataclass(frozen=True)
class Notes:
    """What is noted on a run.

    Attributes
    ----------
    title : str
        Its name for people, a line; the name of the run folder stays as it is.
    text : str
        Free text, of several lines.
    tags : tuple of str
        Words that several runs can share.
    starred : bool
        Whether it has a star.
    neurons : mapping of (str, int) to NeuronNote
        What is noted on neurons, by population and index, in this order.
    """

    title: str = ""
    text: str = ""
    tags: tuple[str, ...] = ()
    starred: bool = False
    neurons: Mapping[tuple[str, int], NeuronNote] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether nothing is noted."""
        return not (self.title or self.text or self.tags or self.starred or self.neurons)

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
        """Return these notes with other tags; a leading ``#`` is left out, and a second one of the same name too.

        Raises
        ------
        StdpbenchError
            If there are too many, or one is not a single word.
        """
        if isinstance(tags, str):
            raise StdpbenchError(f"tags must be a list of words, not the text {tags!r}")
        found = tuple(dict.fromkeys(map(checked_tag, tags)))
        if len(found) > MOST_TAGS:
            raise StdpbenchError(f"a run has at most {MOST_TAGS} tags, not {len(found)}")
        return replace(self, tags=found)

    def with_star(self, on: bool) -> Notes:
        """Return these notes with or without a star."""
        return replace(self, starred=_flag(on))

    def with_neuron(self, population: str, neuron: int, text: str | None = None, starred: bool | None = None) -> Notes:
        """Return these notes with another note on a neuron; None leaves its text, or its star, as it is.

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
        """Return the indices of the neurons of a population that have a star, in order."""
        return [number for (name, number), note in self.neurons.items() if name == population and note.starred]

    def to_mapping(self) -> dict[str, Any]:
        """Return what is noted as in the file, without what is empty."""
        neurons: dict[str, dict[str, Any]] = {}
        for (population, number), note in self.neurons.items():
            kept = {"starred": note.starred, "notes": note.text}
            neurons.setdefault(population, {})[str(number)] = {key: value for key, value in kept.items() if value}
        every = {
            "title": self.title,
            "notes": self.text,
            "tags": list(self.tags),
            "starred": self.starred,
            "neurons": neurons,
        }
        return {key: value for key, value in every.items() if value}

    @classmethod
    def from_mapping(cls, table: Mapping[str, Any]) -> Notes:
        """Read the content of a file; keys of later versions are ignored.

        Raises
        ------
        StdpbenchError
            If a value is not valid.
        """
        tags, neurons = table.get("tags", []), table.get("neurons", {})
        if not isinstance(tags, list) or not isinstance(neurons, Mapping):
            raise StdpbenchError("tags are a list, and neurons a table by population")
        notes = cls().with_title(table.get("title", "")).with_text(table.get("notes", "")).with_tags(tags)
        found: dict[tuple[str, int], NeuronNote] = {}
        for population, of_population in neurons.items():
            if not isinstance(of_population, Mapping):
                raise StdpbenchError(f"the neurons of {population} are a table by number")
            for number, note in of_population.items():
                if not re.fullmatch(r"[0-9]{1,9}", number) or not isinstance(note, Mapping):
                    raise StdpbenchError(f"{number!r} of the neurons of {population} is not the number of a neuron")
                text = _text(note.get("notes", ""), "a note", LONGEST_TEXT)
                found[population, int(number)] = NeuronNote(_flag(note.get("starred", False)), text)
        return replace(
            notes, starred=_flag(table.get("starred", False)), neurons={key: found[key] for key in sorted(found)}
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
    """Read what is noted on a run; empty if there is no file.

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
        raise StdpbenchError(f"{path} is larger than {_LARGEST // 2**20} MiB, more than notes can be")
    table = read_table(path)
    try:
        return Notes.from_mapping(table)
    except StdpbenchError as error:
        raise StdpbenchError(f"{path} is damaged: {error}") from None


def title_of(folder: Path) -> str:
    """Return the title of a run; empty if it has none, or its notes cannot be read."""
    try:
        return read_notes(folder).title
    except StdpbenchError:
        return ""


def change_notes(folder: Path, change: Callable[[Notes], Notes]) -> tuple[Notes, Notes]:
    """Change what is noted on a run; notes that become empty leave no file.

    Parameters
    ----------
    folder : Path
        The run folder; the run may be active.
    change : callable
        Returns the new notes for the present ones.

    Returns
    -------
    before, after : Notes

    Raises
    ------
    StdpbenchError
        If the present notes are damaged, or the new ones cannot be saved, as in a folder that is read-only.
    """
    path = folder / NAME
    with _changing:
        before = read_notes(folder)
        after = change(before)
        if after == before:
            return before, after
        try:
            if after.empty:
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
    """Return a neuron of a run as it is noted, by population and index.

    Parameters
    ----------
    folder : RunFolder
        The run. If the kinds of its network are not installed, any neuron is taken for one of its.
    population : str
        Name of a population; empty: the one that is read.
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
        known = ", ".join(graph.populations)
        raise StdpbenchError(f"{folder.path.name} has no population {name!r}; there are {known}")
    size = graph.populations[name].size if graph is not None and graph.populations[name].shape else None
    if number < 0 or (size is not None and number >= size):
        known = "from 0 on" if size is None else f"0 to {size - 1}"
        raise StdpbenchError(f"{name} of {folder.path.name} has neurons {known}, not {number}")
    return name, number


def _text(value: Any, what: str, longest: int) -> str:
    if not isinstance(value, str) or not is_text(value):
        raise StdpbenchError(f"{what} is a text, not {value!r}")
    if len(value) > longest:
        raise StdpbenchError(f"{what} has at most {longest} characters, not {len(value)}")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise StdpbenchError(f"a star is true or false, not {value!r}")
    return value
