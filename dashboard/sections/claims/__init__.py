"""The parts of the Claims page: all claims, one of them with its experiment, published results."""
