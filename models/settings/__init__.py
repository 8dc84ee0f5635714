"""Settings as text, JSON and environment variables, read safely. Imports no other layer."""

__version__ = "0.1.0"
