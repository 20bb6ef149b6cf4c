"""The neuron inspector and slow motion."""
