"""Layers and losses as modules. Each file lists its public names in `__all__`."""

from types import ModuleType
from typing import TYPE_CHECKING

from tinygrad_cnn.nn.modules.activation import *
from tinygrad_cnn.nn.modules.batch_norm import *
from tinygrad_cnn.nn.modules.container import *
from tinygrad_cnn.nn.modules.conv import *
from tinygrad_cnn.nn.modules.data_parallel import *
from tinygrad_cnn.nn.modules.dropout import *
from tinygrad_cnn.nn.modules.embedding import *
from tinygrad_cnn.nn.modules.flatten import *
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
    _files = [value for value in vars().values() if isinstance(value, ModuleType)]
    __all__ = [name for file in _files for name in getattr(file, "__all__", ())]
