"""Gradient checks: backpropagation compared with finite differences."""

from tinygrad_cnn.gradcheck.check import GradcheckError, gradcheck, gradgradcheck
from tinygrad_cnn.gradcheck.numeric import numerical_gradient
from tinygrad_cnn.gradcheck.parameters import ParameterCheck, check_parameters
from tinygrad_cnn.gradcheck.table import format_table

__all__ = [
    "GradcheckError", "ParameterCheck", "check_parameters", "format_table", "gradcheck", "gradgradcheck",
    "numerical_gradient",
]  # fmt: skip
