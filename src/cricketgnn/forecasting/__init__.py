"""A trained model put to work: the next delivery of a match in progress, and who can bowl and bat it."""
