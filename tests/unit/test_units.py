from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from stdpbench.base import units

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("25 ms", "ms", 25.0),
        ("25ms", "ms", 25.0),
        ("  25   ms ", "ms", 25.0),
        ("0.025 s", "ms", 25.0),
        ("2.5e-2 s", "ms", 25.0),
        ("500 us", "ms", 0.5),
        ("500 µs", "ms", 0.5),
        ("500 μs", "ms", 0.5),  # the Greek letter, which looks the same
        ("2 min", "s", 120.0),
        ("-65 mV", "mV", -65.0),
        ("\u22121\u202f065.5 mV", "mV", -1065.5),  # as printed
        ("-.065 V", "mV", -65.0),
        ("+1.5 kHz", "Hz", 1500.0),
        ("3 px", "px", 3.0),
        ("0.02", "", 0.02),
        ("25", "ms", 25.0),  # a number alone is in the declared unit
    ],
)
def test_reads_what_people_write(text: str, unit: str, value: float) -> None:
    assert units.read(text, unit) == value


@pytest.mark.parametrize("value", [25, 25.0, True, None, [1], {"a": 1}])
def test_leaves_what_is_no_text_to_the_type_check(value: object) -> None:
    assert units.read(value, "ms") is value


@pytest.mark.parametrize(
    ("text", "unit", "message"),
    [
        ("25 mV", "ms", "expected a number in ms, such as '1 ms', got '25 mV'"),
        ("25 parsec", "ms", "expected a number in ms, such as '1 ms', got '25 parsec'"),
        ("soon", "ms", "'soon' is not a number in ms, such as '1 ms'"),
        ("2,5 ms", "ms", "'2,5 ms' is not a number in ms"),
        ("1 2 ms", "ms", "'1 2 ms' is not a number in ms"),
        ("", "ms", "'' is not a number in ms"),
        ("nan", "ms", "'nan' is not a number in ms"),
        ("5 ms", "", "expected a plain number, got '5 ms'"),
        ("five", "", "'five' is not a plain number"),
    ],
)
def test_says_what_was_wrong_and_what_would_be_right(text: str, unit: str, message: str) -> None:
    with refused(message):
        units.read(text, unit)


@given(value=FINITE, unit=st.sampled_from(("", "s", "us", "min", "uV", "pF", "nS", "nA", "Hz", "px")))
def test_what_is_shown_reads_back_to_the_same_number(value: float, unit: str) -> None:
    assert units.read(units.show(value, unit), unit) == value


@pytest.mark.parametrize(("value", "unit", "text"), [(25.0, "ms", "25 ms"), (0.5, "", "0.5"), (1e-7, "V", "1e-07 V")])
def test_shows_in_few_digits(value: float, unit: str, text: str) -> None:
    assert units.show(value, unit) == text


@given(thousandths=st.integers(0, 10**6))
def test_the_same_time_is_the_same_number_in_every_unit(thousandths: int) -> None:
    # or else "0.043 s" and "43 ms" would be two experiments
    seconds = f"{thousandths // 1000}.{thousandths % 1000:03d} s"
    assert units.read(seconds, "ms") == units.read(f"{thousandths} ms", "ms")
    assert units.read(f"{thousandths} us", "ms") == units.read(f"{thousandths // 1000}.{thousandths % 1000:03d}", "ms")


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        (units.scientific(9.512e-6, 2), "9.5 × 10⁻⁶"),
        (units.scientific(-0.25), "\u22120.25"),
        (units.printed("-2e+12"), "\u22122 × 10¹²"),
        (units.signed(-1.5), "−1.50"),
        (units.signed(2.0), "+2.00"),
        (units.signed(-0.001), "+0.00"),
        (units.signed(-2e-7, ".2g"), "−2e−07"),
    ],
)
def test_numbers_are_as_in_print(text: str, printed: str) -> None:
    assert text == printed


@pytest.mark.parametrize(("value", "unit", "si"), [(25.0, "ms", 0.025), (-65.0, "mV", -0.065), (3.0, "", 3.0)])
def test_si(value: float, unit: str, si: float) -> None:
    assert units.to_si(value, unit) == si


@given(FINITE, st.sampled_from(["ms", "mV", "s", ""]))
def test_what_is_shown_in_a_field_reads_back_to_the_same_number(value: float, unit: str) -> None:
    assert units.read(units.brief(value, unit), unit) == value


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(1e9, "ms", "1000000 s"), (1.3e7, "ms", "13000 s"), (999_999.0, "ms", "999999 ms"), (1e9, "s", "1000000000 s")],
)
def test_long_times_are_shown_in_seconds(value: float, unit: str, text: str) -> None:
    assert units.brief(value, unit) == text
