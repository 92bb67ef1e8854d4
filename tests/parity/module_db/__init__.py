"""Parity with PyTorch over PyTorch's own module samples."""
