"""Recording can be switched off and on, nested, as a decorator, per thread and per task."""

import asyncio
import threading

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn.autograd import inference_mode, set_grad_enabled


def recorded():
    return (tg.ones(1, requires_grad=True) * 2).requires_grad


def test_no_grad_records_nothing_inside_only():
    with tg.no_grad():
        assert not recorded()
        with tg.enable_grad():
            assert recorded()
        assert not recorded()
    assert recorded()


def test_mode_is_restored_after_an_exception():
    with pytest.raises(KeyError), tg.no_grad():
        raise KeyError
    assert tg.is_grad_enabled()


def test_decorator_keeps_name_and_may_recurse():
    @tg.no_grad()
    def depth(n):
        """Count down."""
        assert not tg.is_grad_enabled()
        return n if n == 0 else depth(n - 1)

    assert depth(3) == 0
    assert depth.__name__ == "depth"
    assert tg.is_grad_enabled()


def test_one_object_can_be_entered_twice():
    mode = tg.no_grad()
    with mode:
        with mode:
            pass
        assert not tg.is_grad_enabled()
    assert tg.is_grad_enabled()


def test_threads_have_their_own_mode():
    seen = []
    with tg.no_grad():
        thread = threading.Thread(target=lambda: seen.append(recorded()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_tasks_have_their_own_mode():
    async def quiet():
        with tg.no_grad():
            await asyncio.sleep(0.01)
            return recorded()

    async def loud():
        await asyncio.sleep(0.005)
        return recorded()

    async def both():
        return await asyncio.gather(quiet(), loud())

    assert asyncio.run(both()) == [False, True]


def test_detach_cuts_the_graph_and_shares_memory():
    x = tg.ones(2, requires_grad=True)
    y = (x * 2).detach()
    assert not y.requires_grad
    assert y.is_leaf
    y.mul_(3)
    assert y.tolist() == [6.0, 6.0]


def test_decorators_work_without_parentheses():
    @tg.no_grad
    def quiet():
        return recorded()

    @tg.enable_grad
    def loud():
        return recorded()

    assert not quiet()
    with tg.no_grad():
        assert loud()
    assert quiet.__name__ == "quiet"


def test_set_grad_enabled_is_a_function_a_context_manager_and_a_decorator():
    set_grad_enabled(False)
    try:
        assert not recorded()
        with set_grad_enabled(True):
            assert recorded()
        assert not recorded()
    finally:
        set_grad_enabled(True)

    @set_grad_enabled(False)
    def quiet():
        return recorded()

    assert recorded()
    assert not quiet()
    assert recorded()


def test_inference_mode_records_nothing():
    with inference_mode():
        assert not recorded()
        with inference_mode(False):
            assert recorded()

    @inference_mode
    def quiet():
        return recorded()

    assert not quiet()
    assert not inference_mode()(quiet)()
    assert recorded()


def test_generator_runs_in_its_mode_and_its_caller_does_not():
    log = []

    @tg.no_grad()
    def numbers():
        try:
            got = yield recorded()
            try:
                yield got, recorded()
            except KeyError:
                yield "caught", recorded()
        finally:
            log.append(recorded())
        return "end"

    generator = numbers()
    assert next(generator) is False
    assert recorded()
    assert generator.send(5) == (5, False)
    assert generator.throw(KeyError()) == ("caught", False)
    assert recorded()
    with pytest.raises(StopIteration) as stop:
        next(generator)
    assert stop.value.value == "end"
    closed = numbers()
    next(closed)
    closed.close()
    assert log == [False, False]


def test_coroutine_function_runs_in_its_mode():
    @tg.no_grad()
    async def quiet():
        await asyncio.sleep(0)
        return recorded()

    async def both():
        return await asyncio.gather(quiet(), asyncio.to_thread(recorded))

    assert asyncio.run(both()) == [False, True]
