"""Loads api/*.py the way the platform does: each file by itself, when it is first asked for, for its `app`."""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

type WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Functions:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._apps: dict[str, WsgiApp] = {}
        self._lock = threading.Lock()

    def app(self, name: str) -> WsgiApp:
        """The function `/api/<x>`. Raises whatever its import raises, each time anew until the file imports."""
        with self._lock:
            if name not in self._apps:
                self._apps[name] = self._load(name)
            return self._apps[name]

    def _load(self, name: str) -> WsgiApp:
        file = self._root / f"{name.strip('/')}.py"
        module_name = name.strip("/").replace("/", ".")
        spec = importlib.util.spec_from_file_location(module_name, file)
        if spec is None or spec.loader is None:
            raise ImportError(f"{file} cannot be loaded")
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module
        try:
            spec.loader.exec_module(module)
            return cast(WsgiApp, module.app)
        except BaseException:
            del sys.modules[module_name]
            raise
