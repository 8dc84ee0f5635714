"""A single trained model: its gates on a sequence, what a probe reads, what surgery does to it."""
