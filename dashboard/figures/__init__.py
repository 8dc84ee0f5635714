"""Pure functions from tidy data frames to Plotly figures.

Each file has two halves: frame -> what is drawn (small frames and tuples) -> figure.
"""
