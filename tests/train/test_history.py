"""What a history looks like."""

import pytest

from tinygrad_cnn.train import History


def test_a_repr_is_one_line():
    assert repr(History([2.0], [{"epoch": 1, "loss": 2.0}])) == "History(1 epoch, 1 step; loss 2.0000)"
    assert repr(History()) == "History(0 epochs, 0 steps; nothing measured)"
    rows = [{"epoch": 1, "step": 4, "loss": 2.0, "lr": 0.1, "seconds": 1.25},
            {"epoch": 2, "step": 8, "loss": 1.5, "accuracy": 0.25, "lr": 1e-5, "seconds": 2.0}]  # fmt: skip
    history = History([1.0] * 1234, rows, stopped="enough")
    assert repr(history) == "History(2 epochs, 1,234 steps; stopped: enough; loss 1.5000, accuracy 0.2500, lr 1e-05)"


def test_a_notebook_shows_the_rows_as_a_table():
    page = History([1.0], [{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.5, "<b>": 3.0}])._repr_html_()
    assert page.count("<tr>") == 3
    assert "<td>2.0000</td>" in page
    assert "<th>&lt;b&gt;</th>" in page
    assert "<b>" not in page
    assert page.startswith("<table>")


def test_a_name_that_was_not_measured_is_refused_with_those_that_were():
    with pytest.raises(KeyError, match="measured names .none, for no epoch was finished., got 'loss'"):
        History().column("loss")
    with pytest.raises(KeyError, match="measured names .epoch, loss., got 'lost'; did you mean 'loss'"):
        History(rows=[{"epoch": 1, "loss": 2.0}]).column("lost")
