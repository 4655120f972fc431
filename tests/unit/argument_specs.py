"""The argument specification of a module, by asking the module itself."""

from __future__ import annotations

import importlib
from typing import Any
from unittest.mock import patch


class Stop(Exception):
    """The module is asked for its options alone."""


def argument_spec(name: str) -> dict[str, Any]:
    """The options that a module of the collection gives to ``AnsibleModule``."""
    module = importlib.import_module(f"ansible_collections.cairn.storage.plugins.modules.{name}")
    with patch.object(module, "AnsibleModule", side_effect=Stop) as made:
        try:
            module.main()
        except Stop:
            pass
    return made.call_args.kwargs["argument_spec"]
