"""One-line reprs from the arguments that an object kept."""

from tinygrad_cnn._reprs import settings_of, settings_repr


class Kind:
    def __init__(self, size, rate=0.5, name="x", lost=None):
        self.size, self.rate, self.name = size, rate, name
        self.other = lost


def test_settings_are_the_arguments_kept_under_their_names_in_order():
    assert settings_of(Kind(3)) == {"size": 3, "rate": 0.5, "name": "x"}
    assert settings_of(Kind(3), leave_out=("rate",)) == {"size": 3, "name": "x"}


def test_the_repr_shows_them_and_what_is_added():
    assert settings_repr(Kind((1, 2)), ("name",), more="y") == "Kind(size=(1, 2), rate=0.5, more='y')"
    assert settings_repr(object()) == "object()"
