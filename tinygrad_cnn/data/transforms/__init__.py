"""Transforms of images, with torchvision's names and arguments; see `Transform` for what differs."""

from typing import Any

from tinygrad_cnn._checks import nearest
from tinygrad_cnn.data.transforms import functional
from tinygrad_cnn.data.transforms.base import Transform
from tinygrad_cnn.data.transforms.center_crop import CenterCrop
from tinygrad_cnn.data.transforms.color_jitter import ColorJitter
from tinygrad_cnn.data.transforms.compose import Compose
from tinygrad_cnn.data.transforms.erasing import RandomErasing
from tinygrad_cnn.data.transforms.flip import RandomHorizontalFlip, RandomVerticalFlip
from tinygrad_cnn.data.transforms.grayscale import Grayscale, RandomGrayscale
from tinygrad_cnn.data.transforms.interpolation import InterpolationMode
from tinygrad_cnn.data.transforms.lambda_ import Lambda
from tinygrad_cnn.data.transforms.normalize import Normalize
from tinygrad_cnn.data.transforms.pad import Pad
from tinygrad_cnn.data.transforms.random_apply import RandomApply
from tinygrad_cnn.data.transforms.random_crop import RandomCrop
from tinygrad_cnn.data.transforms.resize import Resize
from tinygrad_cnn.data.transforms.resized_crop import RandomResizedCrop
from tinygrad_cnn.data.transforms.rotation import RandomRotation
from tinygrad_cnn.data.transforms.to_pil import ToPILImage
from tinygrad_cnn.data.transforms.to_tensor import ToTensor

_DECLINED = {
    "AugMix": "ColorJitter, RandomRotation and RandomApply",
    "AutoAugment": "ColorJitter, RandomRotation and RandomApply",
    "FiveCrop": "functional.crop and functional.center_crop",
    "GaussianBlur": "nn.Conv2d with fixed weights",
    "LinearTransformation": "Lambda",
    "PILToTensor": "ToTensor, which also divides by 255",
    "RandAugment": "ColorJitter, RandomRotation and RandomApply",
    "RandomAffine": "RandomRotation and RandomCrop with padding",
    "RandomChoice": "RandomApply",
    "RandomOrder": "Compose",
    "RandomPerspective": "RandomRotation and RandomResizedCrop",
    "RandomSizedCrop": "RandomResizedCrop, its name since 2017",
    "Scale": "Resize, its name since 2017",
    "TenCrop": "functional.crop, functional.center_crop and functional.hflip",
    "TrivialAugmentWide": "ColorJitter, RandomRotation and RandomApply",
    "AutoAugmentPolicy": "ColorJitter, RandomRotation and RandomApply",
    "ConvertImageDtype": "ToTensor, which also converts",
    "v2": "the transforms of that name here",
    **dict.fromkeys(
        ("RandomInvert", "RandomPosterize", "RandomSolarize", "RandomAutocontrast", "RandomEqualize"),
        "RandomApply with a Lambda",
    ),
}
"""What torchvision has and this package has not, and what to use instead."""


def __getattr__(name: str) -> Any:
    """Say what to use instead of a transform that there is not."""
    if name in _DECLINED:
        raise AttributeError(f"transforms.{name}: not part of this package; use {_DECLINED[name]}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{nearest(name, __all__)}")


__all__ = [
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "Grayscale",
    "InterpolationMode",
    "Lambda",
    "Normalize",
    "Pad",
    "RandomApply",
    "RandomCrop",
    "RandomErasing",
    "RandomGrayscale",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomVerticalFlip",
    "Resize",
    "ToPILImage",
    "ToTensor",
    "Transform",
    "functional",
]
