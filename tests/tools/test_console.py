"""Tables line up, also with Chinese in them."""

from tools.console import table, width


def test_columns_line_up():
    text = table(["step", "amount"], [("Sell", 100.5), ("Deliver", 7.0)])
    assert text.splitlines() == [
        "step     amount",
        "-------  ------",
        "Sell      100.5",
        "Deliver     7.0",
    ]


def test_chinese_takes_two_columns():
    assert width("保修") == 4
    rows = table(["a", "b"], [("保修", "x"), ("y", "z")]).splitlines()
    assert [width(row) for row in rows] == [7, 7, 7, 7]


def test_nothing_is_shown_for_none():
    assert table(["a", "b"], [("x", None)]).splitlines()[2] == "x"


def test_a_table_without_rows():
    assert table(["a"], []).splitlines() == ["a", "-"]
