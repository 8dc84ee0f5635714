"""The parts of the Claims page: the table of all claims, and one of them with its experiment."""
