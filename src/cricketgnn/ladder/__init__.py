"""The ladder: what a sceptic would try first, fitted and scored on the same deliveries as the networks."""
