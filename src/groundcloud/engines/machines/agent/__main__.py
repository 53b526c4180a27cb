"""`init` and `final` are the two stages of a boot, `keys` shows the host keys again when the last one is made, and
`status` is for people, and for scripts that wait."""

import sys


def main() -> int:
    command = sys.argv[1] if len(sys.argv) > 1 else "status"
    if command == "init":
        from .early import run

        return run()
    if command == "final":
        from .final import run as run_final

        return run_final()
    if command == "keys":
        from .final import show_host_keys

        show_host_keys()
        return 0
    from .status import run as run_status

    return run_status(sys.argv[1:])


sys.exit(main())
