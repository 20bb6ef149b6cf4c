"""Pictures of the cards of the Start page."""

from __future__ import annotations

_FIELDS = (
    "Receptive fields that resemble digits",
    "Receptive fields of ten neurons, one for each digit, after 20 000 pictures (of a network of 100 neurons)",
)
_WEIGHTS = (
    "Weights that separate into two groups",
    "How often each weight occurs, from 0 at the bottom to the largest at the top, over 1000 s",
)
_LATENCIES = (
    "Latencies that fall to a few milliseconds",
    "Latency of each answer to the pattern, from 0 at the bottom to 33 ms, over the first minute",
)
_SPIKES = (
    "Spikes that become sparse and irregular",
    "Spikes of some of the 8000 excitatory neurons, one per row, over the first 8 s",
)
_RHYTHM = (
    "Spikes in a slow rhythm",
    "Spikes of the 800 excitatory neurons over the first second, before the rhythm changes",
)
_DIGITS = (
    "Receptive fields that resemble digits",
    "Receptive fields of ten discrete neurons, one for each digit, after training",
)
_EDGES = (
    "Receptive fields that resemble the edges of digits",
    "Receptive fields of ten neurons, one for each digit: events of both polarities together, after training",
)
_PATCHES = (
    "Receptive fields that resemble strokes",
    "Receptive fields of ten neurons, each at its place in the picture",
)
_THROUGH = (
    "Receptive fields of a second layer",
    "Receptive fields of the first layer, summed with the weights of ten neurons of the second",
)
_ROWS = (
    "Receptive fields of rows of a table",
    "Weights of ten neurons: eight fields, from small to large values, of each of the four features of Iris",
)
_TAUGHT = (
    "Weights that were trained with labels",
    "Ten neurons of the hidden layer, each with the largest weight to the output neuron of a digit: positive weights "
    "from the pixels, smoothed, after training with labels",
)
_TIMED = (
    "Weights that were trained with labels",
    "Ten neurons of the hidden layer, each with the largest weights to the output neuron of a digit: sums of the "
    "weights of all delays, where they are positive, after training with labels",
)
_VOICES = (
    "Receptive fields of voices",
    "Weights of ten neurons: twelve channels of speech from left to right, eight fields of each, large values above",
)
_ARRIVALS = (
    "Spikes that arrive together",
    "When the spikes of 40 inputs arrive, in the order in which they are sent, from the top: four classes, each at a "
    "different neuron, after training",
)
FAMILIES = {
    "best": _FIELDS,
    "fast": _FIELDS,
    "diehl-cook": _FIELDS,
    "song-abbott": _WEIGHTS,
    "masquelier": _LATENCIES,
    "vogels": _SPIKES,
    "polychrony": _RHYTHM,
    "digits-discrete": _DIGITS,
    "digits-events": _EDGES,
    "local": _PATCHES,
    "stack": _THROUGH,
    "iris": _ROWS,
    "japanese-vowels": _VOICES,
    "surrogate": _TAUGHT,
    "spikeprop": _TIMED,
    "order": _ARRIVALS,
}
"""Prefixes of experiment names, with name and description of a picture: `fields-<family>.png` shows receptive fields
of the smallest one of the family, its weights over time, its latencies, or its spikes."""
