"""The Rules page with its real process: curves of Brian2 in small protocols."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from parameter_fields import retype
from parts_of_window import choose
from PyQt6.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent, QFocusEvent
from PyQt6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot
from rules_curves import now, settled, window_of
from waiting import waits

from stdpbench.base.units import signed
from stdpbench.kinds.plasticity import rules
from stdpbench.kinds.plasticity.custom import CustomRule
from stdpbench.results.figures.paper import draw
from stdpbench.studies.lab.data_sets import PUBLISHED
from stdpbench_gui.app.window import MainWindow
from stdpbench_gui.pages.rules.fit_dialog import FitDialog
from stdpbench_gui.pages.rules.map_dialog import MapDialog
from stdpbench_gui.pages.rules.page import RulesPage
from stdpbench_gui.pages.rules.points_dialog import PointsDialog
from stdpbench_gui.pages.rules.state import Plan, RulesState
from stdpbench_gui.widgets.basic import not_none


@pytest.fixture(scope="module")
def shared(shared_window: MainWindow) -> MainWindow:
    """One window for most tests: its process keeps Brian2 and built synapses."""
    shared_window.resize(1280, 800)
    shared_window.go_to("rules")
    return shared_window


@pytest.fixture
def page(shared: MainWindow, qtbot: QtBot) -> RulesPage:
    """The page with a cheap rule, no kept curves and no history."""
    page, state = shared.lab, shared.lab.state
    shared.go_to("rules")
    state.kept.clear()
    state.points.clear()
    state.plans[:] = [Plan("pair-window"), Plan("weight-dependence"), Plan("frequency", {"pairs": 3})]
    state.show(rules.build({"kind": "pair-additive"}, "rule"))
    state.history.clear()
    state.changed.emit({"rule", "values", "plots", "kept", "points"})
    waits(qtbot, lambda: settled(page) and all(-1 in plot._results for plot in page.plots))
    return page


# -- the curves ------------------------------------------------------------------------------------


def test_a_rule_is_shown_by_real_curves_with_their_conditions(page: RulesPage, qtbot: QtBot) -> None:
    np.testing.assert_allclose(now(page).curves[0].change, window_of(now(page).x), atol=1e-12)
    assert page.plots[0].foot.text() == "1 pair, starting weight 0.5, bounds 0 … 1."
    assert "https://doi.org/10.1038/78829" in page.about.text()
    for plot in page.plots:
        assert plot.isVisible()
        assert plot.accessibleName() == plot.title
        assert "pair-additive" in plot.accessibleDescription()


def test_equations_are_drawn_and_can_be_copied_as_tex(page: RulesPage, qtbot: QtBot) -> None:
    waits(qtbot, lambda: page.equations._tex and "tau_plus" in str(page.equations.summary()))
    waits(qtbot, lambda: any(r"a_{-}" in tex for _, tex in page.equations._tex))
    assert page.equations.picture.pixmap().height() > 60
    page.equations.copy_tex()
    assert r"\left[w + a_{+}" in not_none(QApplication.clipboard()).text()


def test_curves_follow_a_slider_and_letting_go_is_one_step(page: RulesPage, qtbot: QtBot) -> None:
    row = page.values.rows["a_plus"]
    before = now(page).curves[0].change.max()
    row.slider.setSliderDown(True)
    row.slider.setValue(row.slider.value() + 60)
    dragged = float(row.slider.chosen)
    waits(qtbot, lambda: getattr(now(page).rule, "a_plus", 0) == dragged)
    assert now(page).curves[0].change.max() > before
    assert getattr(page.state.rule, "a_plus", 0) == 0.01  # the slider is not released
    assert not page.state.history.can_undo
    row.slider.setSliderDown(False)
    row.slider.committed.emit()
    assert getattr(page.state.rule, "a_plus", 0) == dragged
    page.state.history.undo()
    waits(qtbot, lambda: settled(page) and now(page).curves[0].change.max() == before)
    waits(qtbot, lambda: page.values.rows["a_plus"].editor.text() == "0.01")  # type: ignore[union-attr]
    page.state.history.redo()
    assert getattr(page.state.rule, "a_plus", 0) == dragged
    page.window().activateWindow()  # type: ignore[union-attr]
    row.slider.setFocus()
    waits(qtbot, lambda: row.slider.chosen == dragged)
    waits(qtbot, row.slider.hasFocus)  # Esc would clear the selected neuron
    qtbot.keyClick(row.slider, Qt.Key.Key_Right)
    waits(qtbot, lambda: getattr(now(page).rule, "a_plus", 0) > dragged)
    qtbot.keyClick(row.slider, Qt.Key.Key_Escape)
    waits(qtbot, lambda: settled(page) and getattr(now(page).rule, "a_plus", 0) == dragged)
    waits(qtbot, lambda: row.slider.chosen == dragged)


def test_a_typed_value_is_taken_or_refused_in_its_row(page: RulesPage, qtbot: QtBot) -> None:
    row = page.values.rows["tau_plus"]
    field = row.editor
    retype(field, qtbot, "35 ms")
    waits(qtbot, lambda: getattr(now(page).rule, "tau_plus", 0) == 35)  # while typing
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert getattr(page.state.rule, "tau_plus", 0) == 35
    retype(field, qtbot, "-3 ms")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "must be more than 0" in row.error.text()
    assert getattr(page.state.rule, "tau_plus", 0) == 35
    for button in (page.network.use_button, page.network.apply_button):
        assert not button.isEnabled()
    page.state.set_value("a_plus", 0.02)
    waits(qtbot, lambda: page.values.rows["a_plus"].text == "0.02")
    assert row.text == "-3 ms"  # what is typed stays until it is corrected
    waits(qtbot, page.values.reset.isEnabled)
    page.values.reset.click()
    assert page.state.rule == rules.build({"kind": "pair-additive"}, "rule")
    assert page.network.use_button.isEnabled()
    waits(qtbot, lambda: row.text == "20 ms")


def test_a_rule_opens_with_the_protocol_that_tells_most(page: RulesPage, qtbot: QtBot) -> None:
    page.state.plans[:] = [Plan(), Plan(), Plan("weight-dependence")]
    page.choose("triplet")
    waits(qtbot, lambda: settled(page) and now(page).protocol == "frequency")
    assert page.preset.currentText() == "visual-cortex-minimal"
    page.preset.setCurrentIndex(page.preset.findText("hippocampus-minimal"))
    page.preset.activated.emit(page.preset.currentIndex())
    assert getattr(page.state.rule, "a2_plus", 0) == 5.3e-3
    rows = [page.plots[0].choice.model().item(row) for row in range(page.plots[0].choice.count())]  # type: ignore[union-attr]
    assert [row.isEnabled() for row in rows] == [True] * 7 + [False]  # no dopamine here


def test_options_are_put_in_force_or_refused(page: RulesPage, qtbot: QtBot) -> None:
    popup = page.plots[0].ask_options()
    popup.fields["pairs"].setText("a few")
    popup.accept()
    assert "pairs must be a whole number, not 'a few'" in popup.problem.text()
    popup.fields["pairs"].setText("5")
    popup.fields["frequency"].setText("10")
    popup.accept()
    waits(qtbot, lambda: settled(page) and "5 pairs at 10 Hz" in now(page).conditions)
    assert page.state.plans[0] == Plan("pair-window", {"pairs": 5, "frequency": 10.0})
    page.state.plan(0, Plan("pair-window", {"weight": 7.0}))
    waits(qtbot, lambda: "weight must lie within the bounds" in page.plots[0].foot.text())
    page.state.plan(0, Plan("pair-window"))
    waits(qtbot, lambda: settled(page) and page.plots[0].foot.text().startswith("1 pair,"))


def test_the_cursor_tells_values_by_keyboard(page: RulesPage, qtbot: QtBot) -> None:
    plot = page.plots[1].plot
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Home)
    assert plot.tip.isVisible()
    value = now(page, 1).curves[0].change[0]
    assert signed(value, ".4g") in plot.tip.text()
    assert f"Δt = +10 ms {signed(value, '.4g')}" in plot.accessibleDescription()
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert "starting weight 0.025" in plot.tip.text()
    QApplication.sendEvent(plot, QFocusEvent(QEvent.Type.FocusOut))
    assert not plot.tip.isVisible()


# -- beside it -------------------------------------------------------------------------------------


def test_kept_curves_stay_and_differ_by_more_than_colour(page: RulesPage, qtbot: QtBot) -> None:
    page.compare.keep.click()
    page.state.set_value("a_plus", 0.02)
    page.choose("pair-multiplicative")
    waits(qtbot, lambda: settled(page) and 0 in page.plots[0]._results)
    shown = page.plots[0].shown()
    assert [drawn.name for drawn in shown] == ["pair-additive", "pair-multiplicative"]
    np.testing.assert_allclose(shown[0].result.curves[0].change, window_of(shown[0].result.x), atol=1e-12)
    marks = [mark.opts["symbol"] for mark in page.plots[0].plot._marks[:2]]
    assert len(set(marks)) == 2
    page.state.plan(0, Plan("pair-window", {"pairs": 2}))  # kept curves are computed again
    waits(qtbot, lambda: settled(page) and "2 pairs" in page.plots[0]._results[0].conditions)
    item = not_none(page.compare.list.topLevelItem(0))
    assert item.text(0) == item.data(0, Qt.ItemDataRole.UserRole) == "pair-additive"
    item.setText(0, "as published")
    waits(qtbot, lambda: settled(page) and page.plots[0].shown()[0].name == "as published")
    page.compare.list.topLevelItem(0).setCheckState(0, Qt.CheckState.Unchecked)  # type: ignore[union-attr]
    waits(qtbot, lambda: settled(page) and len(page.plots[0].shown()) == 1)
    page.compare.taken_up.emit(0)
    assert page.state.kind == "pair-additive"
    page.compare.list.setCurrentItem(page.compare.list.topLevelItem(0))
    qtbot.keyClick(page.compare.list, Qt.Key.Key_Delete)
    assert page.state.kept == []


def test_curves_of_the_rule_before_say_so_until_the_new_ones_are_there(page: RulesPage, qtbot: QtBot) -> None:
    plot = page.plots[0]
    page.state.show(rules.build({"kind": "oja"}, "rule"))
    plot._write()
    assert plot.status.text() == "still pair-additive …"
    waits(qtbot, lambda: settled(page) and not plot.status.text())


def test_why_a_kept_rule_is_not_drawn_is_said(page: RulesPage, qtbot: QtBot) -> None:
    page.keep()
    page.state.plan(0, Plan("reward-delay"))
    page.choose("reward")
    waits(qtbot, lambda: settled(page) and now(page).protocol == "reward-delay")
    assert "Cannot draw pair-additive: reward-delay needs a rule with dopamine" in page.plots[0].foot.text()
    assert len(page.plots[0].shown()) == 1


def test_points_are_drawn_in_from_what_ships_and_from_a_file(page: RulesPage, qtbot: QtBot, tmp_path: Path) -> None:
    page.draw_points(next(iter(PUBLISHED)))
    path = tmp_path / "slice.csv"
    path.write_text("dt (ms),frequency (Hz),change,error\n10,2,0.5,0.1\n-10,2,-0.2,0.1\n")
    page.take(path)
    waits(qtbot, lambda: settled(page) and page.compare.list.topLevelItemCount() == 3)
    assert page.plots[0].foot.text().startswith("60 pairs at 2 Hz"), "as the points were measured"
    assert "Sjöström et al. 2001, Δt = +10 ms" in page.plots[2].summary()
    assert "slice" in page.plots[0].summary()
    assert "slice" not in page.plots[2].summary()
    low, high = page.plots[0].plot.getPlotItem().viewRange()[1]
    assert low < -0.3
    assert high > 0.6  # error bars are visible
    path.write_text("dt (ms),change\n10,0.5\n20,oops\n")
    page.take(path)
    assert "slice.csv, line 3: change must be a number, not 'oops'" in page.notices.texts()[-1]
    path.write_text("spike,frequency (Hz),amplitude (%)\n2,20,62\n")
    page.take(path)
    assert "slice: no plot of this page shows such data; fit them with `stdpbench fit`" in page.notices.texts()[-1]
    assert len(page.state.points) == 3


def test_points_are_typed(page: RulesPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "typed.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    page.type_points()
    (dialog,) = page.findChildren(PointsDialog)
    typed = dialog.text.toPlainText()
    dialog.text.setPlainText(typed.replace("-25", "many"))
    dialog.save()
    assert "line 4: change must be a number, not 'many'" in dialog.problem.text()
    assert not path.exists()
    dialog.text.setPlainText(typed)
    dialog.save()
    assert [(shown.source, shown.points.y.tolist()) for shown in page.state.points] == [(str(path), [0.4, -0.25])]
    page.type_points()  # those of the file
    assert page.findChildren(PointsDialog)[-1].text.toPlainText() == path.read_text(encoding="utf-8") == typed


def test_the_rule_is_fitted_to_the_points_that_are_shown(page: RulesPage, qtbot: QtBot) -> None:
    page.fit()
    assert "no data points to fit the rule to" in page.notices.texts()[-1]
    page.choose("triplet")
    page.draw_points("sjoestroem-2001")
    page.fit()
    (dialog,) = page.findChildren(FitDialog)
    assert (dialog.weight.text(), dialog.relative_to.text()) == ("1.5", "1")  # as the curves are drawn
    for row in dialog.rows():
        row.setCheckState(
            0, Qt.CheckState.Checked if row.text(0) in ("a3_plus", "a2_minus") else Qt.CheckState.Unchecked
        )
    dialog.relative_to.setText("one")
    dialog.fit()
    waits(qtbot, dialog.fit_button.isEnabled)
    assert "must be a number, not 'one'" in dialog.problem.text()
    dialog.relative_to.setText("1")
    dialog.fit()
    waits(qtbot, dialog.use_button.isEnabled)
    texts = {row.text(0): [row.text(column) for column in range(2, 5)] for row in dialog.rows()}
    assert texts["tau_y"] == ["", "", ""]
    assert texts["a2_minus"][2] == "yes"
    assert "over 10 points" in dialog.verdict.text()
    table, plot = dialog.residuals.table, dialog.residuals.plot
    assert (table.topLevelItemCount(), not_none(table.topLevelItem(5)).text(0)) == (10, "Δt −10 ms, 0.1 Hz")
    view = plot.getPlotItem().getViewBox()
    plot.scene().sigMouseMoved.emit(view.mapViewToScene(QPointF(5.2, 0.0)))
    assert table.indexOfTopLevelItem(table.currentItem()) == 5
    away = [float(not_none(table.topLevelItem(row)).text(3).replace("−", "-")) for row in range(10)]
    misfit = float(dialog.verdict.text().partition("points: ")[2].partition(",")[0])
    assert np.mean(np.square(away)) == pytest.approx(misfit, rel=0.02)
    before = page.state.rule
    dialog.use_button.click()
    assert page.state.rule.to_mapping()["a3_plus"] == pytest.approx(float(texts["a3_plus"][0]), rel=0.01)
    waits(qtbot, lambda: all("Band: 5 to 95 % of 100" in plot.summary() for plot in page.plots))
    page.state.drag("a2_minus", "0.005")
    assert not any("Band" in plot.summary() for plot in page.plots)
    page.state.set_value("a2_minus", "0.005")
    page.state.history.undo()
    assert all("Band" in plot.summary() for plot in page.plots)
    page.state.history.undo()
    assert page.state.rule == before
    assert not any("Band" in plot.summary() for plot in page.plots)


def test_closing_the_dialog_cancels_a_fit(page: RulesPage, qtbot: QtBot) -> None:
    page.choose("triplet")
    page.draw_points("wang-2005")
    page.fit()
    (dialog,) = page.findChildren(FitDialog)
    dialog.fit()
    assert page.session.background.busy
    dialog.reject()
    waits(qtbot, lambda: not page.session.background.busy)


def test_a_click_in_a_map_sets_both_values_in_one_step(page: RulesPage, qtbot: QtBot) -> None:
    page.draw_points("wang-2005")
    page.map()
    (dialog,) = page.findChildren(MapDialog)
    for box, field, name in zip(dialog.axes, dialog.ranges, ("a_plus", "tau_plus (ms)"), strict=True):
        choose(box, name)
        field.setText("1e-3")
    dialog.draw()
    waits(qtbot, dialog.draw_button.isEnabled)
    assert "Range across must be two numbers" in dialog.problem.text()
    for field, text in zip(dialog.ranges, ("1e-3, 0.1", "5, 50"), strict=True):
        field.setText(text)
    dialog.draw()
    waits(qtbot, dialog.plot.isVisible)
    shown, before = dialog.plot.shown, page.state.rule
    assert (shown.values.shape, shown.values.min()) == ((40, 40), 0)
    y, x = (int(at) for at in np.unravel_index(shown.values.argmin(), shown.values.shape))
    view = dialog.plot.getPlotItem().getViewBox()
    at = view.mapViewToScene(QPointF(np.log10(shown.at[0][x]), np.log10(shown.at[1][y])))
    qtbot.mouseClick(dialog.plot.viewport(), Qt.MouseButton.LeftButton, pos=dialog.plot.mapFromScene(at))
    assert "misfit to wang-2005 0 above the least" in dialog.reading.text()
    values = page.state.rule.to_mapping()
    assert (values["a_plus"], values["tau_plus"]) == (float(f"{shown.at[0][x]:.4g}"), f"{shown.at[1][y]:.4g} ms")
    page.state.history.undo()
    assert page.state.rule == before
    page.state.set_value("a_minus", 0.02)
    assert "draw the map again" in dialog.about.text()
    choose(dialog.quantity, "Δw by 60 pairs: Δt +10 ms, 1 Hz")
    dialog.draw()
    waits(qtbot, lambda: "Δw by 60 pairs" in dialog.reading.text())
    before = dialog.plot.cursor
    qtbot.keyClick(dialog.plot, Qt.Key.Key_Right)
    qtbot.keyClick(dialog.plot, Qt.Key.Key_Return)
    assert dialog.plot.cursor == (before[0] + 1, before[1])
    assert page.state.rule.to_mapping()["a_plus"] == float(f"{dialog.plot.shown.at[0][before[0] + 1]:.4g}")
    dialog.draw()
    dialog.reject()
    waits(qtbot, lambda: not page.session.background.busy)


def test_what_is_dropped_goes_where_it_belongs(page: RulesPage, qtbot: QtBot, tmp_path: Path) -> None:
    points, rule, other = tmp_path / "p.csv", tmp_path / "rule.toml", tmp_path / "experiment.toml"
    points.write_text("dt (ms),change\n10,0.5\n")
    rule.write_text('title = "Up"\non_output_spike = "w = clip(w + 0.1, 0, w_max)"\n')
    other.write_text('name = "x"\n')
    heard: list[list[Path]] = []
    page.dropped.connect(heard.append)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (points, rule, other)])
    plot = page.plots[2]
    at = plot.mapTo(page, plot.rect().center())
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stdpbench_gui.app.window_services.WindowServices.open_path", lambda self, path: None)
        page.dropEvent(QDropEvent(QPointF(at), copy, data, left, Qt.KeyboardModifier.NoModifier))
    page.dropped.disconnect(heard.append)
    assert (page.state.points[0].points.protocol, page.state.rule.summary) == ("pair-window", "Up")
    assert heard == [[other]]


def test_figures_and_numbers_leave(page: RulesPage, qtbot: QtBot, tmp_path: Path) -> None:
    page.keep()
    page.state.set_value("a_plus", 0.02)
    page.draw_points(next(iter(PUBLISHED)))
    waits(qtbot, lambda: settled(page) and all(0 in plot._results for plot in page.plots))
    spec, table = not_none(page.plots[2].figure()), not_none(page.plots[2].table())
    caption = page.plots[2].caption_of(spec)
    assert "a_plus 0.02" in caption
    assert "doi:10.1016/S0896-6273(01)00542-6" in caption
    assert draw(spec, 88, 8, 100).axes
    assert table[0] == ["rule", "frequency (Hz)", "Δw, Δt = +10 ms", "Δw, Δt = −10 ms"]
    assert len(table[1]) == 2 * len(now(page, 2).x)
    assert page.values.table() is not None


# -- a rule of one's own ---------------------------------------------------------------------------


def test_a_rule_becomes_ones_own_and_is_edited_with_messages_in_place(page: RulesPage, qtbot: QtBot) -> None:
    before = now(page).curves[0].change
    assert not page.editor.isVisible()
    page.edit_button.click()
    waits(qtbot, lambda: settled(page) and page.editor.isVisible() and isinstance(now(page).rule, CustomRule))
    np.testing.assert_allclose(now(page).curves[0].change, before, rtol=1e-12)
    field = page.editor.fields["on_output_spike"]
    assert field.text == "w = clip(w + a_plus*w_max*x, 0, w_max)"
    field.edit.setPlainText("w = clip(w + a_plos*x, 0, w_max)")
    waits(qtbot, lambda: page.editor.found)
    assert "column 14: unknown name a_plos; did you mean a_plus?" in field.message.text()
    (mark,) = field.edit.extraSelections()
    assert mark.cursor.selectedText() == "a_plos"
    np.testing.assert_allclose(now(page).curves[0].change, before, rtol=1e-12)  # the last valid one is active
    page.state.set_value("tau_plus", 21.0)
    waits(qtbot, lambda: settled(page) and getattr(now(page).rule, "tau_plus", 0) == 21)
    assert field.text == "w = clip(w + a_plos*x, 0, w_max)"  # the edited text stays
    page.state.history.undo()
    field.edit.setPlainText("w = qqq*x")
    waits(qtbot, lambda: field.message.text() == "⚠ column 5: unknown name qqq")
    assert "known names are w, " in field.message.toolTip()
    field.edit.setPlainText("w = clip(w + 3*a_plus*x, 0, w_max)")
    waits(qtbot, lambda: settled(page) and now(page).curves[0].change.max() > 2 * before.max())
    assert field.message.text() == ""
    waits(qtbot, lambda: any(r"3\,a_{+}" in tex for _, tex in page.equations._tex))
    page.state.history.undo()
    assert page.editor.state.rule.definition["on_output_spike"].startswith("w = clip(w + a_plus*w_max")  # type: ignore[attr-defined]


def test_names_are_completed(page: RulesPage, qtbot: QtBot) -> None:
    page.choose("custom")
    waits(qtbot, lambda: page.editor.isVisible() and page.editor.fields["on_input_spike"].edit.names)
    edit = page.editor.fields["on_input_spike"].edit
    edit.setFocus()
    edit.setPlainText("w = w + ")
    edit.moveCursor(edit.textCursor().MoveOperation.End)
    qtbot.keyClicks(edit, "a_p")
    popup = not_none(edit.completer.popup())
    assert popup.isVisible()
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert edit.toPlainText() == "w = w + a_plus"
    edit.moveCursor(edit.textCursor().MoveOperation.End)
    qtbot.keyClicks(edit, "*ma")
    assert [edit.completer.completionModel().index(k, 0).data() for k in range(edit.completer.completionCount())] == [  # type: ignore[union-attr]
        "maximum"
    ]
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert edit.toPlainText() == "w = w + a_plus*maximum("
    popup.hide()


def test_tables_of_traces_and_parameters_are_checked(page: RulesPage, qtbot: QtBot) -> None:
    page.choose("custom")
    editor = page.editor
    waits(qtbot, lambda: editor.isVisible() and editor.parameters.table.rowCount() == 4)
    editor.parameters.add.click()
    editor.check()
    assert not editor.found
    assert "p0" in type(page.state.rule).model_fields
    editor.parameters.table.item(4, 0).setText("a_plus")  # type: ignore[union-attr]
    editor.check()
    assert "the name a_plus is used twice" in editor.problem.text()
    editor.parameters.table.setCurrentCell(4, 0)
    editor.parameters.remove.click()
    editor.traces.add.click()
    editor.check()
    assert "tau must name one of the parameters" in editor.traces.message.text()
    editor.traces.table.setCurrentCell(2, 0)
    editor.traces.remove.click()
    editor.check()
    assert not editor.found
    assert "active" in editor.verdict.text()


def test_a_rule_of_ones_own_is_kept_in_a_small_file(page: RulesPage, qtbot: QtBot, tmp_path: Path) -> None:
    page.choose("custom")
    page.state.set_value("a_plus", 0.03)
    path = tmp_path / "mine.toml"
    page.editor.write(path)
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    assert tables["parameters"]["a_plus"]["default"] == 0.03
    page.choose("oja")
    page.take(path)
    assert (getattr(page.state.rule, "a_plus", 0), page.state.kind) == (0.03, "custom")
    path.write_text('on_output_spike = "w = w + nothing"\n')
    page.take(path)
    assert "unknown name nothing" in page.notices.texts()[-1]
    assert getattr(page.state.rule, "a_plus", 0) == 0.03


# -- the page as part of the window ----------------------------------------------------------------


def test_tab_goes_from_the_rule_to_its_values_and_on_to_the_plots(page: RulesPage, qtbot: QtBot) -> None:
    waits(qtbot, lambda: set(page.values.rows) == {p.name for p in page.state.rule.describe()})
    chain, widget = [], page.rule.nextInFocusChain()
    while widget is not None and widget is not page.rule:
        chain.append(widget)
        widget = widget.nextInFocusChain()
    row = page.values.rows["a_plus"]
    order = [page.network.use_button, page.values.reset, row.slider, row.editor, page.compare.list]
    order += [page.plots[0].plot, page.plots[2].plot, page.editor.name, page.editor.parameters.table]
    places = [chain.index(each) for each in order]  # type: ignore[arg-type]  # the row has a slider
    assert places == sorted(places)


def test_the_page_is_as_it_was_left(page: RulesPage) -> None:
    page.edit()
    page.keep()
    page.draw_points(next(iter(PUBLISHED)))
    page.state.plan(1, Plan("quadruplets", {"repeats": 3}))
    text = page.state.to_text()
    other = RulesState(page)
    other.restore(text)
    assert other.rule == page.state.rule
    assert other.plans == page.state.plans
    assert [(kept.name, kept.rule) for kept in other.kept] == [(kept.name, kept.rule) for kept in page.state.kept]
    assert [shown.points.label for shown in other.points] == [shown.points.label for shown in page.state.points]
    broken = RulesState(page)
    broken.restore(json.dumps({**json.loads(text), "rule": {"kind": "gone"}}))
    assert broken.kind == "diehl-cook-triplet"
    broken.restore("no JSON")
