"""The examples are programs of their own: each is imported from its folder, as its server does it."""

import importlib
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def load(monkeypatch, folder, *modules):
    """Fresh modules of an example."""
    monkeypatch.syspath_prepend(str(EXAMPLES / folder))
    for name in modules:
        monkeypatch.delitem(sys.modules, name, raising=False)
    return [importlib.import_module(name) for name in modules]
