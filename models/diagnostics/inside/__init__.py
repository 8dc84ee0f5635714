"""Diagnostics of one trained model: its gates on a sequence, linear probes and gate surgery."""
