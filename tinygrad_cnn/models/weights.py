"""`weights` and `pretrained`: what the functions named like torchvision's take besides their networks' arguments."""

from __future__ import annotations


def refuse_weights(name: str, weights: object, pretrained: object) -> None:
    """Raise a ValueError if trained weights are asked for: none come with the package."""
    asked = f"weights={weights!r}" if weights is not None else f"pretrained={pretrained!r}" if pretrained else ""
    if asked:
        raise ValueError(
            f"{name}: expected weights=None, got {asked}: no trained weights come with the package. Save those of "
            f"torchvision's {name} with safetensors.torch.save_file, and load them with interop.load_model"
        )
