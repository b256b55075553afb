"""Fields of PKI routes: durations, dates, usages and names, validated as the server does it."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from infisical.memory.call import parse_time
from infisical.memory.patterns import parse_pattern
from infisical.memory.pki.x509 import EXTENDED_KEY_USAGES, KEY_USAGES, is_alt_name
from infisical.memory.refusals import bad_request
from infisical.memory.validation import Field, Issues, Path, array, build_type_issue, choice, string

DAY_SECONDS: Final = 86400.0
YEAR_SECONDS: Final = 365.25 * DAY_SECONDS
UNITS: Final = {
    0.001: ("", "ms", "msec", "msecs", "millisecond", "milliseconds"),
    1.0: ("s", "sec", "secs", "second", "seconds"),
    60.0: ("m", "min", "mins", "minute", "minutes"),
    3600.0: ("h", "hr", "hrs", "hour", "hours"),
    DAY_SECONDS: ("d", "day", "days"),
    7 * DAY_SECONDS: ("w", "week", "weeks"),
    YEAR_SECONDS: ("y", "yr", "yrs", "year", "years"),
}
SECONDS: Final = {name: seconds for seconds, names in UNITS.items() for name in names}
FIRST_TIME: Final = parse_time("1950-01-02")
LAST_TIME: Final = parse_time("9999-12-31T23:59:59Z")
"""The first and the last time of a certificate's validity."""
MOST_NAMES: Final = 1000
"""Alternative names in one text."""
MAX_INTEGER: Final = 2**31 - 1
"""The greatest integer of the server's tables."""


# ---- times
def parse_duration(text: str) -> float:
    """Parse a duration such as `90d`, `1y` or `36 hours` into seconds; nan if it is not a duration."""
    match = re.fullmatch(r"(-?(?:\d+(?:\.\d+)?|\.\d+)) *([a-z]*)", text.strip().lower())
    if match is None or match[2] not in SECONDS:
        return math.nan
    return float(match[1]) * SECONDS[match[2]]


def build_ttl_field() -> Field:
    """Build the field of a time to live."""
    return string().where(lambda text: parse_duration(text) > 0, "TTL must be a positive number")


def build_date_field() -> Field:
    """Build the field of a date, with or without a time."""

    def is_date(text: str) -> bool:
        try:
            return FIRST_TIME <= parse_time(text) <= LAST_TIME
        except (ValueError, OverflowError):
            return False

    return string().where(is_date, "Invalid date format")


def add_years(seconds: float, years: int) -> float:
    """Return the same day and hour, some years later."""
    start = datetime.fromtimestamp(seconds, UTC)
    try:
        return start.replace(year=start.year + years).timestamp()
    except ValueError:  # 29 February
        return (start.replace(year=start.year + years, day=28) + timedelta(days=1)).timestamp()


def add_lifetime(start: float, lifetime: float) -> float:
    """Return the end of a validity; refuse an end that no certificate can have."""
    if start + lifetime > LAST_TIME:
        raise bad_request("The certificate would be valid for too long")
    return start + lifetime


# ---- usages
def _map_spellings(usages: dict[str, str]) -> dict[str, str]:
    """Map both spellings of each usage, `keyEncipherment` and `key_encipherment`, to the one that rows have."""
    snakes = {re.sub("(?=[A-Z])", "_", name.replace("cRL", "crl")).lower(): name for name in usages}
    return {name: name for name in usages} | snakes


def _build_usages_field(spellings: dict[str, str]) -> Field:
    one = choice(*spellings)

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if not isinstance(value, list):
            issues.append(build_type_issue("array", value, path))
            return value
        usages = array(one).check(value, path, issues)
        return list(dict.fromkeys(spellings.get(str(usage), str(usage)) for usage in usages))

    return Field(check, expected="array")


def build_key_usages_field() -> Field:
    """Build the field of key usages in either spelling of the server."""
    return _build_usages_field(_map_spellings(KEY_USAGES))


def build_extended_usages_field() -> Field:
    """Build the field of extended key usages in either spelling of the server."""
    return _build_usages_field(_map_spellings(EXTENDED_KEY_USAGES))


# ---- names
def split_names(text: str) -> list[str]:
    """Split a comma-separated text into names."""
    return [name for part in text.split(",") if (name := part.strip())]


def build_alt_names_field() -> Field:
    """Alternative names in one text, with commas between them."""
    message = "Each alt name must be a valid hostname, email address, IP address or URL"
    few = string().where(lambda text: text.count(",") < MOST_NAMES, f"There may be {MOST_NAMES} alt names at most")
    return few.where(lambda text: all(is_alt_name(name) for name in split_names(text)), message)


def build_pattern_field() -> Field:
    """Build the field of a template's regular expression."""

    def is_supported(text: str) -> bool:
        try:
            parse_pattern(text)
        except ValueError:
            return False
        return True

    allowed = "Invalid pattern: only alphanumeric characters, spaces, *, ., @, -, and \\ may be in it"
    return string(least=1, most=100, trim=False, matches=r"[a-zA-Z0-9 *@\-\\.]+", message=allowed).where(
        is_supported, "Unsafe REGEX pattern"
    )
