"""Networks: modules, the functions beneath them, parameters and their initial values."""

from typing import TYPE_CHECKING

from tinygrad_cnn.nn import functional, init, modules, parallel, parameter, uninitialized, utils
from tinygrad_cnn.nn.modules import *
from tinygrad_cnn.nn.parameter import *
from tinygrad_cnn.nn.uninitialized import *

if not TYPE_CHECKING:  # type checkers take the names from the imports
    __all__ = ["functional", "init", "parallel", "utils"]
    __all__ += modules.__all__
    __all__ += parameter.__all__
    __all__ += uninitialized.__all__
