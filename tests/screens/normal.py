"""What may differ between two answers that are the same: tokens, nonces, names of assets.

Nothing else is taken out: randomness and time are held still while the pages are made (`still`).
"""

import re

# Sizes follow from the body; cookies are named below, their values are sessions and signatures.
HEADERS_LEFT_OUT = frozenset({"Content-Length", "Set-Cookie"})

_RULES = (
    # Masked anew for each page.
    (re.compile(r'(name="csrfmiddlewaretoken" value=")[^"]*'), r"\1TOKEN"),
    (re.compile(r"('nonce-|\bnonce=\")[^'\"]+"), r"\1NONCE"),
    # How long a call took, in a line of the log.
    (re.compile(r"\bms=\d+"), "ms=0"),
    # A file of ours may have moved: only its kind is compared.
    (re.compile(r"/static/[^\s\"'<>()&?]*?(\.\w+)(?=[\"'\s<>()&?])"), r"ASSET\1"),
)
# And of what a page loads, which kinds there are: files may have been divided or put together.
_LOADED = re.compile(r"\s*<(?:link|script)\b[^>]*\b(ASSET\.(?:css|js))[^>]*>(?:</script>)?")


def normal(text: str) -> str:
    """The text as it is compared."""
    for pattern, words in _RULES:
        text = pattern.sub(words, text)
    loaded = sorted(set(_LOADED.findall(text)))
    return _LOADED.sub("", text) + "".join(f"\nLoads {kind}" for kind in loaded)
