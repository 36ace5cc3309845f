"""Texts as strangers send them, as every database keeps them."""


def storable(text: str) -> str:
    """Without NUL, which PostgreSQL does not take; a question mark for half a character, which is no Unicode."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
