"""Decodes each message with the generated classes and writes it again, or writes `refused` if they do not accept it."""

import json
import math
import sys
from datetime import datetime
from enum import Enum

from messages import Message
from pydantic import ValidationError


def to_json(value):
    """Converts a decoded value to one that JSON can represent. Pydantic itself would write a float that is not finite as null."""
    if isinstance(value, dict):
        return {name: to_json(field) for name, field in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, datetime) else value


for line in sys.stdin:
    try:
        print(json.dumps(to_json(Message.model_validate_json(line).model_dump(exclude_unset=True))))
    except ValidationError:
        print("refused")
