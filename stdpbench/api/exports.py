"""A finished run as files for other tools: its responses, and its network."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from stdpbench.api.view import RunView
from stdpbench.report.recordings.neo_file import write_neo
from stdpbench.report.recordings.nwb_file import write_nwb
from stdpbench.report.recordings.recorded import kept
from stdpbench.runs.client.nir_export import export_nir
from stdpbench.runs.protocol.nir_exported import STIMULI, NirExport


class Exports(RunView):
    """What of a run can be written for other tools."""

    def export(
        self,
        *,
        neo: str | PathLike[str] | None = None,
        nwb: str | PathLike[str] | None = None,
        stimuli: int = 0,
    ) -> None:
        """Write the spikes with which the network responded to evaluated stimuli for other tools.

        ``stdpbench export --record`` also has potentials, and spikes of populations that are not read.

        Parameters
        ----------
        neo, nwb : path, optional
            Files that do not exist yet: ``.nix``, for Neo and Elephant, and ``.nwb``, Neurodata Without Borders.
        stimuli : int
            Number of stimuli, from the first; 0: all.

        Raises
        ------
        StdpbenchError
            If the run has kept no spikes, a package is not installed, or a file exists or cannot be written.
        """
        found = kept(self._folder, stimuli)
        for target, write in ((neo, write_neo), (nwb, write_nwb)):
            if target is not None:
                write(found, Path(target).expanduser())

    def export_nir(
        self, path: str | PathLike[str], *, force: bool = False, stimuli: int = STIMULI, replace: bool = False
    ) -> NirExport:
        """Write the trained network to a NIR file, and compare the file with this run; see docs/hardware.md.

        Parameters
        ----------
        path : path
            The file.
        force : bool
            Whether to leave out what NIR cannot say, where possible, and mark the file as another network.
        stimuli : int
            Number of evaluated stimuli with which file and run are compared.
        replace : bool
            Whether to replace an existing file.

        Returns
        -------
        NirExport
            Its `verdict` says whether the spikes are the same.
        """
        return export_nir(self.path, Path(path).expanduser(), force=force, stimuli=stimuli, replace=replace)
