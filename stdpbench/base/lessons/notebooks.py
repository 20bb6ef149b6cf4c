"""The cells of the notebook of a lesson."""

from __future__ import annotations

from stdpbench.base.lessons.declaration import Lesson


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
