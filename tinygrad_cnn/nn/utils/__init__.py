"""PyTorch's import path for what is done to all parameters at once: clip their gradients, join them to a vector."""

from tinygrad_cnn.nn.utils.clip_grad import clip_grad_norm_, clip_grad_value_
from tinygrad_cnn.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters

__all__ = ["clip_grad_norm_", "clip_grad_value_", "parameters_to_vector", "vector_to_parameters"]
