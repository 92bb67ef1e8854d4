"""PyTorch's questions about Apple's GPUs, which are not used here."""


def is_available() -> bool:
    """Return False: everything is computed on the CPU."""
    return False


def is_built() -> bool:
    """Return False: there is no code for Apple's GPUs."""
    return False


__all__ = ["is_available", "is_built"]
