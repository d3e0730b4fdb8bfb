"""Leaves out invalid requests of Schemathesis that are valid once they are sent."""

import schemathesis


def _is_empty(value: object) -> bool:
    return isinstance(value, (dict, list)) and not value


@schemathesis.hook
def filter_query(context, query):
    """An empty object or list as a parameter is not a part of the address, which is as if it was left out."""
    return not any(_is_empty(value) for value in (query or {}).values())
