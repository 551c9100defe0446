"""The bar of a training: what it stores, and how often it moves."""

from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from nbformat import v4
from traitlets.config import Config

from miniflow_classroom import bar


def test_the_progress_bar_stores_the_same_text_whatever_came_of_the_run():
    source = (
        "import numpy as np\n"
        "from miniflow_lib import MSE, Input, Linear, topological_sort, train\n"
        "from miniflow_classroom import bar\n"
        "X, y, W, b = (Input(n) for n in 'XyWb')\n"
        "feeds = {X: np.ones((9, 1)), y: np.ones(9)}\n"
        "g = topological_sort({**feeds, W: [[0.0]], b: [0.0]}, MSE(y, Linear(X, W, b)))"
    )
    stop = "def stop(epoch, cost):\n    if epoch == 3:\n        raise {}\n"
    runs = ["epochs=5, progress=bar(5)", "epochs=5, progress=bar(5), on_epoch=lambda e, c: e < 2"]
    runs += ["epochs=1, progress=bar(1)", "epochs=3"]
    cells = [v4.new_code_cell(f"costs = train(g, feeds, [W, b], {settings})") for settings in runs]
    for error in ("KeyboardInterrupt", "ValueError"):
        run = "costs = train(g, feeds, [W, b], epochs=7, progress=bar(7), on_epoch=stop)"
        cells.append(v4.new_code_cell(stop.format(error) + run, metadata={"tags": ["raises-exception"]}))
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source), *cells])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    outputs = [cell.outputs for cell in notebook.cells[1:]]
    bars = [[out.data["text/plain"] for out in cell if out.output_type == "display_data"] for cell in outputs]
    assert bars == [["5 epochs"], ["5 epochs"], ["1 epoch"], [], ["7 epochs"], ["7 epochs"]]
    assert "Interrupted in epoch" in outputs[4][1].text and outputs[5][1].ename == "ValueError"
    models = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"].values()
    ends = [model["state"]["value"] for model in models if model["model_name"] == "IntProgressModel"]
    assert sorted(ends) == [1, 2, 3, 3, 5]  # each bar where its training ended


def test_the_bar_moves_so_seldom_that_the_server_drops_nothing(monkeypatch):
    boxes, now, seen = [], 0.0, []
    monkeypatch.setattr("miniflow_classroom.widgets.bar.get_ipython", lambda: True)
    monkeypatch.setattr("miniflow_classroom.widgets.bar.display", boxes.append)
    show = bar(10_000)
    monkeypatch.setattr("time.monotonic", lambda: now)
    boxes[0].children[0].observe(lambda change: seen.append(change.new), "value")
    for epoch in range(1, 9_000):  # a thousandth of a second each
        now += 0.001
        show(epoch)
    assert seen[0] == 1 and 9 * 15 < len(seen) <= 9 * 20 + 1 and 8_900 < seen[-1]
    show(9_000)
    show(9_000)  # the end, told once more
    assert seen[-1] == 9_000


def test_without_a_notebook_the_bar_is_a_line_and_stops_nothing(capsys):
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    try:  # IPython in a terminal
        shell.run_cell("from miniflow_classroom import bar\nshow = bar(5)\nfor n in 1, 5, 5: show(n)")
    finally:
        InteractiveShell.clear_instance()
    assert capsys.readouterr().out == "5 epochs\n"
    show = bar(5)  # and no IPython at all
    assert [show(done) for done in (1, 5, 5)] == [None] * 3 and capsys.readouterr().out == ""
