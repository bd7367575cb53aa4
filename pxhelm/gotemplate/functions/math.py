"""Numbers: conversions, 64-bit arithmetic, decimal arithmetic on floats.

``add``, ``mul`` … work on int64 (1.9 is 1); ``addf`` … go through decimals, so that 0.1 + 0.2 is 0.3.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal

from pxhelm.golang.cast import to_float64, to_int64, wrap64
from pxhelm.golang.strconv import NumError, parse_int
from pxhelm.golang.text import to_string
from pxhelm.golang.value import Int64
from pxhelm.gotemplate.signature import ANY, Function, FunctionError, function

_EXACT = Context(prec=4000)
_DIVISION_PLACES = Decimal(1).scaleb(-16)


def int_(value: object) -> int:
    """Return an int from anything."""
    return int(to_int64(value))


def int64(value: object) -> Int64:
    """Return an int64 from anything."""
    return Int64(to_int64(value))


def float64(value: object) -> float:
    """Return a float64 from anything."""
    return to_float64(value)


def atoi(text: str) -> int:
    """Return a decimal int; 0 for what is none, the nearest int64 for what is too large."""
    try:
        return parse_int(text)
    except NumError as error:
        return 0 if not error.is_range else -(2**63) if text.startswith("-") else 2**63 - 1


def to_decimal(value: object) -> Int64:
    """Return the number that octal digits mean."""
    text = to_string(value)
    digits = text.lstrip("+-")
    if not digits or len(text) - len(digits) > 1 or digits.strip("01234567"):
        return Int64(0)
    number = int(text, 8)
    return Int64(number if -(2**63) <= number < 2**63 else 0)


def add(*values: object) -> Int64:
    """Return the sum."""
    return Int64(wrap64(sum(map(to_int64, values))))


def add1(value: object) -> Int64:
    """Return the number plus one."""
    return Int64(wrap64(to_int64(value) + 1))


def sub(left: object, right: object) -> Int64:
    """Return the difference."""
    return Int64(wrap64(to_int64(left) - to_int64(right)))


def mul(first: object, *others: object) -> Int64:
    """Return the product."""
    product = to_int64(first)
    for other in others:
        product = wrap64(product * to_int64(other))
    return Int64(product)


def _divide(left: object, right: object) -> tuple[int, int]:
    dividend, divisor = to_int64(left), to_int64(right)
    if divisor == 0:
        raise FunctionError("runtime error: integer divide by zero")
    quotient = abs(dividend) // abs(divisor)
    if (dividend < 0) != (divisor < 0):
        quotient = -quotient
    return wrap64(quotient), dividend - quotient * divisor


def div(left: object, right: object) -> Int64:
    """Return the quotient, cut towards zero."""
    return Int64(_divide(left, right)[0])


def mod(left: object, right: object) -> Int64:
    """Return the remainder, with the dividend's sign."""
    return Int64(_divide(left, right)[1])


def max_(first: object, *others: object) -> Int64:
    """Return the largest int64."""
    return Int64(max(map(to_int64, (first, *others))))


def min_(first: object, *others: object) -> Int64:
    """Return the smallest int64."""
    return Int64(min(map(to_int64, (first, *others))))


def maxf(first: object, *others: object) -> float:
    """Return the largest float64; NaN if there is one."""
    numbers = [to_float64(value) for value in (first, *others)]
    if math.inf in numbers:
        return math.inf
    # of two zeros the positive one is Go's larger
    return math.nan if any(map(math.isnan, numbers)) else max(numbers, key=lambda n: (n, math.copysign(1, n)))


def minf(first: object, *others: object) -> float:
    """Return the smallest float64; NaN if there is one."""
    numbers = [to_float64(value) for value in (first, *others)]
    if -math.inf in numbers:
        return -math.inf
    return math.nan if any(map(math.isnan, numbers)) else min(numbers, key=lambda n: (n, math.copysign(1, n)))


def _decimal(value: object) -> Decimal:
    number = to_float64(value)
    if not math.isfinite(number):
        name = "NaN" if math.isnan(number) else "+Inf" if number > 0 else "-Inf"
        raise FunctionError(f"Cannot create a Decimal from {name}")
    return Decimal(repr(number))


def add1f(value: object) -> float:
    """Return the number plus one."""
    return float(_EXACT.add(_decimal(value), Decimal(1)))


def addf(*values: object) -> float:
    """Return the sum."""
    total = Decimal(0)
    for value in values:
        total = _EXACT.add(total, _decimal(value))
    return float(total) or 0.0  # decimals know no negative zero


def subf(first: object, *others: object) -> float:
    """Return the first number less the others."""
    total = _decimal(first)
    for other in others:
        total = _EXACT.subtract(total, _decimal(other))
    return float(total) or 0.0  # decimals know no negative zero


def mulf(first: object, *others: object) -> float:
    """Return the product."""
    total = _decimal(first)
    for other in others:
        total = _EXACT.multiply(total, _decimal(other))
    return float(total) or 0.0  # decimals know no negative zero


def divf(first: object, *others: object) -> float:
    """Return the quotient to sixteen places, as the decimal library keeps them."""
    total = _decimal(first)
    for other in others:
        divisor = _decimal(other)
        if not divisor:
            raise FunctionError("decimal division by 0")
        total = _EXACT.divide(total, divisor).quantize(_DIVISION_PLACES, rounding=ROUND_HALF_UP, context=_EXACT)
    return float(total) or 0.0  # decimals know no negative zero


def _whole(value: object, step: str) -> float:
    number = to_float64(value)
    if not math.isfinite(number):
        return number
    return math.copysign(float(math.floor(number) if step == "floor" else math.ceil(number)), number)


def floor(value: object) -> float:
    """Return the largest whole number not above."""
    return _whole(value, "floor")


def ceil(value: object) -> float:
    """Return the smallest whole number not below."""
    return _whole(value, "ceil")


def _power_of_ten(exponent: int) -> float:
    """Return ``math.Pow(10, exponent)`` with Go's own rounding (math/pow.go)."""
    fraction, scale = 1.0, 0
    base, base_scale = math.frexp(10)
    left = abs(exponent)
    while left:
        if abs(base_scale) > _HUGE:
            scale += base_scale
            break
        if left & 1:
            fraction *= base
            scale += base_scale
        base *= base
        base_scale *= 2
        if base < 0.5:
            base += base
            base_scale -= 1
        left >>= 1
    if exponent < 0:
        fraction, scale = 1 / fraction, -scale
    try:
        return math.ldexp(fraction, scale)
    except OverflowError:
        return math.inf


_HUGE = 1 << 12


def round_(value: object, places: int, *threshold: float) -> float:
    """Round to decimal places; fractions from ``threshold`` (0.5) up are rounded up."""
    number = to_float64(value)
    power = _power_of_ten(places)
    digit = power * number
    if not math.isfinite(digit):
        return digit / power if power else math.nan
    fraction = math.fmod(digit, 1.0)
    whole = math.ceil(digit) if fraction >= (threshold[0] if threshold else 0.5) else math.floor(digit)
    if not power:
        return math.nan if not whole else math.copysign(math.inf, whole)
    return math.copysign(float(whole), digit) / power if not whole else whole / power


_NUMBERS = "..." + ANY
FUNCTIONS: dict[str, Function] = {
    "int": function(int_, ANY, result="int"),
    "int64": function(int64, ANY, result="int64"),
    "float64": function(float64, ANY, result="float64"),
    "atoi": function(atoi, "string", result="int"),
    "toDecimal": function(to_decimal, ANY, result="int64"),
    "add": function(add, _NUMBERS, result="int64"),
    "add1": function(add1, ANY, result="int64"),
    "sub": function(sub, ANY, ANY, result="int64"),
    "mul": function(mul, ANY, _NUMBERS, result="int64"),
    "div": function(div, ANY, ANY, result="int64"),
    "mod": function(mod, ANY, ANY, result="int64"),
    "max": function(max_, ANY, _NUMBERS, result="int64"),
    "biggest": function(max_, ANY, _NUMBERS, result="int64"),
    "min": function(min_, ANY, _NUMBERS, result="int64"),
    "maxf": function(maxf, ANY, _NUMBERS, result="float64"),
    "minf": function(minf, ANY, _NUMBERS, result="float64"),
    "add1f": function(add1f, ANY, result="float64"),
    "addf": function(addf, _NUMBERS, result="float64"),
    "subf": function(subf, ANY, _NUMBERS, result="float64"),
    "mulf": function(mulf, ANY, _NUMBERS, result="float64"),
    "divf": function(divf, ANY, _NUMBERS, result="float64"),
    "floor": function(floor, ANY, result="float64"),
    "ceil": function(ceil, ANY, result="float64"),
    "round": function(round_, ANY, "int", "...float64", result="float64"),
}
