"""Settings as text, JSON and environment variables, read safely. Imports nothing of ours."""
