"""The figures of the Gradient flow page: profiles, heat maps, horizons, diagnostics."""
