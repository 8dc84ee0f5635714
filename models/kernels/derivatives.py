"""Derivatives of the saturating activations from their values, each one fused ATen call."""

from __future__ import annotations

import torch

tanh_backward = torch.ops.aten.tanh_backward.grad_input
"""(gradient, y = tanh(a)) -> gradient · (1 - y²), into ``grad_input``."""

sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
"""(gradient, y = σ(a)) -> gradient · y (1 - y), into ``grad_input``."""
