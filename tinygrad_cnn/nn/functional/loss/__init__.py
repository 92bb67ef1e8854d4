"""Losses: over classes, over two classes, between distributions, and between numbers."""

from typing import TYPE_CHECKING

from tinygrad_cnn.nn.functional.loss.binary import *
from tinygrad_cnn.nn.functional.loss.classification import *
from tinygrad_cnn.nn.functional.loss.divergence import *
from tinygrad_cnn.nn.functional.loss.regression import *

if not TYPE_CHECKING:  # type checkers take the names from the imports, which also bind the submodules' own names
    __all__ = [*binary.__all__, *classification.__all__, *divergence.__all__, *regression.__all__]
