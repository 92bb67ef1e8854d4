"""The flags of cuDNN, which scripts set. They have no effect: results are the same in every run anyway."""

enabled = True
benchmark = False
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """Return False: there is no GPU."""
    return False


def version() -> None:
    """Return None: there is no cuDNN."""


__all__ = ["allow_tf32", "benchmark", "deterministic", "enabled", "is_available", "version"]
