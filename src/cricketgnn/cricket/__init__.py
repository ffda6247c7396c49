"""The game itself: outcome classes, delivery kinds, dismissals, phases. No file format, no tensor."""
