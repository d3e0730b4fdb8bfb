"""Decodes each message with the generated classes and writes it again, or writes `refused` if they do not accept it."""

import json
import math
import sys
from datetime import datetime
from enum import Enum
from typing import Union, get_args

import messages
from pydantic import BaseModel, TypeAdapter


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


def classes_by_type():
    """Returns the classes with each value of `type`. Some have a number in their name, which the generator chooses."""
    found = {}
    for value in vars(messages).values():
        if isinstance(value, type) and issubclass(value, BaseModel) and "type" in value.model_fields:
            for kind in get_args(value.model_fields["type"].annotation):
                found.setdefault(kind, []).append(value)
    return found


OWN = {kind: TypeAdapter(Union[tuple(found)]) for kind, found in classes_by_type().items()}
ANY = TypeAdapter(messages.LiveGatewayMessage)

for line in sys.stdin:
    for find_type in (lambda text: OWN[json.loads(text)["type"]], lambda _: ANY):
        try:
            decoded = find_type(line).validate_json(line)
            print(json.dumps(to_json(decoded.model_dump(exclude_unset=True, by_alias=True))))
        except ValueError as error:  # Of JSON, or of pydantic.
            print("refused:", str(error).splitlines()[0])
