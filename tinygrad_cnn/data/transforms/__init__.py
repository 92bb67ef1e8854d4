"""Transforms of images, with torchvision's names and arguments; see `Transform` for what differs."""

from tinygrad_cnn.data.transforms.base import Transform
from tinygrad_cnn.data.transforms.center_crop import CenterCrop
from tinygrad_cnn.data.transforms.color_jitter import ColorJitter
from tinygrad_cnn.data.transforms.compose import Compose
from tinygrad_cnn.data.transforms.erasing import RandomErasing
from tinygrad_cnn.data.transforms.flip import RandomHorizontalFlip, RandomVerticalFlip
from tinygrad_cnn.data.transforms.interpolation import InterpolationMode
from tinygrad_cnn.data.transforms.lambda_ import Lambda
from tinygrad_cnn.data.transforms.normalize import Normalize
from tinygrad_cnn.data.transforms.pad import Pad
from tinygrad_cnn.data.transforms.random_crop import RandomCrop
from tinygrad_cnn.data.transforms.resize import Resize
from tinygrad_cnn.data.transforms.rotation import RandomRotation
from tinygrad_cnn.data.transforms.to_tensor import ToTensor

__all__ = [
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "InterpolationMode",
    "Lambda",
    "Normalize",
    "Pad",
    "RandomCrop",
    "RandomErasing",
    "RandomHorizontalFlip",
    "RandomRotation",
    "RandomVerticalFlip",
    "Resize",
    "ToTensor",
    "Transform",
]
