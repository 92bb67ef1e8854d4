"""Apple's GPUs, which are not used here."""


def is_available() -> bool:
    """Return False: everything here computes on the CPU."""
    return False


def is_built() -> bool:
    """Return False."""
    return False


__all__ = ["is_available", "is_built"]
