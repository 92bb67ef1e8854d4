"""One-line reprs: the arguments of the constructor that an object kept."""

from tinygrad_cnn._reprs import settings_of, settings_repr


class Kept:
    def __init__(self, rate, text="a", dropped=None):
        self.rate, self.text = rate, text
        self.other = dropped  # kept under another name


def test_arguments_kept_under_their_names_are_the_settings():
    assert settings_of(Kept(0.5, dropped=3)) == {"rate": 0.5, "text": "a"}
    assert settings_of(Kept(0.5), leave_out=("rate",)) == {"text": "a"}


def test_settings_are_read_when_they_are_asked_for():
    one = Kept(0.5)
    one.rate = 2
    assert settings_of(one)["rate"] == 2


def test_the_repr_names_class_and_settings_and_then_what_is_added():
    assert settings_repr(Kept(0.5)) == "Kept(rate=0.5, text='a')"
    assert settings_repr(Kept(0.5), ("text",), epoch=3) == "Kept(rate=0.5, epoch=3)"
    assert settings_repr(Kept(0.5), rate=1) == "Kept(rate=1, text='a')"
    assert settings_repr(object()) == "object()"
