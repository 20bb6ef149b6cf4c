"""The Rules page puts a rule into an experiment. Nobody looks at the page, so no process draws curves."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from waiting import waits

from stdpbench.experiment import Experiment, read_experiment
from stdpbench.plasticity import rules
from stdpbench.runs.queue.run_queue import Queue
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.pages.rules.page import RulesPage


@pytest.fixture
def page(shared_window: MainWindow) -> RulesPage:
    """The page, which is never shown, with a rule that any network takes."""
    page = shared_window.lab
    page.state.show(rules.build({"kind": "pair-additive"}, "rule"))
    return page


def test_a_rule_goes_into_an_experiment(page: RulesPage, qtbot: QtBot, tmp_path: Path) -> None:
    page.state.set_value("a_plus", 0.02)
    dialog = page.network.use()
    dialog.base.setCurrentIndex(dialog.base.findData("digits"))
    assert dialog.name.text() == "digits-pair-additive"
    dialog.name.setText("mine")
    dialog.name.textEdited.emit("mine")
    path = tmp_path / "mine.toml"
    dialog.save(path)
    made = read_experiment(path)
    assert made.name == "mine"
    assert made.plasticity == page.state.rule
    assert made.network == read_experiment("digits").network
    assert made.about.expected_accuracy == ""
    dialog = page.network.use()
    assert not dialog.projection.isVisibleTo(dialog)  # one projection learns
    dialog.queue_button.click()
    waits(qtbot, lambda: Queue(page.network._runs).items())
    (item,) = Queue(page.network._runs).items()
    assert Experiment.from_mapping(tomllib.loads(item.experiment)).plasticity == page.state.rule
    Queue(page.network._runs).remove([item.number])
    with qtbot.waitSignal(page.experiment_chosen, timeout=60_000) as chosen, pytest.MonkeyPatch.context() as patch:
        patch.setattr(page.window().session, "start_new", lambda make: None)  # type: ignore[union-attr]
        page.network.use().start_button.click()
    assert chosen.args is not None
    assert chosen.args[0].plasticity == page.state.rule


def test_a_rule_that_does_not_run_in_the_network_says_so(page: RulesPage) -> None:
    page.choose("clopath")
    dialog = page.network.use()
    assert "`clopath-lif` is an adaptation" in dialog.problem.text()
    assert dialog.experiment is None
    assert not dialog.start_button.isEnabled()
    assert not dialog.queue_button.isEnabled()
    dialog.reject()


def test_the_menu_says_what_applying_would_do(page: RulesPage) -> None:
    page.network.fill_menu()
    texts = [action.text() for action in page.network.menu.actions()]
    assert "No run is open on the Train page" in " ".join(texts)
    assert not any(action.isEnabled() and action.text().startswith("Here") for action in page.network.menu.actions())


def test_where_several_projections_learn_an_experiment_takes_the_rule_for_one(page: RulesPage) -> None:
    two = read_experiment("digits").spelled_out().override({"network.projections.compete.plasticity.kind": "oja"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(page.network._shown), "experiment", property(lambda _: two))
        dialog = page.network.use()
    assert dialog.projection.isVisibleTo(dialog)
    names = [dialog.projection.itemText(number) for number in range(dialog.projection.count())]
    assert (names, dialog.projection.currentText()) == (["feed", "compete"], "feed")
    assert dialog.experiment is not None
    assert dialog.experiment.rules_by_projection["feed"] == page.state.rule
    assert dialog.experiment.rules_by_projection["compete"] == two.rules_by_projection["compete"]
    dialog.projection.setCurrentIndex(1)
    assert dialog.experiment is not None
    assert dialog.experiment.rules_by_projection["compete"] == page.state.rule
    dialog.reject()
