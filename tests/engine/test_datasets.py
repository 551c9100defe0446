"""load_boston: the contract of scikit-learn's loaders, and what is said of a damaged file."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import miniflow_lib
from miniflow_lib import MiniFlowError, datasets, load_boston


def test_what_it_returns():
    boston = load_boston()
    assert boston.data.shape == (506, 13) and boston.data.dtype == np.float64
    assert boston.target.shape == (506,) and boston.target.dtype == np.float64
    assert list(boston.feature_names[[0, 5, 11, 12]]) == ["CRIM", "RM", "B", "LSTAT"]
    assert boston.feature_names.shape == (13,)
    assert "Harrison" in boston.DESCR and "Column B" in boston.DESCR
    assert list(boston) == ["data", "target", "feature_names", "DESCR"]
    assert all(boston[key] is getattr(boston, key) for key in boston)
    assert {"data", "DESCR"} <= set(dir(boston))


def test_the_values_are_those_of_the_table():
    data, target = load_boston(return_X_y=True)
    assert data[0].tolist() == [0.00632, 18, 2.31, 0, 0.538, 6.575, 65.2, 4.09, 1, 296, 15.3, 396.9, 4.98]
    assert (target[0], target[-1]) == (24.0, 11.9)
    assert (target == 50.0).sum() == 16
    assert round(float(target.var()), 2) == 84.42


def test_each_call_returns_new_arrays():
    first, target = load_boston(return_X_y=True)
    first[:] = 0
    target[:] = 0
    again = load_boston()
    assert again.data[0, 1] == 18.0 and again.target[0] == 24.0
    again.data[:] = 0
    assert again.target[0] == 24.0, "data and target share memory"


def test_a_name_that_is_not_there_is_told_what_is():
    with pytest.raises(AttributeError, match=r"'labels'.*data, target, feature_names, DESCR"):
        _ = load_boston().labels


def test_an_attribute_that_is_set_is_a_key():
    boston = load_boston()
    boston.homes = 506
    assert boston["homes"] == 506


@pytest.fixture
def folder(root, tmp_path, monkeypatch) -> Path:
    """A copy of data/ that load_boston reads in the place of the real one."""
    copy = tmp_path / "data"
    shutil.copytree(root / "data", copy)
    monkeypatch.setattr(datasets, "_FOLDERS", (copy, tmp_path / "nowhere"))
    return copy


def _windows_line_ends(raw: bytes) -> bytes:
    return raw.replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_windows_line_ends, id="Windows line ends"),
        pytest.param(lambda raw: b"\xef\xbb\xbf" + raw, id="a byte-order mark"),
        pytest.param(lambda raw: b"\xef\xbb\xbf" + _windows_line_ends(raw), id="both"),
        pytest.param(lambda raw: raw.rstrip(b"\n"), id="no line end at the end"),
    ],
)
def test_what_an_editor_on_windows_changes_is_no_damage(folder, change):
    path = folder / "boston.csv"
    path.write_bytes(change(path.read_bytes()))
    boston = load_boston()
    np.testing.assert_array_equal(boston.data[-1, -3:], [21.0, 396.9, 7.88])
    assert boston.feature_names[0] == "CRIM"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(lambda raw: raw[:9000], "was changed or cut short", id="cut short"),
        pytest.param(lambda raw: raw.replace(b"0.00632", b"0.00633"), "506 rows of 506", id="one digit"),
        pytest.param(lambda raw: b"", "0 rows of 506", id="empty"),
        pytest.param(lambda raw: raw[:40] + b"\xff\x00" + raw[42:], "git checkout", id="not text"),
    ],
)
def test_a_damaged_file_gets_its_sentence(folder, change, words):
    path = folder / "boston.csv"
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(MiniFlowError, match=words) as caught:
        load_boston()
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["boston.csv", "README.md"])
def test_a_missing_file_gets_its_sentence(folder, name):
    (folder / name).unlink()
    with pytest.raises(MiniFlowError, match="The Boston data are missing"):
        load_boston()


def test_an_installed_wheel_brings_the_data(root, tmp_path):
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", tmp_path / "wheel", root]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (wheel,) = (tmp_path / "wheel").glob("miniflow_lib-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    rooms = {name.split("/")[0] for name in names}
    words = {path.relative_to(root).as_posix() for path in root.glob("miniflow_classroom/*/*.toml")}
    assert words and words == {name for name in names if name.endswith(".toml")}
    version = miniflow_lib.__version__
    assert rooms == {"miniflow_lib", "miniflow_classroom", f"miniflow_lib-{version}.dist-info"}
    install = [*pip, "install", "--no-index", "--no-deps", "--target", tmp_path / "site", wheel]
    subprocess.run(install, check=True, capture_output=True, timeout=300)
    asked = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); import miniflow_lib;"
        "print(miniflow_lib.__file__); print(miniflow_lib.load_boston().data.shape)"
    )
    told = subprocess.run(
        [sys.executable, "-c", asked], check=True, capture_output=True, text=True, cwd=tmp_path, timeout=300
    ).stdout.splitlines()
    assert told[0].startswith(str(tmp_path / "site"))
    assert told[1] == "(506, 13)"


def test_it_loads_without_scikit_learn():
    asked = "import sys, miniflow_lib; miniflow_lib.load_boston(); print('sklearn' in sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", asked], check=True, capture_output=True, text=True, timeout=300
    )
    assert told.stdout.strip() == "False"
