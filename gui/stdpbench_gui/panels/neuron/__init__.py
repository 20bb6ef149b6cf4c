"""The neuron inspector and slow motion: what one neuron does."""
