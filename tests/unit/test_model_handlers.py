"""Which function of the model takes which event."""

import importlib
import pkgutil
from collections import Counter
from typing import get_args

import adapter.calls
from adapter.asterisk.events import Event
from adapter.calls.model import HANDLERS


def test_each_event_has_exactly_one_handler() -> None:
    """Every event that the parser makes is taken by one topic of the model, and by no second one."""
    names = {f"adapter.calls.{module.name}" for module in pkgutil.iter_modules(adapter.calls.__path__)}
    modules = [importlib.import_module(name) for name in sorted(names - {"adapter.calls.model"})]
    topics = [module for module in modules if hasattr(module, "HANDLERS")]
    taken = Counter(kind for topic in topics for kind in topic.HANDLERS)
    assert taken == Counter(get_args(Event))
    assert set(HANDLERS) == set(taken)
