"""tinygrad_cnn: a define-by-run autodiff micro-framework on NumPy, with PyTorch's vocabulary."""
from tinygrad_cnn.tensor import Tensor
from tinygrad_cnn.creation import *
from tinygrad_cnn.ops import *
from tinygrad_cnn.autograd import no_grad, enable_grad
