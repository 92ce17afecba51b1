"""Amounts in Chinese financial numerals (大写金额), which cannot be altered by a stroke."""

from typing import NamedTuple

SECTION = 10000


class Numerals(NamedTuple):
    """How a script writes digits, the places of a section, sections, and parts of the unit."""

    digits: str
    places: tuple
    sections: tuple
    unit: str
    parts: str
    whole: str
    minus: str
    currencies: dict


SIMPLIFIED = Numerals(
    digits="零壹贰叁肆伍陆柒捌玖",
    places=("", "拾", "佰", "仟"),
    sections=("", "万", "亿", "兆"),
    unit="元",
    parts="角分厘",
    whole="整",
    minus="负",
    currencies={
        "CNY": "人民币",
        "EUR": "欧元",
        "GBP": "英镑",
        "HKD": "港元",
        "JPY": "日元",
        "USD": "美元",
    },
)
TRADITIONAL = Numerals(
    digits="零壹貳參肆伍陸柒捌玖",
    places=("", "拾", "佰", "仟"),
    sections=("", "萬", "億", "兆"),
    unit="元",
    parts="角分厘",
    whole="整",
    minus="負",
    currencies={
        "CNY": "人民幣",
        "EUR": "歐元",
        "HKD": "港幣",
        "JPY": "日圓",
        "TWD": "新臺幣",
        "USD": "美元",
    },
)
SCRIPTS = {"zh_CN": SIMPLIFIED, "zh_TW": TRADITIONAL, "zh_HK": TRADITIONAL}


def write_amount(amount, numerals=SIMPLIFIED):
    """Return a decimal number with at most three places as an amount of money in words.

    Zeros beside each other are written once, those at the end of a section not at all.

    :param str amount: as ``"1020.50"``; the number of places is that of the currency
    """
    whole, __, rest = amount.lstrip("-").partition(".")
    number, written = int(whole), ""
    if number or not rest.strip("0"):
        written = (_write_number(number, numerals) or numerals.digits[0]) + numerals.unit
    parts = _write_parts(rest, numerals, bool(number))
    minus = numerals.minus if amount.startswith("-") and (number or parts) else ""
    end = "" if rest[1:].strip("0") else numerals.whole
    return f"{minus}{written}{parts}{end}"


def _write_number(number, numerals):
    """Return a whole number by sections of four digits; nothing for zero."""
    if number >= SECTION ** len(numerals.sections):
        raise ValueError(f"{number} has more digits than there are words for.")
    written, is_gap = "", False
    for index in reversed(range(len(numerals.sections))):
        section = number // SECTION**index % SECTION
        if not section:
            is_gap = bool(written)
            continue
        if written and (is_gap or section < SECTION // 10):
            written += numerals.digits[0]
        written += _write_section(section, numerals) + numerals.sections[index]
        is_gap = False
    return written


def _write_section(section, numerals):
    """Return a number from 1 to 9999."""
    written, is_gap = "", False
    for place in reversed(range(len(numerals.places))):
        digit = section // 10**place % 10
        if not digit:
            is_gap = bool(written)
            continue
        zero = numerals.digits[0] if is_gap else ""
        written += zero + numerals.digits[digit] + numerals.places[place]
        is_gap = False
    return written


def _write_parts(rest, numerals, is_after_whole):
    """Return the places behind the point; a zero before the last one is written."""
    written = ""
    for place, (digit, part) in enumerate(zip(rest, numerals.parts, strict=False)):
        if digit != "0":
            written += numerals.digits[int(digit)] + part
        elif rest[place + 1 :].strip("0") and (written or is_after_whole):
            is_written = written.endswith(numerals.digits[0])
            written += "" if is_written else numerals.digits[0]
    return written
