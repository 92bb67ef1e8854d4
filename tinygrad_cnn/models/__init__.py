"""The networks of course reports, ready to train."""

from tinygrad_cnn.models.convnet2 import ConvNet2
from tinygrad_cnn.models.simple_convnet import SimpleConvNet

__all__ = ["ConvNet2", "SimpleConvNet"]
