"""How much may move and flash on the screen.

What flashes changes at most three times a second, which is the limit of WCAG 2.3.1, unless the user turns fast flicker
on; with reduced motion nothing glides.
"""

from __future__ import annotations

from dataclasses import dataclass

_SHORTEST_GAP = 0.34  # s


@dataclass
class Motion:
    """What the user chose.

    Attributes
    ----------
    fast_flicker : bool
        Whether pictures may change as fast as they come.
    reduced : bool
        Whether nothing glides.
    """

    fast_flicker: bool = False
    reduced: bool = False

    @property
    def shortest_gap(self) -> float:
        """Seconds from one change to the next, at least, of what flashes."""
        return 0.0 if self.fast_flicker else _SHORTEST_GAP


motion = Motion()
"""In force in the whole app."""
