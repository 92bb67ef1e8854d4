"""Files of weights that PyTorch reads and writes too."""

from tinygrad_cnn.interop.safetensors import load_file, load_metadata, load_model, save_file, save_model
from tinygrad_cnn.interop.serialization import load, save

__all__ = ["load", "load_file", "load_metadata", "load_model", "save", "save_file", "save_model"]
