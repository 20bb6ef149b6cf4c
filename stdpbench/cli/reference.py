"""Lists of shipped experiments and of data sets."""

from __future__ import annotations

import json as json_format
import sys
from typing import Any

from rich.table import Table

from stdpbench.cli.plain_table import plain_table
from stdpbench.cli.terminal import Console
from stdpbench.data.datasets import datasets
from stdpbench.experiment import read_experiment, shipped_experiments
from stdpbench.kinds.streams import Stream


def list_experiments(json: bool) -> None:
    """Carry out ``stdpbench experiments``."""
    known = {name: read_experiment(path).about for name, path in shipped_experiments().items()}
    if json:
        entries = [{"name": name, **about.model_dump()} for name, about in known.items()]
        sys.stdout.write(json_format.dumps(entries, ensure_ascii=False) + "\n")
        return
    table = plain_table(["experiment", "description"], [[name, about.title] for name, about in known.items()])
    sys.stdout.write(f"{table}`stdpbench describe NAME` has the expected accuracy and time.\n")


def list_data(json: bool) -> None:
    """Carry out ``stdpbench data list``."""
    from stdpbench.data.datasets.fetch import FETCHABLE, status
    from stdpbench.data.datasets.import_events import IMPORTABLE, imported

    elsewhere = {"digits": "ships with scikit-learn", **dict.fromkeys(("idx", "npz", "folder"), "your own files")}
    streams = {kind: "made on the spot" for kind, cls in datasets.usable().items() if issubclass(cls, Stream)}
    elsewhere |= streams | {"none": "–", "spike-times": "your own file"}
    elsewhere |= {"tabular": "scikit-learn, or your own file", "signals": "your own files"}
    elsewhere |= {"events": "your own files"}
    elsewhere |= {kind: f"missing; stdpbench data fetch {kind} --from FOLDER" for kind in IMPORTABLE}
    elsewhere |= {"japanese-vowels": "your own copy"}
    elsewhere |= dict.fromkeys(("logic", "order", "digits-events"), "made on the spot")
    rows: list[dict[str, Any]] = []
    for kind in datasets.kinds():
        folder = status(kind) if kind in FETCHABLE else imported(kind) if kind in IMPORTABLE else None
        missing = f"missing; stdpbench data fetch {kind}" if kind in FETCHABLE else "from another package"
        rows.append(
            {
                "name": kind,
                "summary": datasets.get(kind).summary,
                "fetchable": kind in FETCHABLE,
                "folder": None if folder is None else str(folder),
                "where": elsewhere.get(kind, missing) if folder is None else str(folder),
            }
        )
    if json:
        sys.stdout.write(json_format.dumps(rows, ensure_ascii=False) + "\n")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("data set", "where", "description"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row["name"], row["where"], row["summary"])
    Console().print(table)
