"""What does the same elsewhere as something that the app does to the run on display."""

from __future__ import annotations

from typing import Any

from stdpbench.runs.queue.run_text import ActionText, RunText
from stdpbench_gui.session.run_session import RunSession


def text_of_run(session: RunSession) -> RunText | None:
    """Return the texts about the run on display; None if there is none."""
    folder = session.folder
    return None if folder is None else RunText(folder.path, folder.path.parent)


def text_of_neurons(session: RunSession) -> ActionText:
    """Return the Python that reads the spikes of the selected neuron, or of the first."""
    text = text_of_run(session)
    return ActionText() if text is None else text.neuron_spikes(max(0, session.selection.neuron))


def text_of_request(session: RunSession, name: str, **arguments: Any) -> ActionText:
    """Return what does the same as a request to the run on display."""
    text = text_of_run(session)
    return ActionText() if text is None else text.asks(name, arguments)
