"""Guided lessons: the declarations from which the app, the notebooks and the documentation are generated.

A lesson is a TOML file of this package, with a title, an introduction, an optional run, steps, and a question.
The introduction, the text of each step, the question and its answer are Markdown and are used everywhere.
Instructions are written twice: `do` for the app, `notebook` with `code` for the notebook.

`show` names what the app highlights, as ``PAGE`` or ``PAGE/PART``, and `check` the condition by which it notices that
a step is done (`stdpbench_gui.lessons.guide`). Both are names only here: this package knows nothing of the app.
"""

from stdpbench.base.lessons.reading import Lesson, Question, RunOfLesson, Step, cells, lessons, read_lesson

__all__ = ["Lesson", "Question", "RunOfLesson", "Step", "cells", "lessons", "read_lesson"]
