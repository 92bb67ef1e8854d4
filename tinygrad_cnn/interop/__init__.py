"""Weights that travel: files that PyTorch reads and writes as well."""

from tinygrad_cnn.interop.safetensors import load_file, load_metadata, load_model, save_file, save_model

__all__ = ["load_file", "load_metadata", "load_model", "save_file", "save_model"]
