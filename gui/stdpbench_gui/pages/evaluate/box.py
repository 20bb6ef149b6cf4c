"""Base of the views of the Evaluate page: a titled box over a shared state."""

from __future__ import annotations

from typing import Any

from stdpbench.runs.catalog.base import settings_text
from stdpbench.runs.folder.run_folder import RunFolder
from stdpbench.studies.report.views import ViewData
from stdpbench_gui.pages.evaluate.state import EvaluationState
from stdpbench_gui.pages.titled_box import TitledBox
from stdpbench_gui.session.run_session import RunSession
from stdpbench_gui.widgets.basic import not_none


class Box(TitledBox):
    """A view of the evaluated run.

    Parameters
    ----------
    state : EvaluationState
        State shared by all views.
    session : RunSession
        Session of the page, which only names the run in figures.
    """

    def __init__(self, state: EvaluationState, session: RunSession) -> None:
        self.state = state
        super().__init__(state.changed, session)

    @property
    def look(self) -> ViewData:
        """The evaluated run; only while there is one."""
        return not_none(self.state.look)

    def has_content(self) -> bool:
        """Return whether there is something to draw."""
        return self.state.look is not None

    def origin(self) -> dict[str, Any]:
        """Return the evaluated run for the caption."""
        look = self.look
        return {
            "run": look.name,
            "experiment": look.experiment,
            "seed": look.seed,
            "n": f"{look.n_images} {look.part} {look.noun}s, one run",
            "settings": settings_text(RunFolder(look.path)),
        }
