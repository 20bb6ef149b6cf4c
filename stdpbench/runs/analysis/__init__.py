"""Pure functions over facts and frames: curves, receptive fields, time courses."""
