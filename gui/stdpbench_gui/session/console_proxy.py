"""What the console's process knows of the app: `app`, its actions, and `run`, the run on display.

This module runs in the process of the console and imports nothing of Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stdpbench.base.errors import StdpbenchError
from stdpbench.base.wire import Invitation, connect

if TYPE_CHECKING:
    from stdpbench import Run

_PATIENCE = 20.0  # s for an answer


class App:
    """The desktop app that this console belongs to.

    ``app.actions()`` lists what it can do by name; ``app("pause")`` or ``app.pause()`` does it, as the menu does.

    Parameters
    ----------
    invitation : mapping
        Where the app listens, and the key that proves that it started this console.
    """

    def __init__(self, invitation: Mapping[str, Any]) -> None:
        self._channel = connect(Invitation.from_mapping(invitation))
        self._number = 0
        self._run: Run | None = None

    def __repr__(self) -> str:
        """Say what it is for."""
        return "<the app: app.actions() lists what it can do, app('pause') or app.pause() does it>"

    def __call__(self, name: str) -> str:
        """Carry out an action by its name.

        Returns
        -------
        str
            What was done, in words.

        Raises
        ------
        StdpbenchError
            If there is no such action, it is not possible now, or the app does not answer.
        """
        return str(self._ask("do", name=name))

    def __getattr__(self, name: str) -> Any:
        """Return an action as a function; dashes of its name are underscores."""
        if name.startswith("_"):
            raise AttributeError(name)
        known, wanted = self.actions(), name.replace("_", "-")
        if wanted not in known:
            raise AttributeError(f"the app has no action {wanted!r}; app.actions() lists them")

        def act() -> str:
            return self(wanted)

        act.__doc__ = known[wanted]
        return act

    def __dir__(self) -> list[str]:
        """Return the names of actions, too, for completion."""
        return [*super().__dir__(), *(name.replace("-", "_") for name in self.actions())]

    def actions(self) -> dict[str, str]:
        """Return what the app can do now: names of actions and their texts in the menus."""
        return dict(self._ask("actions"))

    @property
    def run(self) -> Run | None:
        """The run on display; None without one."""
        import stdpbench

        path = self._ask("path")
        if path is None:
            self._run = None
        elif self._run is None or str(self._run.path) != path:
            self._run = stdpbench.open_run(path)
        return self._run

    def open(self, path: str) -> str:
        """Show a run folder, an experiment file or data, as if it was dropped on the window."""
        return str(self._ask("open", path=str(path)))

    @property
    def neuron(self) -> int | None:
        """Number of the selected neuron; None if none is selected."""
        found = self._ask("neuron")
        return None if found is None else int(found)

    def select(self, neuron: int) -> str:
        """Select a neuron of the population on display in all panels."""
        return str(self._ask("select", neuron=int(neuron)))

    def _ask(self, what: str, **more: Any) -> Any:
        self._number += 1
        try:
            self._channel.send((self._number, what, more))
            while (reply := self._channel.receive(_PATIENCE, _PATIENCE)) is not None:
                number, error, value = reply
                if number == self._number:  # not to an earlier question, which was given up
                    break
        except (OSError, EOFError):
            reply = None
        if reply is None:
            raise StdpbenchError("the app does not answer; it may have been closed")
        if error:
            raise StdpbenchError(error)
        return value


def begin(invitation: Mapping[str, Any], names: dict[str, Any]) -> None:
    """Put `stdpbench`, `app` and `run` into the names of the console; `run` follows the run on display.

    Parameters
    ----------
    invitation : mapping
        See `App`.
    names : dict
        Global names of the console.
    """
    import stdpbench

    app = App(invitation)
    names.update(stdpbench=stdpbench, app=app, run=None)

    def follow(*_: object) -> None:
        try:
            names["run"] = app.run
        except StdpbenchError:  # keeps the last one
            return

    shell = names["get_ipython"]()
    shell.events.register("pre_run_cell", follow)
    follow()
