"""The ledger: what agreeing means, and that every row says where its number comes from."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yoloexplain.ledger import Entry, Ledger, LedgerRow, Reading, Status, ledger
from yoloexplain.ledger.entry import parse_figure, same_digits
from yoloexplain.ledger.table import entries


@pytest.fixture(scope="module")
def some() -> Ledger:
    """Rows of every status: one network that differs somewhere, one that is not built here."""
    return Ledger([*ledger("densenet264"), *ledger("PeleeNet")])


def entry(published: str, ours: int, reading: Reading) -> Entry:
    return Entry(
        model="toy",
        quantity="parameters",
        published=published,
        source="a page",
        rule="every one",
        count=lambda: ours,
        reading=reading,
    )


@pytest.mark.parametrize(
    ("published", "ours", "reading", "agrees"),
    [
        ("7,266,973", 7_266_973, Reading.EXACT, True),
        ("7,266,973", 7_266_974, Reading.EXACT, False),
        ("7.3 M", 7_266_973, Reading.ROUNDED, True),
        ("7.3 M", 7_266_973, Reading.TRUNCATED, False),
        ("7.2 M", 7_266_973, Reading.TRUNCATED, True),
        ("7.3 M", 7_250_000, Reading.ROUNDED, True),
        ("7.3 M", 7_249_999, Reading.ROUNDED, False),
        ("7.3 M", 7_266_973, Reading.EXACT, False),
        ("89.0 M", 88_965_245, Reading.ROUNDED, True),
        ("4.089 G", 4_089_184_256, Reading.ROUNDED, True),
        ("13.2 B", 13_157_363_400, Reading.ROUNDED, True),
    ],
)
def test_number_agrees_when_it_prints_as_published(
    published: str, ours: int, reading: Reading, agrees: bool
) -> None:
    row = entry(published, ours, reading).weigh()
    assert row.status is (Status.AGREES if agrees else Status.DIFFERS)


@given(st.integers(1, 10**12), st.sampled_from(["", "M", "B"]), st.integers(0, 3))
def test_any_number_agrees_with_its_own_rounding(value: int, suffix: str, decimals: int) -> None:
    unit = parse_figure(f"1 {suffix}".strip()).unit
    rounded = (Decimal(value) / unit).quantize(Decimal(1).scaleb(-decimals), "ROUND_HALF_UP")
    assert same_digits(value, f"{rounded:,} {suffix}".strip(), Reading.ROUNDED)
    step = int(unit / 10**decimals) or 1
    assert not same_digits(value + 2 * step, f"{rounded:,} {suffix}".strip(), Reading.ROUNDED)


@pytest.mark.parametrize("text", ["", "M", "7.3 K", "about 7 M", "7.3M params", "-1"])
def test_text_that_is_no_figure_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"a published figure is digits .*write for example"):
        parse_figure(text)


def test_our_number_is_shown_two_decimals_finer_than_the_printed_one() -> None:
    assert entry("7.3 M", 7_266_973, Reading.ROUNDED).weigh().ours == "7.267 M"
    assert entry("16.5 B", 16_477_000_000, Reading.ROUNDED).weigh().ours == "16.477 B"
    assert entry("1,470", 1_470, Reading.EXACT).weigh().ours == "1,470"


def test_every_row_names_its_network_source_and_rule() -> None:
    for row in entries():
        assert all((row.model, row.quantity, row.published, row.source, row.rule))
        parse_figure(row.published)
        assert row.reading is not Reading.EXACT or not parse_figure(row.published).suffix


def test_no_number_stands_twice_under_one_source() -> None:
    keys = [(e.model, e.quantity, e.published, e.source) for e in entries()]
    assert len(set(keys)) == len(keys)


def test_filter_keeps_rows_that_hold_every_word_in_any_case() -> None:
    rows = ledger("yolov1 outputs TABLE")
    assert [(row.model, row.published) for row in rows] == [
        ("yolov1-darknet", "2,450"),
        ("yolov1-resnet50", "2,430"),
    ]
    assert ledger("YOLOv1 Outputs table") == rows
    assert all(isinstance(row, LedgerRow) for row in rows)


def test_filter_that_keeps_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"words of a filter .*got 'yolov9'; try"):
        ledger("yolov9")


def test_every_row_is_counted_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    lazy = entry("1", 1, Reading.EXACT)
    counting = Entry(**{**vars(lazy), "count": lambda: asked.append(1) or len(asked)})
    monkeypatch.setattr("yoloexplain.ledger.table.entries", lambda: [counting])
    assert [ledger()[0].status, ledger()[0].status] == [Status.AGREES, Status.DIFFERS]


def test_table_prints_one_line_a_row_and_a_tally(some: Ledger) -> None:
    header, *rows, empty, tally = str(some).splitlines()
    assert header.split() == " ".join(Ledger.titles).split()
    assert len(rows) == len(some)
    for line, row in zip(rows, some, strict=True):
        assert all(part in line for part in (row.model, row.published, row.ours, row.reason))
    assert empty == ""
    assert tally == "8 numbers: 2 agree, 2 differ, 4 not built here"
    assert str(some) == repr(some)


def test_markdown_table_has_a_row_for_each_number(some: Ledger) -> None:
    header, rule, *rows, _, _ = some._repr_markdown_().splitlines()
    assert len(rows) == len(some)
    assert {line.count("|") for line in (header, rule, *rows)} == {len(Ledger.titles) + 1}


def test_no_text_of_the_ledger_breaks_a_markdown_table() -> None:
    for row in entries():
        assert not any("|" in text for text in vars(row).values() if isinstance(text, str))
