"""Declarations of lessons, their reader for TOML, and the cells of their notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from stdpbench.base.errors import several
from stdpbench.base.files import read_toml

_CONFIG = ConfigDict(extra="forbid", str_strip_whitespace=True)


@dataclass(frozen=True, config=_CONFIG)
class RunOfLesson:
    """The run that a lesson works with, which the app starts from the lesson.

    Attributes
    ----------
    name : str
        Name of the experiment, by which the lesson recognises its run.
    experiment : str
        The shipped experiment that it is based on.
    set : mapping of str to Any
        Values that differ from the experiment, by dotted path.
    seconds : float
        Pause between presentations in seconds at the start, so that learning can be seen; 0: as fast as possible.
    checkpoint_every : int
        Training presentations between checkpoints, at which a branch is compared with its parent run; 0: the
        default.
    """

    name: str
    experiment: str
    set: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    checkpoint_every: int = 0


@dataclass(frozen=True, config=_CONFIG)
class Step:
    """One step of a lesson.

    Attributes
    ----------
    title, text : str
        Title, and explanation in Markdown.
    do : str
        Instruction for the app in Markdown; empty for a step without one.
    show : str
        Part of the app to highlight; empty for none.
    starts : bool
        Whether the app offers to start the run of the lesson here.
    check : str
        Name of the condition under which the step is done; empty: done when the reader goes on.
    arguments : mapping of str to Any
        Arguments of the condition.
    notebook, code : str
        Markdown before the code in the notebook, and the code; both may be empty.
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


@dataclass(frozen=True, config=_CONFIG)
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


@dataclass(frozen=True, config=_CONFIG)
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
        The steps.
    question : Question
        The question at the end.
    run : RunOfLesson or None
        The run that the lesson works with, if any.
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
_LESSON = TypeAdapter(Lesson)


@cache
def lessons() -> tuple[Lesson, ...]:
    """Return all lessons in their order."""
    unsorted = [read_lesson(file) for file in _FOLDER.glob("*.toml")]
    return tuple(sorted(unsorted, key=lambda lesson: lesson.number))


def read_lesson(file: Path) -> Lesson:
    """Read the file of a lesson.

    Raises
    ------
    StdpbenchError
        If it cannot be read, a key is unknown or missing, or a value has another type.
    """
    table = read_toml(file)
    try:
        return _LESSON.validate_python({**table, "name": file.stem})
    except ValidationError as error:
        raise several(
            f"{file.name}: {'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()
        ) from None


def cells(lesson: Lesson) -> list[tuple[str, str]]:
    """Return kind (``"markdown"`` or ``"code"``) and text of each cell."""
    result = [("markdown", f"# {lesson.number}. {lesson.title}\n\n{lesson.text}\n\n{_about(lesson)}")]
    for step in lesson.steps:
        result.append(("markdown", "\n\n".join(filter(None, (f"## {step.title}", step.text, step.notebook)))))
        if step.code:
            result.append(("code", step.code))
    result.append(("markdown", f"## Question\n\n{lesson.question.text}"))
    if lesson.question.code:
        result.append(("code", lesson.question.code))
    result.append(("markdown", f"**Answer.** {lesson.question.answer}"))
    return result


def _about(lesson: Lesson) -> str:
    """Return the note on the duration and the place of the lesson in the app."""
    return (
        f"*About {lesson.minutes} minutes, without a download. The same lesson is in the app, beside the running "
        "network: Help > Lessons.*"
    )
