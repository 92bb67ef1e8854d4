"""`CnnBasicModel`: a network from a list of layer configurations."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Self

from tinygrad_cnn import nn
from tinygrad_cnn._types import Shape
from tinygrad_cnn.models.config_file import read_config
from tinygrad_cnn.models.layer_config import LayerConfig, parse_layers
from tinygrad_cnn.models.weights import draw_weights
from tinygrad_cnn.tensor import Tensor

_ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}


class CnnBasicModel(nn.Module):
    """Hidden layers as `hconfigs` lists them, then a fully connected output layer, which the model adds.

    Each entry of `hconfigs` is one of

        30, ["full", {"width": 30}]            fully connected; maps are flattened before the first
        ["conv", {"ksize": 5, "chn": 6}]       `chn` filters of `ksize`, stride 1, padded to keep the size (SAME)
        ["max", {"stride": 4}], ["avg", ...]   pooling over windows of `stride`, which divides the maps exactly

    `ksize` and `stride` are a number or a pair [height, width]. The option `actfunc` of any layer is "none", "relu",
    "sigmoid" or "tanh": "relu" by default, and "none" for pooling. Layer i is called ``hidden.conv0``, its activation
    ``hidden.conv0_relu`` and so on. Weights start at N(0, 0.03²), biases at 0.

    Args:
        hconfigs: the hidden layers, a list as above.
        input_size: (C, H, W) of the images.
        num_classes: number of classes.

    Shape:
        images (N, C, H, W) → scores (N, num_classes).

    Raises:
        TypeError, ValueError: an entry is none of these, or a layer does not fit the one before it; the message names
            the layer's index, the option, what is allowed and what came.

    Example:
        >>> layers = [["conv", {"ksize": 5, "chn": 6}], ["max", {"stride": 4}], 30]
        >>> CnnBasicModel(layers, (3, 96, 96), 5).hidden.conv0
        Conv2d(3, 6, kernel_size=(5, 5), stride=(1, 1), padding=same)
    """

    def __init__(
        self, hconfigs: Sequence[object], input_size: Sequence[int] = (3, 96, 96), num_classes: int = 5
    ) -> None:
        super().__init__()
        if len(input_size) != 3:
            raise ValueError(f"CnnBasicModel: expected input_size as (C, H, W), got {tuple(input_size)}")
        shape: Shape = tuple(input_size)
        self.hidden = nn.Sequential()
        for i, layer in enumerate(parse_layers(hconfigs)):
            shape = self._append(i, layer, shape)
        if len(shape) > 1:
            shape = self._flatten(shape)
        self.output = nn.Linear(shape[0], num_classes)
        draw_weights(self.modules(), std=0.03)

    def _append(self, i: int, layer: LayerConfig, shape: Shape) -> Shape:
        """Add layer `i` and its activation; return the shape of its output, given that of its input."""
        name = f"{layer.kind}{i}"
        if layer.kind == "full":
            if len(shape) > 1:
                shape = self._flatten(shape)
            self.hidden.add_module(name, nn.Linear(shape[0], layer.width))
            shape = (layer.width,)
        elif len(shape) == 1:
            raise ValueError(
                f"hconfigs[{i}]: expected {layer.kind!r} before every full layer, for it needs maps (C, H, W), got a "
                f"vector of {shape[0]}"
            )
        elif layer.kind == "conv":
            self.hidden.add_module(name, nn.Conv2d(shape[0], layer.chn, layer.ksize, padding="same"))
            shape = (layer.chn, *shape[1:])
        else:
            height, width = layer.stride
            if shape[1] % height or shape[2] % width:
                raise ValueError(
                    f"hconfigs[{i}]: expected stride that divides the maps of {shape[1]}×{shape[2]} exactly, got "
                    f"{height}×{width}"
                )
            self.hidden.add_module(name, (nn.MaxPool2d if layer.kind == "max" else nn.AvgPool2d)(layer.stride))
            shape = (shape[0], shape[1] // height, shape[2] // width)
        if layer.actfunc != "none":
            self.hidden.add_module(f"{name}_{layer.actfunc}", _ACTIVATIONS[layer.actfunc]())
        return shape

    def _flatten(self, shape: Shape) -> Shape:
        channels, height, width = shape
        self.hidden.add_module("flatten", nn.Flatten())
        return (channels * height * width,)

    @classmethod
    def from_file(
        cls, path: str | os.PathLike[str], input_size: Sequence[int] | None = None, num_classes: int | None = None
    ) -> Self:
        """Return the model that a file describes.

        The file is a table with the key ``hconfigs`` and, where they differ from the defaults, ``input_size`` and
        ``num_classes``; in JSON and YAML it may also be the list of layers itself.

        Args:
            path: ends with .json, .toml, .yaml or .yml.
            input_size: in place of the file's.
            num_classes: in place of the file's.

        Raises:
            TypeError, ValueError: the file has another format than its ending says, or describes no model; the message
                names it.
            OSError: it cannot be read.
            ModuleNotFoundError: a YAML file and PyYAML is not installed; the message names the extra.
        """
        settings = read_config(path)
        if input_size is not None:
            settings["input_size"] = input_size
        if num_classes is not None:
            settings["num_classes"] = num_classes
        try:
            return cls(**settings)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{os.fspath(path)}: {error}") from error

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes."""
        return self.output(self.hidden(x))
