"""Figures for print, drawn by matplotlib: it makes SVG, PDF and PNG without a browser."""
