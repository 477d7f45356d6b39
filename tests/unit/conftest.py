"""Rules for unit tests."""

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)  # how busy the machine is says nothing of the code
settings.load_profile("patient")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes are no names: they are long, and packed ones differ from run to run, which parallel runs do not allow."""
    return argname if isinstance(val, bytes) else None
