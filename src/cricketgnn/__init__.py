"""Ball-by-ball T20 cricket forecasts from one causal graph per innings."""

__version__ = "0.1.0"
