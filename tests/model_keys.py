"""What the tests of the models say about keys and shapes of their state."""

NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


def shapes(model):
    """Return the shapes of the state of a model by key."""
    return {name: value.shape for name, value in model.state_dict().items()}


def count(model):
    """Return the number of elements of the parameters."""
    return sum(parameter.numel() for parameter in model.parameters())


def layer(name, *weight, bias=True):
    """Return the keys of a convolution or fully connected layer."""
    return {f"{name}.weight": weight, **({f"{name}.bias": weight[:1]} if bias else {})}


def norm(name, n):
    """Return the keys of a batch normalisation."""
    keys = {f"{name}.{key}": (n,) for key in ("weight", "bias", "running_mean", "running_var")}
    return {**keys, f"{name}.num_batches_tracked": ()}


def equal_with_order(found, expected):
    """Assert that two dicts are equal, their order included."""
    assert found == expected
    assert list(found) == list(expected)


def norm_keys(name):
    """Return the names of the keys of a batch normalisation."""
    return [f"{name}.{key}" for key in NORM]
