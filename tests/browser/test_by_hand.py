"""Lesson 00's two sliders in a real JupyterLab: by the arrow keys, and on a narrow page."""

from __future__ import annotations

CELL = """from miniflow_lib import load_boston
from miniflow_classroom import fit_by_hand
boston = load_boston()
fit_by_hand(boston.data[:, 5], boston.target)"""


def test_the_arrow_keys_move_the_line_and_the_picture_fits_the_page(lab):
    lab.page.set_viewport_size({"width": 900, "height": 1100})
    lab.write("fit.ipynb", [CELL])
    lab.open("fit.ipynb")
    lab.run_all()
    lab.shows(0, lambda text: "the same as the lazy program's" in text)
    b, w = (lab.cell(0).locator(".noUi-handle").nth(number) for number in (0, 1))
    for handle, key, times in ((w, "ArrowRight", 18), (b, "ArrowLeft", 5)):
        handle.focus()
        for _ in range(times):
            handle.press(key)
    lab.stays(
        0, lambda text: "price = 20 + 9 · (rooms - 6): the cost is 43.6." in text and "it is beaten" in text
    )
    picture = lab.cell(0).locator("svg[role=img]")
    assert picture.count() == 1  # redrawn in its place
    sizes = picture.evaluate(
        """svg => {
            const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
            return [...svg.querySelectorAll('text')].map(
                text => scale * parseFloat(getComputedStyle(text).fontSize));
        }"""
    )
    assert min(sizes) >= 11
    right = picture.evaluate("svg => svg.getBoundingClientRect().right")
    assert right <= lab.cell(0).evaluate("cell => cell.getBoundingClientRect().right")
