"""Weights: how those of a new model are drawn, and why trained ones are refused."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TypeVar

from tinygrad_cnn import nn

M = TypeVar("M", bound=nn.Module)


def draw_weights(layers: Iterable[nn.Module], std: float | None = None, mode: str = "fan_in") -> None:
    """Draw the weights of the convolutions and fully connected layers among `layers`, and set their biases to 0.

    Args:
        layers: layers of other kinds are left as they are.
        std: draw from N(0, std²); None draws He-normal weights, N(0, 2/fan).
        mode: the fan of He-normal weights, "fan_in" or "fan_out".
    """
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            if std is None:
                nn.init.kaiming_normal_(layer.weight, mode=mode)
            else:
                nn.init.normal_(layer.weight, std=std)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def without_trained_weights(build: Callable[..., M]) -> Callable[..., M]:
    """Add torchvision's arguments `pretrained`, `progress` and `weights` to a function that builds a model.

    Raises:
        ValueError: the caller asks for trained weights, none of which come with the package.
    """
    name = build.__name__

    @functools.wraps(build)
    def builder(
        pretrained: bool = False,
        progress: bool = True,  # noqa: ARG001  # of a download that never happens
        *,
        weights: object = None,
        **settings: object,
    ) -> M:
        asked = f"weights={weights!r}" if weights is not None else f"pretrained={pretrained!r}" if pretrained else ""
        if asked:
            raise ValueError(
                f"{name}: expected weights=None, got {asked}: no trained weights come with the package. Save those of "
                f"torchvision's {name} with safetensors.torch.save_file, and load them with interop.load_model"
            )
        return build(**settings)

    return builder
