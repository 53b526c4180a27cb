"""`cloud-init status [--wait] [--long]`, for scripts that ask it."""

import json
import os
import time

from . import paths


def run(arguments: list[str]) -> int:
    """0 done, 1 with errors, as cloud-init ends; 2 when asked for something else."""
    words = [word for word in arguments if not word.startswith("-")]
    if words not in ([], ["status"]):
        print("cloud-init here knows only: cloud-init status [--wait] [--long]")
        return 2
    path = os.path.join(paths.RUN, "result.json")
    while "--wait" in arguments or "-w" in arguments:
        if os.path.exists(path):
            break
        time.sleep(0.1)
    if not os.path.exists(path):
        print("status: running")
        return 0
    with open(path) as file:
        errors = json.load(file)["v1"]["errors"]
    print("status: error" if errors else "status: done")
    if errors and ("--long" in arguments or "-l" in arguments):
        print("errors:\n" + "\n".join(f"  - {each}" for each in errors))
    return 1 if errors else 0
