"""Names for new manifests, and so for their files: after the customer, in any alphabet."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container

    from reconciler.model.state import CustomerSummary

LONGEST: Final = 80
"""Letters: names may have 253, but somebody has to read them."""

_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|reconciler)(\..*)?")
"""What Windows takes for a device, and what would be taken for the configuration."""

_NO_LETTERS: Final = re.compile(r"[^a-z0-9]+")
_ID_DIGITS: Final = 8


def name_manifest(customer: CustomerSummary, taken: Container[str]) -> str:
    """Name it after the company, else after its domain, else after its id; never a taken name.

    Letters of other alphabets can't stand in a name, so `Łódź` is `lodz`, and a name without any
    Latin letter is the domain's first part.
    """
    domain = (customer.domain or "").partition(".")[0]
    name = next(filter(None, map(_slug, (customer.name, domain))), "customer")
    with_id = (f"{name}-{customer.customer_id[:_ID_DIGITS]}", f"{name}-{customer.customer_id}")
    names = with_id if _RESERVED.fullmatch(name) else (name, *with_id)
    return next(each for each in names if each not in taken)


_PLAIN: Final = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "\u0131": "i",
        "ħ": "h",
    }
)
"""Latin letters that Unicode doesn't take apart."""


def _slug(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    letters = "".join(letter for letter in apart if not unicodedata.combining(letter))
    if any(letter.isalpha() and not letter.isascii() for letter in letters):
        return ""
    return _NO_LETTERS.sub("-", letters)[:LONGEST].strip("-")
