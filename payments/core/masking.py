"""What is shown or kept in place of personal data: enough to tell two values apart."""


def mask(text: str) -> str:
    """Keep the ends of a text so that two values can still be told apart: ho***23."""
    if len(text) <= 4:
        return "***"
    return f"{text[:2]}***{text[-2:]}"


def mask_email(address: str) -> str:
    """hong@example.com -> ho***@example.com."""
    name, at, domain = address.partition("@")
    return f"{name[:2]}***{at}{domain}" if at else mask(address)
