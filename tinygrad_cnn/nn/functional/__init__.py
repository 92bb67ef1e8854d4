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
    _files = (activation, conv, _dropout, _embedding, _interpolate, _linear, loss, norm, _pad, pool, _softmax, windows)
    __all__ = [name for file in _files for name in file.__all__]
