"""Plots as pages draw them, in Plotly's JSON form, made ready for print by matplotlib."""
