"""Training as a function on built objects: split, loop, early stopping, checkpoints, resuming."""
