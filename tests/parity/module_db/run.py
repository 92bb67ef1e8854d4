"""Compares modules with PyTorch's, sample by sample.

    .venv/bin/python tests/parity/module_db/run.py Conv2d BatchNorm1d   what differs, compactly
    .venv/bin/python tests/parity/module_db/run.py losses               a family of names.py
    .venv/bin/python tests/parity/module_db/run.py                      everything

Options: ``-v`` also lists what is declined, ``-k KIND`` runs one kind only (signature, repr, state, train, eval,
gradients, float32, errors), ``-n N`` shows N failures of each module and kind (default 5), ``--trace`` prints a
traceback.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import traceback
from collections.abc import Callable, Iterator

import torch
from op_db import decline as op_decline
from op_db.compare import DifferenceError
from op_db.convert import UnsupportedError
from op_db.names import MissingError
from op_db.run import Outcome, main
from op_db.samples import quiet

from module_db import decline
from module_db.compare import check_error, check_forward, check_gradients, check_repr, check_signature, check_state
from module_db.names import select
from module_db.samples import KINDS, ModuleSample, refused, samples


def run(name: str, kind: str) -> Iterator[Outcome]:
    """Yield an outcome for each comparison of a kind."""
    for sample, check in jobs(name, kind):
        reason = None if sample is None else op_decline.reason(name, kind, sample, decline.RULES)
        if reason is not None:
            yield Outcome(name, kind, "declined", "", str(sample), reason)
            continue
        with quiet():
            status, note, trace = judge(check)
        if status:
            yield Outcome(name, kind, status, name, "" if sample is None else str(sample), note, trace)


def jobs(name: str, kind: str) -> Iterator[tuple[ModuleSample | None, Callable[[], object]]]:
    """Yield the samples of one kind, each with the comparison to make."""
    if kind == "signature":
        yield None, lambda: check_signature(name)
    elif kind == "errors":
        for sample, error, construction in refused(name):
            yield sample, lambda s=sample, e=error, c=construction: check_error(name, s, e, construction=c)
    elif kind == "gradients":
        for training in (True, False):
            for sample in samples(name, torch.float64, requires_grad=True, training=training):
                yield sample, lambda s=sample, t=training: check_gradients(name, s, training=t)
    elif kind == "float32":
        for sample in samples(name, torch.float32, requires_grad=False, training=True):
            yield sample, lambda s=sample: check_forward(name, s, torch.float32, 1e-5, training=True)
    else:
        training = kind != "eval"
        for sample in samples(name, torch.float64, requires_grad=False, training=training):
            if kind == "repr":
                yield sample, lambda s=sample: check_repr(name, s)
            elif kind == "state":
                yield sample, lambda s=sample: check_state(name, s)
            else:
                yield sample, lambda s=sample: check_forward(name, s, torch.float64, 1e-9, training=training)


def judge(check: Callable[[], object]) -> tuple[str, str, str]:
    """Return the status of one comparison, a note and a traceback; no status if there is nothing to compare."""
    try:
        compared = check()
    except MissingError as error:
        return "missing", str(error), ""
    except UnsupportedError as error:
        return "declined", str(error), ""
    except DifferenceError as error:
        return "failed", str(error), ""
    except Exception as error:
        return "failed", f"{type(error).__name__}: {error}", traceback.format_exc()
    return ("", "", "") if compared is False else ("passed", "", "")


if __name__ == "__main__":
    sys.exit(main(__doc__, select, run, KINDS))
