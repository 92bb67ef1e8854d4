"""Transforms of images, with torchvision's names and arguments; see `Transform` for what differs."""

from typing import NoReturn

from tinygrad_cnn._checks import nearest
from tinygrad_cnn.data.transforms import functional
from tinygrad_cnn.data.transforms.base import Transform
from tinygrad_cnn.data.transforms.color import ColorJitter, Grayscale, RandomGrayscale
from tinygrad_cnn.data.transforms.compose import Compose, Lambda, RandomApply
from tinygrad_cnn.data.transforms.convert import Normalize, ToPILImage, ToTensor
from tinygrad_cnn.data.transforms.crop import CenterCrop, RandomCrop, RandomResizedCrop
from tinygrad_cnn.data.transforms.erasing import RandomErasing
from tinygrad_cnn.data.transforms.geometry import Pad, RandomHorizontalFlip, RandomRotation, RandomVerticalFlip
from tinygrad_cnn.data.transforms.resize import InterpolationMode, Resize

_DECLINED = {
    **dict.fromkeys(
        ("AugMix", "AutoAugment", "AutoAugmentPolicy", "RandAugment", "TrivialAugmentWide"),
        "ColorJitter, RandomRotation and RandomApply",
    ),
    **dict.fromkeys(
        ("RandomAutocontrast", "RandomEqualize", "RandomInvert", "RandomPosterize", "RandomSolarize"),
        "RandomApply with a Lambda",
    ),
    "ConvertImageDtype": "ToTensor, which also converts",
    "FiveCrop": "functional.crop and functional.center_crop",
    "GaussianBlur": "nn.Conv2d with fixed weights",
    "LinearTransformation": "Lambda",
    "PILToTensor": "ToTensor, which also divides by 255",
    "RandomAffine": "RandomRotation and RandomCrop with padding",
    "RandomChoice": "RandomApply",
    "RandomOrder": "Compose",
    "RandomPerspective": "RandomRotation and RandomResizedCrop",
    "RandomSizedCrop": "RandomResizedCrop, its name since 2017",
    "Scale": "Resize, its name since 2017",
    "TenCrop": "functional.crop, functional.center_crop and functional.hflip",
    "v2": "the transforms of that name here",
}
"""Names of torchvision's that this package lacks, and what to use instead."""


def __getattr__(name: str) -> NoReturn:
    """Raise an error that names what to use instead of a missing transform."""
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
