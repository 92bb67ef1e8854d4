"""`Callback`: the methods that a training run calls at fixed points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinygrad_cnn._reprs import settings_of, settings_repr
from tinygrad_cnn.train.checkpoint import State, check_keys

if TYPE_CHECKING:
    from tinygrad_cnn.train.trainer import Trainer


class Callback:
    """Base class of callbacks: the trainer calls these methods of each callback in its list; here they do nothing.

    A callback with values that must survive a resumed run returns them from `state_dict`; checkpoints save them.
    """

    def on_fit_start(self, trainer: Trainer) -> None:
        """Act before the first step; a checkpoint to resume from has been loaded."""

    def on_epoch_start(self, trainer: Trainer) -> None:
        """Act before an epoch, or before the rest of a resumed one."""

    def before_step(self, trainer: Trainer) -> None:
        """Act on the gradients, before the optimizer's step."""

    def on_step_end(self, trainer: Trainer) -> None:
        """Act after the optimizer's step; `trainer.loss` and `trainer.samples` are those of the step."""

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Act after the epoch was measured; the last of `trainer.history.rows` is its row."""

    def at_rest(self, trainer: Trainer) -> None:
        """Act after all callbacks have handled the end of a step or an epoch; checkpoints are saved here."""

    def on_fit_end(self, trainer: Trainer, error: BaseException | None) -> None:
        """Act after the last step; `error` is the exception that ended the run, if one did."""

    def at_end(self, trainer: Trainer, error: BaseException | None) -> None:
        """Act after `on_fit_end` of all callbacks, when the last state is saved; other weights may be loaded here."""

    def training_settings(self) -> dict[str, object] | None:
        """Return the settings with which the callback changes the training; None if it changes nothing.

        A resumed run compares them with those of its checkpoint.
        """
        return None if type(self).before_step is Callback.before_step else settings_of(self)

    def __repr__(self) -> str:
        return settings_repr(self)

    def state_dict(self) -> State:
        """Return the state of the callback; {} if it has none."""
        return {}

    def load_state_dict(self, state_dict: State) -> None:
        """Load a state that `state_dict` returned.

        Raises:
            ValueError: `state_dict` is not the state of such a callback; nothing was changed.
        """
        check_keys(type(self).__name__, state_dict, ())
