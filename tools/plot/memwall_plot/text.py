"""Numbers and names as figures show them."""

import math
import re

MINUS = "\u2212"


def significant(value, digits=3):
    """`989`, `66.9`, `3.35`: so many digits, and no exponent."""
    if value == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{places}f}"
    # 9.996 has one digit more once it is rounded.
    if places and len(text.replace(".", "").replace("-", "").lstrip("0")) > digits:
        text = f"{value:.{places - 1}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain(value):
    """A tick of a logarithmic axis: `1,000`, `0.01`."""
    return f"{value:,.0f}" if value >= 1 else significant(value)


def with_prefix(value, unit, base=1000):
    """`3.35 TB/s`, `80 GiB`."""
    prefixes = ["", "k", "M", "G", "T", "P", "E"] if base == 1000 else ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
    step = 0
    while abs(value) >= 0.9995 * base and step + 1 < len(prefixes):
        value /= base
        step += 1
    return f"{significant(value)} {prefixes[step]}{unit}"


def bytes_text(value):
    return with_prefix(value, "B", 1024)


def share_text(share):
    """`41 %`, `2.3 %`, `<0.1 %`."""
    percent = 100 * share
    if percent >= 9.95:
        return f"{percent:.0f} %"
    return f"{percent:.1f} %".replace(".0 ", " ") if percent >= 0.1 else "<0.1 %"


def shorten(name, most):
    """At most so many characters: brackets go first, then what does not fit in the middle."""
    if len(name) <= most:
        return name
    short = re.sub(r"\s*[\(\[][^)\]]*[\)\]]", "", name).strip() or name
    if len(short) <= most:
        return short
    head = round(0.6 * most)
    tail = most - 1 - head
    return short[:head].rstrip(" .-_") + "\u2026" + short[len(short) - tail:].lstrip(" .-_")


# Words that say nothing a reader of a figure does not know, but before a bare number.
BRANDS = re.compile(r"^(NVIDIA|AMD|Intel|Google|Tesla|GeForce|Instinct|Radeon|Xeon|Quadro)\s+(?!\d+$)(?=\S)")


def device_label(name, most=22):
    """`Tesla V100 SXM2 32GB` is `V100 SXM2 32GB`."""
    name, previous = re.sub(r"\s*\([^)]*\)", "", name) or name, None
    while name != previous:
        previous, name = name, BRANDS.sub("", name)
    return shorten(name, most)


def distinct_names(names, most, short=shorten):
    """Short forms of names by name: longer than `most` only where two names would become one."""
    names = list(dict.fromkeys(map(str, names)))

    def form(name):
        for length in range(most, max(most, len(name)) + 1):
            candidate = short(name, length)
            if all(short(other, length) != candidate for other in names if other != name):
                return candidate
        return name

    return {name: form(name) for name in names}


def wrap(text, fits):
    """Broken at blanks into lines of which `fits` says yes, as far as that goes."""
    lines = []
    for word in text.split():
        if lines and fits(lines[-1] + " " + word):
            lines[-1] += " " + word
        else:
            lines.append(word)
    return "\n".join(lines)


def operator_name(path, most=18):
    """The telling end of an operator's path: `decoder.ffn.up` is `ffn.up`."""
    return shorten(".".join(path.split(".")[-2:]), most)


def year_of(date):
    """The year of an ISO date or of a bare year, as a number; nothing where there is none."""
    found = re.match(r"\d{4}", date)
    return int(found.group()) if found else None
