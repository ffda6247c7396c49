"""A league simulator with hidden skills: it writes Cricsheet JSON and knows the true probabilities.

The product's embedded default data and the ground truth of its tests. Read in this order: ``config`` (what
may be asked for), ``skills`` and ``people`` (who plays), ``competitions``, ``squads`` and ``schedule`` (who
meets whom, when), ``chances`` (what a delivery can end in), ``innings`` and ``matchplay`` (playing many
matches in lockstep), ``wire`` (Cricsheet documents), ``league`` and ``sample`` (the public functions).
"""
