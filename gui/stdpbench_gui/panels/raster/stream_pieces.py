"""The pieces of a stream that have arrived, on one time axis."""

from __future__ import annotations

from collections.abc import Mapping

from stdpbench.runs.analysis.stream_series import occurrences, unseen
from stdpbench.runs.protocol.facts import Piece
from stdpbench_gui.panels.raster.strips import RATE_BIN, Pairs, Strip

SPANS = (1, 5, 20)
"""Choices for the seconds on the screen."""
_RATE_BINS = {1: RATE_BIN, 5: 20.0, 20: 100.0}  # ms


class StreamPieces:
    """Keeps the pieces of the longest span that can be shown.

    Attributes
    ----------
    strips : list of Strip
        Pieces in order, each at its time from the start of the stream.
    span : int
        Seconds on the screen, one of `SPANS`.
    """

    def __init__(self) -> None:
        self.strips: list[Strip] = []
        self.span = SPANS[1]
        self._read: dict[int, tuple[Pairs, int]] = {}  # spikes of the neurons that are read, and their number

    def forget(self) -> None:
        """Discard all pieces."""
        self.strips.clear()
        self._read.clear()

    def add(self, strip: Strip, read: Pairs, n: int) -> None:
        """Add a piece; later ones, of before a rewind, are discarded.

        Parameters
        ----------
        strip : Strip
            The piece.
        read : tuple of ndarray
            Spikes of the population that is read, of which the rate is.
        n : int
            Number of its neurons.
        """
        while self.strips and self.strips[-1].presentation >= strip.presentation:
            self._read.pop(self.strips.pop().presentation)
        strip.place_in_stream(self.strips[-1] if self.strips else None)
        self._read[strip.presentation] = read, n
        self.strips.append(strip.with_rate_bins(_RATE_BINS[self.span], read, n))
        while self.strips[0].end < strip.end - 1e3 * SPANS[-1]:
            self._read.pop(self.strips.pop(0).presentation)

    def set_span(self, span: int) -> None:
        """Set the seconds on the screen, and the bins of rates that suit them."""
        self.span, width = span, _RATE_BINS[span]
        self.strips[:] = [strip.with_rate_bins(width, *self._read[strip.presentation]) for strip in self.strips]

    @property
    def end(self) -> float:
        """Right end of the axis once the newest piece is shown, in ms; the axis begins at 0."""
        return max(self.strips[-1].end, 1e3 * self.span) if self.strips else 1e3 * self.span

    @property
    def stretch(self) -> tuple[float, float]:
        """The last seconds up to the newest piece, in ms, not before the start of the stream."""
        end = self.strips[-1].end if self.strips else 0.0
        return max(0.0, end - 1e3 * self.span), end

    def gaps(self) -> list[tuple[float, float]]:
        """Return what was not seen of all that can be on the screen while the newest piece slides in, in ms."""
        if not self.strips:
            return []
        start, end = self.stretch
        start = max(0.0, start - (self.strips[-1].duration if len(self.strips) > 1 else 0.0))
        return unseen([(strip.start, strip.end) for strip in self.strips], start, end)

    def not_seen(self) -> float:
        """Return how much of the stretch was not seen, in s."""
        seen = [(strip.start, strip.end) for strip in self.strips]
        return 1e-3 * sum(last - first for first, last in unseen(seen, *self.stretch))

    def patterns(self, pieces: Mapping[int, Piece], pattern: float) -> list[tuple[float, float, int]]:
        """Return the patterns of the stretch, in ms; `pattern` is the duration of one, in ms."""
        if not self.strips or not pattern:
            return []
        (start, end), length = self.stretch, 1e-3 * self.strips[-1].duration
        found = occurrences(pieces, length, 1e-3 * pattern, 1e-3 * start, 1e-3 * end)
        return [(1e3 * first, 1e3 * last, number) for first, last, number in found]
