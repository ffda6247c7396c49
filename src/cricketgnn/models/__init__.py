"""The networks: ``logits = heads(readout(message_passing(encoder(graph))))``. Open network.py first."""
