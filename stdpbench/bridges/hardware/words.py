"""Checks of chips as plain text: tables, energies and sources."""

from __future__ import annotations

from collections.abc import Sequence

from stdpbench.bridges.hardware.check import ChipCheck, Energy

_UNITS = {"J": 1e12, "mJ": 1e9, "µJ": 1e6, "nJ": 1e3, "pJ": 1.0}
_HEADINGS = ("what", "where", "network", "chip", "verdict", "source")


def energy_text(picojoule: float) -> str:
    """Return an energy with a unit and three digits."""
    unit = next((name for name, size in _UNITS.items() if picojoule >= size), "pJ")
    return f"{picojoule / _UNITS[unit]:.3g} {unit}"


def energy_sentence(energy: Energy) -> str:
    """Say what the operations of one kind cost per stimulus."""
    amount = "not known" if energy.nanojoule is None else f"{energy_text(1e3 * energy.nanojoule)} per stimulus"
    each = energy_text(energy.picojoule)
    return f"energy of {energy.operation}s: {amount}, at {each} each ({energy.note})"


def count_text(value: float | None) -> str:
    """Return a mean count."""
    return "not known" if value is None else f"{value:.1f}"


def sources(check: ChipCheck) -> dict[str, int]:
    """Return the sources of a check, numbered from 1 in the order in which they are used."""
    found = dict.fromkeys([*(row.source for row in check.rows), *(each.source for each in check.energies)])
    return {source: number for number, source in enumerate(found, 1)}


def verdict_text(check: ChipCheck) -> str:
    """Return the name of the chip, and whether the network fits it."""
    return f"{check.target.title}: {'fits' if check.fits else 'does not fit'}"


def activity_rows(check: ChipCheck) -> list[tuple[str, str, str]]:
    """Return what happens per stimulus: what it is, its mean, and how it was measured."""
    rows = [(f"spikes of {name}", count_text(n), check.origin[name]) for name, n in check.spikes.items()]
    rows += [(f"synaptic operations of {name}", count_text(n), "") for name, n in check.operations.items()]
    return [*rows, ("synaptic operations", count_text(check.total_operations), "")]


def plain_text(checks: Sequence[ChipCheck], name: str = "") -> str:
    """Return checks as text with aligned columns, which reads well in a fixed-width font.

    Parameters
    ----------
    checks : sequence of ChipCheck
        The checks of one network.
    name : str
        Name of the run, for the first line.
    """
    lines = [f"Chip check of {name}", ""] if name else []
    if checks:
        lines += ["per stimulus", *_aligned(("what", "mean", "measured"), activity_rows(checks[0])), ""]
    for check in checks:
        number = sources(check)
        rows = [
            (row.what, row.where, row.value, row.limit, row.verdict, str(number[row.source])) for row in check.rows
        ]
        lines += [verdict_text(check), *_aligned(_HEADINGS, rows)]
        lines += [f"{energy_sentence(each)}; source {number[each.source]}" for each in check.energies]
        lines += [*check.remarks, *(f"  {n}: {source}" for source, n in number.items()), ""]
    return "\n".join(lines)


def _aligned(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (headings, *rows)
    ]
