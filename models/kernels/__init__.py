"""The cells' recurrences over all time steps: compiled, and a reference. Imports cells and below."""
