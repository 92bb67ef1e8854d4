"""The names of ``torch.utils.data``, for scripts that import them from there; defined in `tinygrad_cnn.data`."""

import sys

from tinygrad_cnn.data import sampler
from tinygrad_cnn.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from tinygrad_cnn.utils.data import dataloader, dataset
from tinygrad_cnn.utils.data.dataloader import *
from tinygrad_cnn.utils.data.dataset import *

sys.modules[f"{__name__}.sampler"] = sampler  # for ``from tinygrad_cnn.utils.data.sampler import …``

__all__ = ["BatchSampler", "RandomSampler", "Sampler", "SequentialSampler", "SubsetRandomSampler"]
__all__ += ["WeightedRandomSampler", "sampler"]
__all__ += dataloader.__all__
__all__ += dataset.__all__
