"""Stored pictures as a reader sees them.

A PNG's bytes differ from one version of matplotlib to the next. What it shows does not.
"""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

FIELDS = 24  # in each direction, so that a shift of a dot or two changes little


def pictures(outputs) -> list[bytes]:
    """The PNGs among a cell's outputs."""
    found = [output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    return [base64.b64decode(text) for text in found]


def alike(ones: list[bytes], others: list[bytes]) -> bool:
    """Whether as many PNGs show the same, up to what another version or processor makes of it."""
    return len(ones) == len(others) and all(_likeness(*pair) > 0.92 for pair in zip(ones, others))


def _likeness(one: bytes, other: bytes) -> float:
    return np.corrcoef(_ink(one), _ink(other))[0, 1]


def _ink(png: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(png)).convert("L").resize((FIELDS, FIELDS), Image.Resampling.BOX)
    return 255.0 - np.asarray(image, dtype=float).ravel()
