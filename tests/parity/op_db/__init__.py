"""Parity with PyTorch over PyTorch's own operator samples."""
