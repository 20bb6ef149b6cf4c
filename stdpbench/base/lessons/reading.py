"""Lessons: what they consist of, their declarations as read from TOML, and the cells of their notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.files import read_toml


@dataclass(frozen=True)
class RunOfLesson:
    """The run that a lesson works with, which the app starts from the lesson.

    Attributes
    ----------
    name : str
        Name of the experiment, by which the lesson recognises its run.
    experiment : str
        The included experiment that it is made from.
    set : mapping of str to Any
        Values that differ from it, by dotted path.
    seconds : float
        Pause between presentations in seconds at the start, so that learning can be seen; 0: as fast as possible.
    checkpoint_every : int
        Training presentations between checkpoints, at which a branch is compared with the run that it left; 0: the
        default of runs.
    """

    name: str
    experiment: str
    set: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    checkpoint_every: int = 0


@dataclass(frozen=True)
class Step:
    """One step of a lesson.

    Attributes
    ----------
    title, text : str
        What it is about; the text is Markdown.
    do : str
        What to do in the app, Markdown; empty if there is only something to read.
    show : str
        What the app highlights; empty for nothing.
    starts : bool
        Whether the app offers to start the run of the lesson here.
    check : str
        Name of the condition that shows that the step is done; empty: done when the reader goes on.
    arguments : mapping of str to Any
        Arguments of the condition.
    notebook, code : str
        What the notebook says before its code, Markdown, and the code; both may be empty.
    """

    title: str
    text: str
    do: str = ""
    show: str = ""
    starts: bool = False
    check: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    notebook: str = ""
    code: str = ""


@dataclass(frozen=True)
class Question:
    """The question at the end of a lesson.

    Attributes
    ----------
    text, answer : str
        Markdown.
    do, show : str
        Where the app shows the answer.
    code : str
        Code that shows the answer in the notebook; may be empty.
    """

    text: str
    answer: str
    do: str
    show: str
    code: str = ""


@dataclass(frozen=True)
class Lesson:
    """A lesson.

    Attributes
    ----------
    name : str
        Name of its file and of its notebook.
    number : int
        Its place, from 1.
    title, summary, text : str
        The title, a sentence, and the introduction in Markdown.
    minutes : int
        How long it takes.
    steps : tuple of Step
        The task of the step.
    question : Question
        The question at the end.
    run : RunOfLesson or None
        The run it works with; None if it needs none.
    """

    name: str
    number: int
    title: str
    summary: str
    text: str
    minutes: int
    steps: tuple[Step, ...]
    question: Question
    run: RunOfLesson | None = None


_FOLDER = Path(__file__).parent
_T = TypeVar("_T", Lesson, Question, RunOfLesson, Step)


@cache
def lessons() -> tuple[Lesson, ...]:
    """Return all lessons in their order."""
    found = [read_lesson(file) for file in _FOLDER.glob("*.toml")]
    return tuple(sorted(found, key=lambda lesson: lesson.number))


def read_lesson(file: Path) -> Lesson:
    """Read the file of a lesson.

    Raises
    ------
    StdpbenchError
        If it cannot be read, a key is unknown or missing, or a value has another type.
    """
    table = read_toml(file)
    steps = table.pop("steps", [])
    if not isinstance(steps, list) or not steps:
        raise StdpbenchError(f"{file.name}: a lesson needs a list of steps")
    made: dict[str, Any] = {
        "steps": tuple(_made(Step, step, f"{file.name}, step {n}") for n, step in enumerate(steps, 1)),
        "question": _made(Question, table.pop("question", {}), f"{file.name}, question"),
    }
    if "run" in table:
        made["run"] = _made(RunOfLesson, table.pop("run"), f"{file.name}, run")
    return _made(Lesson, {**table, **made, "name": file.stem}, file.name)


def _made(kind: type[_T], table: object, where: str) -> _T:
    """Return a declaration from a table of the file."""
    if not isinstance(table, Mapping):
        raise StdpbenchError(f"{where}: expected a table, got {table!r}")
    known = {one.name: one for one in fields(kind)}
    if unknown := sorted(set(table) - set(known)):
        raise StdpbenchError(f"{where}: unknown key {unknown[0]!r}; known keys are {', '.join(known)}")
    for name, one in known.items():
        if name not in table and one.default is MISSING and one.default_factory is MISSING:
            raise StdpbenchError(f"{where}: the key {name!r} is missing")
    for name, value in table.items():
        expected = _TYPES.get(str(known[name].type), object)
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
            raise StdpbenchError(f"{where}: {name} must be of type {known[name].type}, not {value!r}")
    values: dict[str, Any] = {
        name: value.strip() if isinstance(value, str) else value for name, value in table.items()
    }
    return kind(**values)


_TYPES: Mapping[str, Any] = {
    "str": str,
    "int": int,
    "bool": bool,
    "float": (int, float),
    "Mapping[str, Any]": Mapping,
}


def cells(lesson: Lesson) -> list[tuple[str, str]]:
    """Return kind (``"markdown"`` or ``"code"``) and text of each cell."""
    made = [("markdown", f"# {lesson.number}. {lesson.title}\n\n{lesson.text}\n\n{_about(lesson)}")]
    for step in lesson.steps:
        made.append(("markdown", "\n\n".join(filter(None, (f"## {step.title}", step.text, step.notebook)))))
        if step.code:
            made.append(("code", step.code))
    made.append(("markdown", f"## Question\n\n{lesson.question.text}"))
    if lesson.question.code:
        made.append(("code", lesson.question.code))
    made.append(("markdown", f"**Answer.** {lesson.question.answer}"))
    return made


def _about(lesson: Lesson) -> str:
    """Say what the notebook is, and where the same lesson is found in the app."""
    return (
        f"*About {lesson.minutes} minutes, without a download. The same lesson is in the app, beside the running "
        "network: Help > Lessons.*"
    )
