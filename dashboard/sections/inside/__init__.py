"""A trained cell at work: which model, what it answers, its gates, and gate surgery."""
