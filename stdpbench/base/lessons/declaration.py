"""What a lesson consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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
