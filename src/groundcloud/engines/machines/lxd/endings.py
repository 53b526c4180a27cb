"""How a machine ended, from what liblxc says of its first process. Pure."""

import re

_ENDED = re.compile(r"Child <(\d+)> ended on (signal|error) ?\w*\((\d+)\)")
_SIGNALS = {1: "reboot", 2: "shutdown"}
"""What the kernel ends the first process of a PID namespace with when it calls reboot(2)."""


def ending(log: str, process: int) -> str:
    """`shutdown`, `reboot` or `died`; nothing while the log has not got as far."""
    for found in _ENDED.finditer(log):
        if int(found[1]) == process:
            return _SIGNALS.get(int(found[3]), "died") if found[2] == "signal" else "died"
    return ""
