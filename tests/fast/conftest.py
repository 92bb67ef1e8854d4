"""Without the fast room, as in `make test-plain`, there is nothing to test here."""

import importlib.util

if importlib.util.find_spec("tinygrad_cnn.fast") is None:
    collect_ignore_glob = ["*"]
