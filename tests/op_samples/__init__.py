"""The table of operation samples: one row per operation and configuration, with a reference for its forward pass.

Every test of operations that holds for all of them runs over `SAMPLES`; a new operation needs rows in the file of its
family and nothing else to be compared with its reference, differentiated numerically at two orders, and so on.
"""

import importlib
import pkgutil

from op_samples.table import SAMPLES, Sample

for _file in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_file.name}")  # adds its rows

__all__ = ["SAMPLES", "Sample"]
