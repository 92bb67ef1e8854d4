"""Every sample that PyTorch keeps of an operation we offer gives the same here; what is declined says why."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="parity needs PyTorch: make parity installs torch and expecttest")
pytest.importorskip("expecttest", reason="PyTorch's samples need expecttest: make parity installs it")

from op_db import decline
from op_db.names import TABLE, find, names
from op_db.run import run
from op_db.samples import KINDS, OPS, applies, jobs

PAGE = Path(__file__).resolve().parents[3] / "docs" / "parity.md"

pytestmark = pytest.mark.filterwarnings("ignore")  # PyTorch's own samples warn


@pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name in names() for kind in KINDS if applies(OPS[name], kind)]
)
def test_samples_agree_with_pytorch(name, kind):
    outcomes = list(run(name, kind))
    assert outcomes
    wrong = [one for one in outcomes if one.status not in ("passed", "declined")]
    if wrong:
        listed = "\n".join(f"{one.status}: {one.form}{one.sample}\n    {one.note}" for one in wrong[:10])
        pytest.fail(f"{len(wrong)} of {len(outcomes)} comparisons of {name} ({kind})\n{listed}", pytrace=False)


def test_the_table_names_each_operation_once():
    assert len(names()) == len(set(names()))
    assert set(names()) <= set(OPS)


def test_every_reason_to_decline_is_met_by_a_sample():
    met = set()
    for name in names():
        for kind in KINDS:
            if applies(OPS[name], kind):
                met |= {decline.reason(name, kind, sample) for sample, _ in jobs(OPS[name], kind)}
    assert {rule.reason for rule in decline.RULES} <= met


@pytest.mark.parametrize(("name", "theirs", "ours"), decline.SIBLINGS)
def test_every_error_of_another_kind_is_raised_by_a_sample(name, theirs, ours):
    call = find(name)
    raised = set()
    for sample, expected in jobs(OPS[name], "errors"):
        try:
            call(*sample.args, **sample.kwargs)
        except Exception as error:
            raised.add((expected, type(error)))
    assert (theirs, ours) in raised


def test_the_page_lists_every_operation_and_no_difference():
    rows = {
        match[1]: [cell.strip() for cell in match[2].split("|")]
        for match in re.finditer(r"^\| `(\S+)` \|(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert list(rows) == [name for text in TABLE.values() for name in text.split()]
    assert [name for name, cells in rows.items() if cells[-1]] == []
