#!/usr/bin/env python3
"""Deploy `signup` through the AWS API: machines, database, names, a health check and a page for when it fails.

It runs wherever boto3 finds credentials and a Region. Run again, it continues where it was; `--delete` takes it down.
"""

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from botocore.exceptions import BotoCoreError, ClientError
from signup_deployment import database, ground, names, web
from signup_deployment.plan import Plan, Step, StepFailed

STEPS = (
    Step("network", ground.make_network, ground.keep),
    Step("security groups", ground.make_groups, ground.delete_groups),
    Step("key pair", ground.make_key_pair, ground.delete_key_pair),
    Step("bucket", ground.make_bucket, ground.delete_bucket),
    Step("role", ground.make_role, ground.delete_role),
    Step("database", database.make, database.delete),
    Step("web machine", web.make_machine, web.delete_machine),
    Step("elastic address", web.make_address, web.delete_address),
    Step("application", web.wait_for_application, ground.keep),
    Step("hosted zone", names.make_zone, names.delete_zone),
    Step("health check", names.make_health_check, names.delete_health_check),
    Step("alarm", names.make_alarm, names.delete_alarm),
    Step("maintenance page", names.make_maintenance, names.delete_maintenance),
    Step("failover", names.make_failover, ground.keep),
)


def main() -> int:
    options = arguments()
    plan = Plan(
        name=options.name,
        domain=options.domain.strip("."),
        email=options.email,
        key_file=options.key_file or Path(f"{options.name}.pem"),
        ssh_from=options.ssh_from,
        database=options.database,
        alarm=options.alarm,
    )
    begun = time.monotonic()
    if not (take_down if options.delete else deploy)(plan):
        return 1
    print(f"Done in {time.monotonic() - begun:.0f} s.", flush=True)
    if options.json:
        options.json.write_text(json.dumps({**plan.found, "host": plan.host, "bucket": plan.bucket}))
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="signup", help="how everything is called (signup)")
    parser.add_argument("--domain", default="signup.test", help="the hosted zone; at AWS a domain of your own")
    parser.add_argument("--email", default="admin@example.com", help="who is told when the site fails")
    parser.add_argument("--key-file", type=Path, help="where the private key of ssh goes (NAME.pem)")
    parser.add_argument("--ssh-from", default="0.0.0.0/0", metavar="CIDR", help="who may try ssh (everybody)")
    parser.add_argument(
        "--database", choices=("rds", "machine"), default="rds", help="RDS in two zones, or MariaDB on a machine"
    )
    parser.add_argument("--no-alarm", dest="alarm", action="store_false", help="a topic for mails, but no alarm")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found to a file")
    parser.add_argument("--delete", action="store_true", help="take everything down")
    return parser.parse_args()


def deploy(plan: Plan) -> bool:
    """Make each part that is not there. False, and said why, where one fails."""
    for number, step in enumerate(STEPS):
        begun = time.monotonic()
        print(f"  {step.title:17}", end="", flush=True)
        try:
            said = step.make(plan)
        except (ClientError, BotoCoreError, StepFailed, OSError) as error:
            print(f"failed\n\n{error}\n", flush=True)
            print(f"Done before: {', '.join(each.title for each in STEPS[:number]) or 'nothing'}.")
            print("Run the same command again: it goes on here. With --delete it takes down what is there.", flush=True)
            return False
        print(f"{time.monotonic() - begun:5.1f} s  {said}", flush=True)
    return True


def take_down(plan: Plan) -> bool:
    """Delete each part, the last one first: later parts stand on earlier ones."""
    for step in reversed(STEPS):
        if step.delete is ground.keep:
            continue
        begun = time.monotonic()
        print(f"  {step.title:17}", end="", flush=True)
        try:
            step.delete(plan)
        except (ClientError, BotoCoreError, StepFailed) as error:
            print(f"failed\n\n{error}\n\nRun the same command again: it goes on here.", flush=True)
            return False
        print(f"{time.monotonic() - begun:5.1f} s  deleted", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
