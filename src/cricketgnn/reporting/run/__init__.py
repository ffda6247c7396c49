"""A training and its test in numbers, figures and sections."""
