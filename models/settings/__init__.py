"""Settings as text, JSON and environment variables, read safely. Imports no other layer."""
