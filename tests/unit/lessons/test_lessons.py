"""The declarations of the lessons: complete, and what they name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from refusals import refused

from stdpbench.base.lessons import Lesson, lessons, read_lesson
from stdpbench.experiment import Experiment, read_experiment
from stdpbench.kinds.plasticity import rules

ALL = lessons()


def name_of(lesson: Lesson) -> str:
    return lesson.name


def test_they_are_numbered_from_one() -> None:
    assert [lesson.number for lesson in ALL] == list(range(1, len(ALL) + 1))
    assert len({lesson.name for lesson in ALL}) == len(ALL)


@pytest.mark.parametrize("lesson", ALL, ids=name_of)
def test_each_has_steps_and_a_question_that_is_answered(lesson: Lesson) -> None:
    assert 10 <= lesson.minutes <= 20
    titles = [step.title for step in lesson.steps]
    assert len(set(titles)) == len(titles) >= 4, "progress knows steps by their titles"
    assert "?" in lesson.question.text
    assert lesson.question.answer
    assert lesson.question.do
    assert lesson.question.show
    assert sum(step.starts for step in lesson.steps) == (lesson.run is not None)
    for step in lesson.steps:
        assert step.do or not step.check, f"{step.title}: what is noticed is asked for"


@pytest.mark.parametrize("lesson", ALL, ids=name_of)
def test_runs_and_the_parameters_of_their_checks_exist(lesson: Lesson) -> None:
    if lesson.run is None:
        return
    made = read_experiment(lesson.run.experiment).override({"name": lesson.run.name, **lesson.run.set})
    assert isinstance(made, Experiment)
    for step in lesson.steps:
        names = {key: value for key, value in step.arguments.items() if key in ("path", "after") and value}
        for path in names.values():
            assert made.changed_live({path: 1.0}) is not None, path
        if step.check in ("run-open", "position-reached", "state-reached", "run-evaluated", "answers-selected"):
            assert step.arguments["name"] == lesson.run.name


@pytest.mark.parametrize("lesson", ALL, ids=name_of)
def test_rules_that_checks_name_exist(lesson: Lesson) -> None:
    kinds = [step.arguments["kind"] for step in lesson.steps if "kind" in step.arguments]
    assert set(kinds) <= {*rules.kinds(), "custom"}


@pytest.mark.parametrize("lesson", ALL, ids=name_of)
def test_texts_are_plain_paragraphs(lesson: Lesson) -> None:
    """Markdown that labels of the app and notebooks draw alike: no headings, pictures, tables or raw HTML."""
    texts = [lesson.text, lesson.question.text, lesson.question.answer, lesson.question.do]
    texts += [text for step in lesson.steps for text in (step.text, step.do)]
    for text in texts:
        assert not re.search(r"(?m)^#|^\||!\[|</?[a-z]+>", text), text
        assert text.count("**") % 2 == 0, text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("number = 1", "steps: Field required"),
        ('[[steps]]\ntitle = "a"\ntext = "b"\nclick = "c"', "steps.0.click"),
        ('[[steps]]\ntitle = "a"', "steps.0.text: Field required"),
        ('[[steps]]\ntitle = "a"\ntext = "b"\nstarts = 5', "steps.0.starts"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    with refused(sentence, match=r"mine\.toml"):
        read_lesson(file)
