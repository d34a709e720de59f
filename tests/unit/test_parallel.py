"""How tests are shared out over processes: nothing is lost and nothing runs for another."""

from __future__ import annotations

import pytest

from tests.parallel import named_alike, order, share

FILE = "tests/unit/test_a.py::test_one"


def test_a_file_stays_whole_and_so_do_the_folders_that_share_something_dear() -> None:
    assert share("tests/unit/test_a.py::test_one[x::y]") == "tests/unit/test_a.py"
    assert share("tests/browser/test_a.py::test_one") == share("tests/browser/test_b.py::test_two")
    assert order("tests/browser/test_z.py::test_one") < order("tests/artifact/test_a.py::test_one") < order(FILE)


def test_a_name_made_at_random_is_known_by_its_place() -> None:
    known = [f"{FILE}[a1]", f"{FILE}[b2]", "tests/unit/test_b.py::test_two"]
    assert named_alike(known, [f"{FILE}[c3]", f"{FILE}[d4]", known[2]]) == known
    assert named_alike(known, known) == known


@pytest.mark.parametrize(
    "found",
    [
        [f"{FILE}[b]", f"{FILE}[a]"],
        [f"{FILE}[a]"],
        [f"{FILE}[a]", f"{FILE}[b]", f"{FILE}[c]"],
        [f"{FILE}[a]", "tests/unit/test_b.py::test_one[b]"],
    ],
    ids=["another order", "fewer", "more", "another file"],
)
def test_what_are_not_the_same_cases_stays_apart(found: list[str]) -> None:
    assert named_alike([f"{FILE}[a]", f"{FILE}[b]"], found) == found
