"""Steps of editing a network by hand: the resulting draft, the group to show, and a sentence for the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stdpbench.declare.learned_names import listed
from stdpbench.experiment.draft import NetworkDraft
from stdpbench.experiment.starting_points import start_from

POPULATIONS, PROJECTIONS = "network.populations.", "network.projections."
"""Prefixes of the paths of populations and projections."""

_TEMPLATE = (
    "The template {}. It stays a template as long as only its own parameters change. Any other change spells the "
    "network out as populations and projections (kind = “graph”); Undo restores the template."
)
_SPELLED_OUT = "Populations and projections, spelled out (kind = “graph”)."
_NOTHING = "Nothing yet: add an input and a population, then a projection between them, or start from a template."


@dataclass(frozen=True)
class Step:
    """A step that can be done.

    Attributes
    ----------
    text : str
        Text of its undo action, such as ``"remove exc"``.
    draft : NetworkDraft
        The draft after it.
    part : str
        Path of the group to show afterwards; empty for the same as before.
    sentence : str
        A sentence for the user about the result; empty if the form shows it.
    """

    text: str
    draft: NetworkDraft
    part: str = ""
    sentence: str = ""

    def after(self, before: NetworkDraft) -> str:
        """Return the sentence, extended by a note if the step expands the template."""
        if not before.template or self.draft.template:
            return self.sentence
        spelled = f"The network is spelled out now: the template {before.template} does not have this."
        return f"{self.sentence} {spelled}".strip()


def kind_sentence(draft: NetworkDraft) -> str:
    """Return a text that says whether the network is a template or spelled out, and what that means."""
    spelled = _SPELLED_OUT if draft.populations else _NOTHING
    return _TEMPLATE.format(draft.template) if draft.template else spelled


def name_of(path: str) -> str:
    """Return the name of a part, such as ``feed`` for ``network.projections.feed``; empty for other groups."""
    return path.rpartition(".")[2] if path.startswith((POPULATIONS, PROJECTIONS)) else ""


def setting(draft: NetworkDraft, path: str, value: Any) -> Step:
    """Return the step that changes a parameter; a projection named after its populations follows them."""
    short = path.removeprefix(POPULATIONS).removeprefix(PROJECTIONS)
    part, _, key = path.rpartition(".")
    changed, name, shown = draft.with_value(path, value), name_of(part), ""
    if key in ("source", "target") and name == NetworkDraft.usual_name(draft.projections[name]):
        ends = changed.projections[name]
        new = changed.free_name(NetworkDraft.usual_name(ends))
        changed, shown = changed.rename_projection(name, new), PROJECTIONS + new
    return Step(f"{short} → {value}", changed, shown)


def starting_again(draft: NetworkDraft, kind: str) -> Step:
    """Return the step that starts from an empty network or from a template."""
    return Step(f"start from {kind}", start_from(kind, draft.unchecked), "network")


def adding(draft: NetworkDraft, what: str, chosen: str = "") -> Step:
    """Return the step that adds the ``"input"``, a ``"population"`` or a ``"projection"``.

    Parameters
    ----------
    draft : NetworkDraft
        The draft.
    what : str
        What to add.
    chosen : str
        Path of the selected part. A new projection goes from the input to the selected population if nothing comes
        from the input yet, else from the selected population.
    """
    if what == "projection":
        name = name_of(chosen) if chosen.startswith(POPULATIONS) else ""
        from_input = draft.input and all(other.source != draft.input for other in draft.projections.values())
        if not from_input:
            return _added(draft, draft.add_projection(source=name), what)
        return _added(
            draft, draft.add_projection(source=draft.input, target="" if name == draft.input else name), what
        )
    return _added(draft, draft.add_input() if what == "input" else draft.add_population(), what)


def copying(draft: NetworkDraft, part: str) -> Step:
    """Return the step that copies a population or projection."""
    _, table, name = part.split(".")
    return _added(draft, draft.duplicate(table, name), f"copy of {name}")


def _added(before: NetworkDraft, after: NetworkDraft, what: str) -> Step:
    new = [POPULATIONS + name for name in after.populations if name not in before.populations]
    new += [PROJECTIONS + name for name in after.projections if name not in before.projections]
    return Step(f"add {what}", after, new[0], f"Added {name_of(new[0])}.")


def removing(draft: NetworkDraft, part: str) -> Step:
    """Return the step that removes a population, with the projections from and to it, or a projection."""
    name = name_of(part)
    if part.startswith(PROJECTIONS):
        sentence = f"Removed the projection {name}. Undo brings it back."
        return Step(f"remove {name}", draft.remove_projection(name), "network", sentence)
    gone = draft.ending_at(name)
    with_ = f", and with it the projection{'s' if len(gone) > 1 else ''} {listed(gone)}" if gone else ""
    sentence = f"Removed the population {name}{with_}. Undo brings {'all' if gone else 'it'} back."
    return Step(f"remove {name}", draft.remove_population(name), "network", sentence)


def renaming(draft: NetworkDraft, part: str, new: str) -> Step:
    """Return the step that renames a population or projection."""
    table, _, name = part.rpartition(".")
    rename = draft.rename_population if part.startswith(POPULATIONS) else draft.rename_projection
    return Step(f"rename {name}", rename(name, new), f"{table}.{new}")


def moving(draft: NetworkDraft, part: str, by: int) -> Step:
    """Return the step that moves a projection in the order of action: earlier (-1) or later (1)."""
    name = name_of(part)
    return Step(f"move {name}", draft.move_projection(name, by))
