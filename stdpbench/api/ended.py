"""What is done with a run that has ended: a report, a reproduction, the bin."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from stdpbench.api.arguments import plain_values, whole_number
from stdpbench.api.aside import command_result
from stdpbench.api.display import progress as progress_display
from stdpbench.api.view import RunView
from stdpbench.base.errors import StdpbenchError
from stdpbench.runs.catalog.store import BIN
from stdpbench.runs.catalog.trash import restore
from stdpbench.runs.lineage.reproduction import Reproduction, reproduce
from stdpbench.runs.protocol.live_run import LiveRun
from stdpbench.runs.queue.run_queue import delete_run


class EndedRun(RunView):
    """Report, reproduction and deletion of a run."""

    def report(
        self,
        *others: RunView | str | PathLike[str],
        output: str | PathLike[str] | None = None,
        robustness: int = 0,
        thresholds: bool = False,
        sample: int = 2000,
        repeats: int = 2,
        workers: int = 0,
        simulator: str | None = None,
    ) -> Path:
        """Write a report on what the network learned: read-outs, clusters, baselines; of a stream, measures over time.

        The same as ``stdpbench report``, in another process, which presents stimuli again and takes from seconds to
        minutes. The labels of the test stimuli are read, which the journal of the run notes.

        Parameters
        ----------
        *others : Run, path or str
            Finished runs to compare with this one, also by name, as in `open_run`.
        output : path, optional
            Folder of the report. Default: ``report`` in the run folder or, with `others`, in the current folder.
        robustness : int
            Pictures per point of curves of accuracy under noise, damage and short stimuli, which take minutes; 0:
            only curves that have been measured before.
        thresholds : bool
            Whether to measure the start weights with adapted thresholds, too, which takes as long as training.
        sample : int
            Pictures that are presented again, clustered and embedded, 20 or more.
        repeats : int
            How often these pictures are presented again, with other input spikes.
        workers : int
            Number of processes; 0: as many as processors and memory allow.
        simulator : {"compiled", "runtime"}, optional
            Default: the best available.

        Returns
        -------
        Path
            The page, ``report.html``; numbers lie beside it.

        Raises
        ------
        StdpbenchError
            If a run is not finished or is active, is given twice, or the report cannot be written.

        Examples
        --------
        >>> run.report()
        >>> run.report(other, output="both", robustness=1000)
        """
        words = [str(each.path if isinstance(each, RunView) else each) for each in (self, *others)]
        numbers = {"robustness-images": robustness, "sample": sample, "repeats": repeats, "workers": workers}
        if not robustness:
            del numbers["robustness-images"]
        words += [f"--{name}={whole_number(number, name)}" for name, number in numbers.items()]
        words += ["--robustness"] * bool(robustness) + ["--thresholds"] * thresholds
        words += [] if output is None else [f"--output={Path(output).expanduser()}"]
        words += [] if simulator is None else [f"--simulator={simulator}"]
        return Path(command_result("report", *words)["path"])

    def reproduce(
        self,
        runs: str | PathLike[str] | None = None,
        *,
        set: Mapping[str, Any] | None = None,
        workers: int = 0,
        simulator: str | None = None,
        progress: bool = True,
    ) -> Reproduction:
        """Repeat the finished run, wait for the end, and compare the results. Ctrl+C ends the waiting, not the run.

        Parameters
        ----------
        runs : path, optional
            Folder in which the second run is created. Default: the folder of this run.
        set : mapping of str to Any, optional
            Where the data are now, such as ``{"data.path": "pictures"}``; nothing else can be changed.
        workers : int
            Number of processes for the label and test phases; 0: as many as processors and memory allow.
        simulator : {"compiled", "runtime"}, optional
            Default: the one that the run used.
        progress : bool
            Whether to show progress, as in `Run.wait`.

        Returns
        -------
        Reproduction
            ``path``, the folder of the second run; ``agreement``, whose ``same`` says whether the results agree to the
            bit, and ``agrees`` whether the run counts as reproduced, or None if the second run was stopped; and
            ``sentence``, the result in words.

        Raises
        ------
        StdpbenchError
            If the run is not finished, its files are damaged, its data are not available, or the second run fails.

        Examples
        --------
        >>> run.reproduce().agreement.same
        True
        """
        where = self.path.parent if runs is None else Path(runs).expanduser()
        with progress_display(self.name, progress) as show:
            return reproduce(
                self.path,
                where,
                lambda frame: show(LiveRun(progress=dict(frame))),
                about={"command": f"Run.reproduce(set={dict(set or {})!r})"},
                places=plain_values(set or {}),
                workers=whole_number(workers, "workers"),
                simulator=simulator,
            )

    def delete(self) -> Path:
        """Move the run to the bin of its runs folder, and remove it from the queue; `restore` brings it back.

        The run stays readable there. ``stdpbench delete --empty-bin`` removes it permanently.

        Returns
        -------
        Path
            Its folder in the bin, from now on `path`.

        Raises
        ------
        StdpbenchError
            If the run is active or already in the bin, or cannot be moved.
        """
        place, _ = delete_run(self._folder)
        self._moved_to(place)
        return place

    def restore(self) -> Path:
        """Bring the run back from the bin.

        Returns
        -------
        Path
            Its folder, from now on `path`.

        Raises
        ------
        StdpbenchError
            If the run is not in the bin, or the runs folder already has a run of that name.
        """
        if self.path.parent.name != BIN:
            raise StdpbenchError(f"{self.name} is not in the bin")
        folder = restore(self.path.parent.parent, self.name)
        self._moved_to(folder.path)
        return folder.path
