"""Kinds, one per file: neurons, rules, encoders, connections, weights, delays, noises, streams."""
