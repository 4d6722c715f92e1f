"""What may differ between two answers that are the same: tokens, nonces, names of assets, and blank
space where a browser shows none.

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
# Blank space around these begins or ends a line of its own, or stands between cells.
_BLOCKS = (
    "table|caption|thead|tbody|tfoot|tr|th|td|dl|dt|dd|ul|ol|li|div|p|h[1-6]|section|article|header|"
    "footer|main|nav|form|fieldset|legend|details|summary|option|optgroup"
)
_AROUND_BLOCKS = re.compile(rf"\s*(</?(?:{_BLOCKS})\b[^>]*>)\s*")


def normal(text: str) -> str:
    """The text as it is compared."""
    text = _AROUND_BLOCKS.sub(r"\n\1\n", text)
    for pattern, words in _RULES:
        text = pattern.sub(words, text)
    loaded = sorted(set(_LOADED.findall(text)))
    return _LOADED.sub("", text) + "".join(f"\nLoads {kind}" for kind in loaded)
