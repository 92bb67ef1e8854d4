"""Layers and losses as functions with PyTorch's signatures and defaults: they check arguments and call `ops`.

Each file lists its public names in `__all__`.
"""

from typing import TYPE_CHECKING

from tinygrad_cnn.nn.functional import activation, conv, loss, norm, pool, windows
from tinygrad_cnn.nn.functional import dropout as _dropout
from tinygrad_cnn.nn.functional import embedding as _embedding
from tinygrad_cnn.nn.functional import interpolate as _interpolate
from tinygrad_cnn.nn.functional import linear as _linear
from tinygrad_cnn.nn.functional import pad as _pad
from tinygrad_cnn.nn.functional import softmax as _softmax
from tinygrad_cnn.nn.functional.activation import *
from tinygrad_cnn.nn.functional.conv import *
from tinygrad_cnn.nn.functional.dropout import *
from tinygrad_cnn.nn.functional.embedding import *
from tinygrad_cnn.nn.functional.interpolate import *
from tinygrad_cnn.nn.functional.linear import *
from tinygrad_cnn.nn.functional.loss import *
from tinygrad_cnn.nn.functional.norm import *
from tinygrad_cnn.nn.functional.pad import *
from tinygrad_cnn.nn.functional.pool import *
from tinygrad_cnn.nn.functional.softmax import *
from tinygrad_cnn.nn.functional.windows import *

if not TYPE_CHECKING:  # type checkers take the names from the imports
    __all__ = []
    __all__ += activation.__all__
    __all__ += conv.__all__
    __all__ += _dropout.__all__
    __all__ += _embedding.__all__
    __all__ += _interpolate.__all__
    __all__ += _linear.__all__
    __all__ += loss.__all__
    __all__ += norm.__all__
    __all__ += _pad.__all__
    __all__ += pool.__all__
    __all__ += _softmax.__all__
    __all__ += windows.__all__
