"""Several runs side by side: their pictures overlaid, spans, settings that differ, and a pivot."""
