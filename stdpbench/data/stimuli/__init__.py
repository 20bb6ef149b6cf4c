"""Stimuli: one picture, signal or recording of events, and sets of them."""

from stdpbench.data.stimuli.base import StimulusSet
from stdpbench.data.stimuli.events import EventSet
from stdpbench.data.stimuli.images import Images, pictures_of
from stdpbench.data.stimuli.signals import Signals
from stdpbench.data.stimuli.stimulus import Events, Image, Signal, Stimulus
from stdpbench.data.stimuli.storage import KINDS, stimuli_of

__all__ = [
    "KINDS",
    "EventSet",
    "Events",
    "Image",
    "Images",
    "Signal",
    "Signals",
    "Stimulus",
    "StimulusSet",
    "pictures_of",
    "stimuli_of",
]
