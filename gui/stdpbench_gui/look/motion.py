"""Settings of motion and flashing on the screen.

Flashing content changes at most three times a second, the limit of WCAG 2.3.1, unless the user turns on fast flicker.
Reduced motion turns off animations.
"""

from __future__ import annotations

from dataclasses import dataclass

_SHORTEST_GAP = 0.34  # s


@dataclass
class Motion:
    """The user's settings.

    Attributes
    ----------
    fast_flicker : bool
        Whether pictures may change as fast as they arrive.
    reduced : bool
        Whether animations are off.
    """

    fast_flicker: bool = False
    reduced: bool = False

    @property
    def shortest_gap(self) -> float:
        """Minimum time in seconds between two changes of flashing content."""
        return 0.0 if self.fast_flicker else _SHORTEST_GAP


motion = Motion()
"""Applies to the whole app."""
