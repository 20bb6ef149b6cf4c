"""Help texts of panels and pages."""

from __future__ import annotations

from stdpbench_gui.panels import panels
from stdpbench_gui.widgets.basic import as_bullets


def test_help_has_a_bullet_for_each_sentence_and_its_source_below() -> None:
    text = "Rows are <b>classes</b>. Click one (e.g. the first). (Someone 2015, doi:10.1/x.y)"
    assert as_bullets(text) == (
        "<ul><li>Rows are <b>classes</b>.</li><li>Click one (e.g. the first).</li></ul>"
        "<p>(Someone 2015, doi:10.1/x.y)</p>"
    )
    symbols = "Click it. ☆ stars it. theta, where it adapts, is of 2.5 mV (or so). Δ2 says. ✕ marks (i.e. this) it."
    assert as_bullets(symbols).count("<li>") == 5
    assert as_bullets("Some.<ul><li>One.</li></ul>") == "Some.<ul><li>One.</li></ul>"


def test_the_source_of_a_panel_is_no_bullet() -> None:
    for panel in panels.usable().values():
        assert "<li>(" not in as_bullets(panel.help_text), panel.key
