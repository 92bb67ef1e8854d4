"""Compares operations with PyTorch's, sample by sample.

    .venv/bin/python tests/parity/op_db/run.py conv2d norm        what differs, compactly
    .venv/bin/python tests/parity/op_db/run.py reductions         a family of names.py
    .venv/bin/python tests/parity/op_db/run.py                    everything

Options: ``-v`` also lists what is declined, ``-k KIND`` runs one kind only (forward, gradients, second, inplace,
errors, dtypes), ``-n N`` shows N failures of each operation and kind (default 5), ``--trace`` prints a traceback.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import argparse
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch

from op_db import decline
from op_db.compare import DifferenceError, check_error, check_forward, check_gradients, check_inplace
from op_db.convert import UnsupportedError
from op_db.names import TABLE, MissingError, changing_forms, forms, select
from op_db.samples import KINDS, OPS, Sample, jobs, quiet


class Outcome(NamedTuple):
    """What came of one sample: ``passed``, ``declined``, ``failed`` or ``missing``."""

    name: str
    kind: str
    status: str
    form: str
    sample: str
    note: str
    trace: str = ""


def reachable(form: str, sample: Sample) -> bool:
    """Tell whether a program could make the call: a method needs a tensor, an operator takes no keywords."""
    if form.startswith("operator."):
        return not sample.kwargs and any(isinstance(arg, torch.Tensor) for arg in sample.args)
    return not form.startswith("Tensor.") or isinstance(sample.args[0], torch.Tensor)


def run(name: str, kind: str) -> Iterator[Outcome]:
    """Yield an outcome for each sample of a kind and, forward and in place, each form in which ours is offered."""
    info = OPS[name]
    offered = changing_forms(name, info) if kind == "inplace" else forms(name, info)
    if kind not in ("forward", "inplace"):
        offered = dict([next(iter(offered.items()))])
    for sample, extra in jobs(info, kind):
        reason = decline.reason(name, kind, sample)
        usable = {form: get for form, get in offered.items() if reachable(form, sample)}
        if reason is None and not usable:
            reason = "no program can make this call"
        if reason is not None:
            yield Outcome(name, kind, "declined", "", str(sample), reason)
            continue
        for form, get in usable.items():
            with quiet():
                status, note, trace = judge(name, kind, get, sample, extra)
            if status:
                yield Outcome(name, kind, status, form, str(sample), note, trace)


def judge(
    name: str, kind: str, get: Callable[[], Callable[..., Any]], sample: Sample, extra: Any
) -> tuple[str, str, str]:
    """Return the status of one sample in one form, a note and a traceback; no status if there is nothing to compare."""
    info = OPS[name]
    random = name in TABLE["random"].split()
    try:
        call = get()
        if kind in ("forward", "dtypes"):
            check_forward(call, info.op, sample, extra, random=random)
        elif kind == "inplace":
            check_inplace(call, info.inplace_variant, sample)
        elif kind == "errors":
            check_error(name, call, extra, sample)
        elif not check_gradients(call, info.op, sample, second=kind == "second"):
            return "", "", ""
    except MissingError as error:
        return "missing", str(error), ""
    except UnsupportedError as error:
        return "declined", str(error), ""
    except DifferenceError as error:
        return "failed", str(error), ""
    except Exception as error:
        return "failed", f"{type(error).__name__}: {error}", traceback.format_exc()
    return "passed", "", ""


def main(
    text: str | None,
    select: Callable[[list[str]], list[str]],
    run: Callable[[str, str], Iterator[Outcome]],
    kinds: tuple[str, ...],
) -> int:
    """Print what differs in the names that `select` finds; `text` is the help."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("-k", "--kind", choices=kinds, action="append")
    parser.add_argument("-n", type=int, default=5)
    parser.add_argument("--trace", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    bad = 0
    for name in select(options.names):
        line = []
        shown: list[str] = []
        for kind in options.kind or kinds:
            outcomes = list(run(name, kind))
            counts = Counter(one.status for one in outcomes)
            line.append(
                f"{kind} " + " ".join(f"{n} {status}" for status, n in sorted(counts.items())) if counts else ""
            )
            shown += sorted({f"    missing: {one.note}" for one in outcomes if one.status == "missing"})
            failed = [one for one in outcomes if one.status == "failed"]
            shown += [f"    {kind} {one.form}{one.sample}\n        {one.note[:400]}" for one in failed[: options.n]]
            if options.verbose:
                reasons = Counter(one.note for one in outcomes if one.status == "declined")
                shown += [f"    {kind} declined {n}: {note}" for note, n in reasons.items()]
            if options.trace:
                shown += [one.trace for one in failed if one.trace][:1]
            bad += len(failed) + counts["missing"]
        print(f"{name}: {'; '.join(part for part in line if part)}")
        for text in dict.fromkeys(shown):
            print(text)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(__doc__, select, run, KINDS))
