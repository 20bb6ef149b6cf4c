"""Look of the app: palette, colour maps, motion."""
