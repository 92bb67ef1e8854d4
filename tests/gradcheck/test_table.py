"""The table of a check."""

from checked_models import Model, leaf, one

from tinygrad_cnn import ops
from tinygrad_cnn.gradcheck import check_parameters, format_table


class TestTable:
    def test_a_markdown_table_in_straight_columns(self, scaled):
        model = Model(weight=leaf(2, 3), scale=leaf())
        rows = check_parameters(model, lambda: ops.sum(model.weight * model.weight) * model.scale)
        lines = format_table([*rows, one([1.0, 2.0, 3.0], scaled), one([0.0, 0.0], ops.relu)]).split("\n")
        assert len({len(line) for line in lines}) == 1
        assert all(line.startswith("| ") and line.endswith(" |") for line in lines)
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        assert cells[0][0] == "parameter"
        assert set("".join(cells[1])) == {"-", ":"}
        assert cells[2][:4] == ["weight", "2×3", "6/6", "0"]
        assert cells[2][-1] == "ok"
        assert cells[3][:3] == ["scale", "scalar", "1/1"]
        assert cells[4][6] == "(2,)"
        assert cells[4][7] == "+1.500000e+00"
        assert cells[4][-1] == "1 wrong"
        assert cells[5][3:] == ["2", "–", "–", "–", "–", "–", "only kinks"]

    def test_without_rows(self):
        assert len(format_table([]).split("\n")) == 2
