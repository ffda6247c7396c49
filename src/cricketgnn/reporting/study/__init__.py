"""A study in numbers: computed once from its storage, tested by themselves, drawn elsewhere."""
