"""Lesson 06: the Boston housing data, from this repository's own data/ folder."""

import hashlib
from pathlib import Path

import numpy as np

from .errors import MiniFlowError, check_flag

# In a clone data/ stands beside the package; a wheel carries it inside.
_FOLDERS = [Path(__file__).resolve().parents[up] / "data" for up in (1, 0)]
_SHA256 = "79ac716620024011b03c0c44d2bf99069b8173649181926d9109c25475a3804c"


class Bunch(dict):
    """A dict whose keys are attributes too: `boston["data"]` and `boston.data` are the same array."""

    def __getattr__(self, name: str) -> object:
        if name not in self:
            raise AttributeError(f"no {name!r} here; there are {', '.join(self)}")
        return self[name]

    __setattr__ = dict.__setitem__

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self]


def load_boston(return_X_y: bool = False) -> Bunch | tuple[np.ndarray, np.ndarray]:
    """The Boston housing data: 506 homes, 13 columns that describe each, and its price.

    Returns a Bunch with `data` (506, 13), `target` (506,) in 1,000 dollars, `feature_names` (13,) and
    `DESCR`, the data card; with `return_X_y=True` only the pair (data, target). The arrays are
    new at each call. A file that is missing or was changed gets a MiniFlowError.
    """
    check_flag("return_X_y", return_X_y)
    folders = [f for f in _FOLDERS if (f / "boston.csv").is_file() and (f / "README.md").is_file()]
    if not folders:
        way_out = "`git checkout -- data` brings them back in a clone; else install miniflow_lib again"
        raise MiniFlowError(f"The Boston data are missing from {_FOLDERS[0]} and {_FOLDERS[1]}: {way_out}.")
    header, *rows = _read_checked(folders[0] / "boston.csv").splitlines()
    table = np.array([row.split(",") for row in rows], dtype=float)
    data, target = table[:, :-1].copy(), table[:, -1].copy()
    if return_X_y:
        return data, target
    card = (folders[0] / "README.md").read_text(encoding="utf-8")
    return Bunch(data=data, target=target, feature_names=np.array(header.split(",")[:-1]), DESCR=card)


def _read_checked(path: Path) -> str:
    """The file's text with plain line ends, once its checksum says that no value was changed."""
    # Git and editors on Windows change line ends and add a byte-order mark: that is no damage.
    raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").rstrip() + b"\n"
    if hashlib.sha256(raw).hexdigest() != _SHA256:
        found = f"{path} was changed or cut short ({raw.count(10) - 1} rows of 506)"
        raise MiniFlowError(f"{found}: `git checkout -- data/boston.csv` brings it back.")
    return raw.decode("ascii")
