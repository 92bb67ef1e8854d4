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
from tinygrad_cnn.declined import reason


def __getattr__(name: str) -> NoReturn:
    """Raise an error that says what to use instead of a missing transform."""
    why = reason("data.transforms", name)
    if why is not None:
        raise AttributeError(f"transforms.{name}: not part of this package; {why}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{nearest(name, __all__)}")


__all__ = [
    "CenterCrop", "ColorJitter", "Compose", "Grayscale", "InterpolationMode", "Lambda", "Normalize", "Pad",
    "RandomApply", "RandomCrop", "RandomErasing", "RandomGrayscale", "RandomHorizontalFlip", "RandomResizedCrop",
    "RandomRotation", "RandomVerticalFlip", "Resize", "ToPILImage", "ToTensor", "Transform", "functional",
]  # fmt: skip
