"""Rules for unit tests."""

import pytest


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes are no names: they are long, and packed ones differ from run to run, which parallel runs do not allow."""
    return argname if isinstance(val, bytes) else None
