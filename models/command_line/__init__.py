"""``python -m models …``: commands, their text, their exit status. May import everything below."""
