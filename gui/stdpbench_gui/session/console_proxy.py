"""What the console's process knows of the app: `app`, its actions, and `run`, the run on display.

This module runs in the process of the console and imports nothing of Qt.
"""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

from stdpbench.base.errors import StdpbenchError

if TYPE_CHECKING:
    from stdpbench import Run

_PATIENCE = 20.0  # s for an answer


class App:
    """The desktop app that this console belongs to.

    ``app.actions()`` lists what it can do by name; ``app("pause")`` or ``app.pause()`` does it, as the menu does.

    Parameters
    ----------
    port : int
        Port of the app on this machine.
    token : str
        Proves that the app started this console.
    """

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token
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
        question = json.dumps({"token": self._token, "ask": what, **more}) + "\n"
        try:
            with socket.create_connection(("127.0.0.1", self._port), _PATIENCE) as line:
                line.sendall(question.encode())
                answer = line.makefile(encoding="utf-8").readline()
            reply = json.loads(answer)
        except (OSError, ValueError):
            reply = None
        if not isinstance(reply, dict) or not {"error", "value"} & set(reply):  # another program has its port now
            raise StdpbenchError("the app does not answer; it may have been closed")
        if "error" in reply:
            raise StdpbenchError(str(reply["error"]))
        return reply["value"]


def begin(port: int, token: str, names: dict[str, Any]) -> None:
    """Put `stdpbench`, `app` and `run` into the names of the console; `run` follows the run on display.

    Parameters
    ----------
    port, token : int, str
        See `App`.
    names : dict
        Global names of the console.
    """
    import stdpbench

    app = App(port, token)
    names.update(stdpbench=stdpbench, app=app, run=None)

    def follow(*_: object) -> None:
        try:
            names["run"] = app.run
        except StdpbenchError:  # keeps the last one
            return

    shell = names["get_ipython"]()
    shell.events.register("pre_run_cell", follow)
    follow()
