"""The Rules page puts a rule into an experiment. Nobody looks at the page, so no process draws curves."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from parts_of_window import choose
from PyQt6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench.experiment import Experiment, read_experiment
from stdpbench.experiment.draft_changes import changes_from
from stdpbench.kinds.plasticity import rules
from stdpbench.runs.queue.run_queue import Queue
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.dialogs.new_run_form import NewRunForm
from stdpbench_gui.pages.rules.page import RulesPage


@pytest.fixture
def page(shared_window: MainWindow) -> RulesPage:
    """The page, which is never shown, with a rule that any network takes."""
    page = shared_window.lab
    page.state.show(rules.build({"kind": "pair-additive"}, "rule"))
    return page


def used(page: RulesPage) -> NewRunForm:
    """Open the form for a new run with the rule of the page."""
    page.network.use()
    window = page.window()
    form = window.services.dialog
    assert isinstance(form, NewRunForm)
    form.show()  # rather than in the next event
    return form


def test_a_rule_goes_into_an_experiment(page: RulesPage, qtbot: QtBot, tmp_path: Path) -> None:
    page.state.set_value("a_plus", 0.02)
    form = used(page)
    choose(form.source, "digits")
    assert form.form.row("run.name").text == "digits-pair-additive"
    assert [change.text for change in changes_from(read_experiment("digits"), form.draft)] == [
        "plasticity: diehl-cook-triplet → pair-additive"
    ]
    form.set_value("run.name", "mine")
    path = tmp_path / "mine.toml"
    form.save(path)
    made = read_experiment(path)
    assert (made.name, made.about.expected_accuracy) == ("mine", "")
    assert (made.plasticity, made.network) == (page.state.rule, read_experiment("digits").network)
    form.reject()
    form = used(page)
    assert not form.form.rows().keys() & {"run.learns by it", "run.trained by"}  # one projection learns
    choose(form.source, "digits")
    form.queue_button.click()
    waits(qtbot, lambda: Queue(form.runs).items())
    (item,) = Queue(form.runs).items()
    assert Experiment.from_mapping(tomllib.loads(item.experiment)).plasticity == page.state.rule
    Queue(form.runs).remove([item.number])


def test_a_rule_that_does_not_run_in_the_network_says_so(page: RulesPage) -> None:
    page.choose("clopath")
    form = used(page)
    assert "`clopath-lif` is an adaptation" in form.problem.text()
    assert not form.go.isEnabled()
    assert not form.queue_button.isEnabled()
    form.reject()


def test_where_several_projections_learn_an_experiment_takes_the_rule_for_one(page: RulesPage) -> None:
    two = read_experiment("digits").spelled_out().override({"network.projections.compete.plasticity.kind": "oja"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(page.network._shown), "experiment", property(lambda _: two))
        form = used(page)
    projection = form.form.row("run.learns by it").editor
    assert isinstance(projection, QComboBox)
    names = [projection.itemText(number) for number in range(projection.count())]
    assert (names, projection.currentText()) == (["feed", "compete"], "feed")
    assert form.experiment().rules_by_projection["feed"] == page.state.rule
    assert form.experiment().rules_by_projection["compete"] == two.rules_by_projection["compete"]
    choose(projection, "compete")
    assert form.experiment().rules_by_projection["compete"] == page.state.rule
    assert form.experiment().rules_by_projection["feed"] == two.rules_by_projection["feed"]
    form.history.undo()
    form.reject()
