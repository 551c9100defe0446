from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's own folder."""
    return Path(__file__).resolve().parents[1]
