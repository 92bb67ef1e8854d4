"""Operations as methods of tensors: ``x.relu()`` is ``relu(x)``. One family a file; each is one line into `ops`."""

from __future__ import annotations

from tinygrad_cnn.methods.comparison import Comparison
from tinygrad_cnn.methods.conversion import Conversion
from tinygrad_cnn.methods.elementwise import Elementwise
from tinygrad_cnn.methods.inplace import InPlace
from tinygrad_cnn.methods.layout import Layout
from tinygrad_cnn.methods.matrix import Matrix
from tinygrad_cnn.methods.new import New
from tinygrad_cnn.methods.order import Order
from tinygrad_cnn.methods.reduce import Reduce
from tinygrad_cnn.methods.sampling import Sampling
from tinygrad_cnn.methods.selection import Selection
from tinygrad_cnn.methods.shape import Shape

__all__ = ["Methods"]


class Methods(
    Elementwise, Comparison, Selection, Reduce, Order, Shape, Layout, Matrix, InPlace, Conversion, New, Sampling
):
    """The methods of tensors that are named after operations, with the arguments and results of the functions."""

    __slots__ = ()
