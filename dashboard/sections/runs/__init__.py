"""The table of runs: found, labelled, selected, and what is done to those selected."""
