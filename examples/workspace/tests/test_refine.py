from harbour.refine import tidy, unique
from harbour.samples import ROWS


def test_tidy_removes_spaces_and_capitals():
    assert tidy({"name": " A   B ", "email": "A@B.Com "}) == {"name": "A B", "email": "a@b.com"}


def test_duplicates_go_and_the_first_stays():
    rows = unique([tidy(row) for row in ROWS])
    assert [row["name"] for row in rows] == ["Thandi Nkosi", "Pieter van Wyk"]
