"""What a failing assertion says: both sides, where it failed."""

import sys

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from embeddings_course.book_build.failed_assertion import explanation, load_ipython_extension

NAMES = """\
import numpy as np
import torch
found = {"oracle": np.array([0.3, 0.4]), "other": np.arange(20).reshape(4, 5) / 20}
rows = {"few": 1, "many": 5}
exact = [True, False]
"""


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    main = sys.modules["__main__"]  # which a shell replaces
    config = Config({"HistoryManager": {"enabled": False}})
    shell = InteractiveShell(config=config, ipython_dir=str(tmp_path_factory.mktemp("ipython")))
    load_ipython_extension(shell)
    shell.run_cell(NAMES)
    yield shell
    sys.modules["__main__"] = main


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "assert (found['oracle'].mean() >= found['other'].mean(axis=1)).all()",
            "`found['oracle'].mean()` is 0.35\n"
            "`found['other'].mean(axis=1)` is [0.1 , 0.35, 0.6 , 0.85]",
        ),
        ("assert 0.2 < found['oracle'].mean() < 0.3", "`found['oracle'].mean()` is 0.35"),
        (
            "assert (found['other'] > 0.2).all()",
            "in 5 of 20 places, `found['other']` is [0.  , 0.05, 0.1 , 0.15, 0.2 ]",
        ),
        (
            "def f(most):\n    assert all(n < most for name, n in rows.items())\nf(3)",
            "with n = 5, name = 'many': `n` is 5\nwith n = 5, name = 'many': `most` is 3",
        ),
        ("assert len(rows) == 2 and rows['few'] > 2", "`rows['few']` is 1"),
        ("assert not any(exact)", "`not any(exact)` is False"),
        ("x = torch.zeros(2)\nassert x.max() > 1", "`x.max()` is 0"),
        ("assert rows is None, 'in own words'", "in own words"),
        ("assert found['oracle'].shape == (3,)", "`found['oracle'].shape` is (2,)\n`(3,)` is (3,)"),
        ("assert sorted(rows) == [object]", "`sorted(rows)` is ['few', 'many']"),
    ],
)
def test_both_sides_are_said_where_they_fail(shell, code, said, capsys):
    failed = shell.run_cell(code).error_in_exec
    assert isinstance(failed, AssertionError)
    assert str(failed).startswith(said)


def test_many_lines_are_cut_short(shell, capsys):
    failed = shell.run_cell("assert all(n > 9 for n in range(9))").error_in_exec
    assert str(failed).count("\n") == 6
    assert str(failed).endswith("and more")


def test_rounds_after_those_that_say_enough_are_not_run(shell, capsys):
    code = "from itertools import count\nassert all(n < 5 for n in count())"
    assert str(shell.run_cell(code).error_in_exec).startswith("with n = 5: `n` is 5")


def test_of_two_assertions_on_one_line_the_failing_one_is_explained(shell, capsys):
    failed = shell.run_cell("assert rows; assert rows['few'] > 4").error_in_exec
    assert str(failed) == "`rows['few']` is 1"


def test_what_was_said_before_a_value_that_is_not_there_stays(shell, capsys):
    code = "assert all(rows[name] > 2 for name in ('few', 'none'))"
    assert str(shell.run_cell(code).error_in_exec) == "with name = 'few': `rows[name]` is 1"
    code = "assert 'none' in rows and rows['none'] > 2"
    assert str(shell.run_cell(code).error_in_exec) == "`'none' in rows` is False"


def test_a_value_that_cannot_be_shown_hides_no_failure(shell, capsys):
    shell.run_cell("class Odd:\n    def __repr__(self): raise ValueError\n    __len__ = None")
    failed = shell.run_cell("odd = Odd()\nassert odd == 1").error_in_exec
    assert isinstance(failed, AssertionError)
    assert str(failed).startswith("`odd` is <Odd instance at 0x")


def test_other_errors_stay_as_they_are(shell, capsys):
    assert str(shell.run_cell("rows['none']").error_in_exec) == "'none'"


def test_an_assertion_whose_source_is_not_known_is_not_explained():
    try:
        exec(compile("assert 1 > 2", "<nowhere>", "exec"), {"np": np})
    except AssertionError as error:
        assert explanation(error.__traceback__) == []
