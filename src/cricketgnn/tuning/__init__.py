"""Hyper-parameter search: phases, search spaces, and the coordinator that asks and tells."""
