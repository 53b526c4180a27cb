"""Labels of versions."""

import re
from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ssm import errors, names
from groundcloud.services.ssm.parameters import numbered
from groundcloud.services.ssm.records import Parameter

_LABEL = re.compile(r"(?!\d)(?!aws|ssm)[a-z0-9._-]{1,100}", re.IGNORECASE)
_MOST = 10


@operation(on=names.parameter)
def label_parameter_version(ctx: Context, name: str, labels: Sequence[str], parameter_version: int = 0) -> object:
    """A label moves from whichever version has it. What cannot be a label is listed in the answer."""
    found = ctx.find(Parameter, names.selected(ctx, name).name)
    number = numbered(ctx, found, parameter_version or found.latest).number
    valid = [label for label in labels if _LABEL.fullmatch(label)]
    after = {**found.labels, **dict.fromkeys(valid, number)}
    if sum(1 for each in after.values() if each == number) > _MOST:
        raise errors.TooManyLabels()
    found.labels = after
    ctx.put(found)
    return {"invalid_labels": [label for label in labels if label not in valid], "parameter_version": number}


@operation(on=names.parameter)
def unlabel_parameter_version(ctx: Context, name: str, parameter_version: int, labels: Sequence[str]) -> object:
    found = ctx.find(Parameter, names.selected(ctx, name).name)
    number = numbered(ctx, found, parameter_version).number
    removed = [label for label in labels if found.labels.get(label) == number]
    found.labels = {label: each for label, each in found.labels.items() if label not in removed}
    ctx.put(found)
    return {"removed_labels": removed, "invalid_labels": [label for label in labels if label not in removed]}
