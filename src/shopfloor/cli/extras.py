"""Modules that need what is not installed with the product itself."""

from importlib import import_module
from types import ModuleType

from shopfloor.kernel.errors import Unavailable


def reading_parquet(module: str) -> ModuleType:
    """Return a module that reads Parquet files.

    Raises:
        Unavailable: what it needs is not installed; says how to install it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        message = f"reading Parquet files needs {error.name}: pip install 'shopfloor[evals]'"
        raise Unavailable(message) from error
