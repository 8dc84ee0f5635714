"""The cells' recurrences over all time steps: compiled, and as a reference. Imports cells."""
