"""`cuda.is_available()`, so that scripts which ask before choosing a device choose the CPU."""


def is_available() -> bool:
    """Return False: everything here computes on the CPU."""
    return False
