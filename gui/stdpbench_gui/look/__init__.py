"""How the app looks: palette, colour maps, motion."""
