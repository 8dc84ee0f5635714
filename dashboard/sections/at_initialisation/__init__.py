"""Gradient flow before the first training step: what is asked, and how the answer is shown."""
