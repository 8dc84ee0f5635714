"""Runs made ready for papers: tables, figures for print, reports in one file."""
