"""Families of kinds, one kind per file: neurons, rules, encoders, connections, weights, delays, noises, streams."""
