"""The figures of the Inside the cell page: gates, one unit, probe, specialisation, surgery."""
