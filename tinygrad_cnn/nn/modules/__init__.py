"""Layers and losses as modules. Each file lists its public names in `__all__`."""

from typing import TYPE_CHECKING

from tinygrad_cnn.nn.modules.activation import *
from tinygrad_cnn.nn.modules.batch_norm import *
from tinygrad_cnn.nn.modules.container import *
from tinygrad_cnn.nn.modules.conv import *
from tinygrad_cnn.nn.modules.data_parallel import *
from tinygrad_cnn.nn.modules.dropout import *
from tinygrad_cnn.nn.modules.embedding import *
from tinygrad_cnn.nn.modules.flatten import *
from tinygrad_cnn.nn.modules.instance_norm import *
from tinygrad_cnn.nn.modules.interpolate import *
from tinygrad_cnn.nn.modules.lazy import *
from tinygrad_cnn.nn.modules.linear import *
from tinygrad_cnn.nn.modules.loss import *
from tinygrad_cnn.nn.modules.module import *
from tinygrad_cnn.nn.modules.norm import *
from tinygrad_cnn.nn.modules.pad import *
from tinygrad_cnn.nn.modules.pool import *
from tinygrad_cnn.nn.modules.softmax import *

if not TYPE_CHECKING:  # type checkers take the names from the imports, which also bind the submodules' own names
    __all__ = []
    __all__ += activation.__all__
    __all__ += batch_norm.__all__
    __all__ += container.__all__
    __all__ += conv.__all__
    __all__ += data_parallel.__all__
    __all__ += dropout.__all__
    __all__ += embedding.__all__
    __all__ += flatten.__all__
    __all__ += instance_norm.__all__
    __all__ += interpolate.__all__
    __all__ += lazy.__all__
    __all__ += linear.__all__
    __all__ += loss.__all__
    __all__ += module.__all__
    __all__ += norm.__all__
    __all__ += pad.__all__
    __all__ += pool.__all__
    __all__ += softmax.__all__
