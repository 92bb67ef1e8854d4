"""PyTorch's import path for running a module on several devices; here there is one, the CPU."""

from tinygrad_cnn.nn.modules.data_parallel import DataParallel, data_parallel

__all__ = ["DataParallel", "data_parallel"]
