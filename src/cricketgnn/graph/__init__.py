"""One causal heterogeneous graph an innings: node and edge types, storage, batches, causality check."""
