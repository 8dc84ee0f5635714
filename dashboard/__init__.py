"""Memory Lab's pages. They read results and never train; this process does not import torch."""
