"""PostgreSQL: its cluster, its configuration, its roles, and its replication."""

import contextlib
import json
import os
import time
from typing import Any

from . import logins, system
from .marks import Marks
from .system import DATA, RUN

_BIN = "/usr/lib/postgresql/15/bin"
_HOME = DATA + "/pg"
_STANDBY, _RECOVERY = _HOME + "/standby.signal", _HOME + "/recovery.signal"
_ADMIN = "rdsadmin"
_REPLICATION = "rdsrepladmin"

_ACCESS = f"""\
local  all          {_ADMIN}        peer map=agent
hostssl replication {_REPLICATION}  all  scram-sha-256
host   all          {_ADMIN}        all  reject
host   all          {_REPLICATION}  all  reject
{{tokens}}{{kind}}   all          all             all  scram-sha-256
"""

_TOKENS = f"""\
hostssl   all +rds_iam all ldap ldapserver=127.0.0.1 ldapport={logins.PORT} ldapprefix="" ldapsuffix=""
hostnossl all +rds_iam all reject
"""
"""Where IAM authentication is enabled, who was granted `rds_iam` logs in with a token, by TLS, and in no other way.
Source: "Creating a database account using IAM authentication" in the RDS user guide."""

_ROLES = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_superuser') THEN
    CREATE ROLE rds_superuser NOLOGIN;
    GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO rds_superuser WITH ADMIN OPTION;
    CREATE ROLE rds_replication NOLOGIN;
    CREATE ROLE rds_iam NOLOGIN;
    CREATE ROLE rds_password NOLOGIN;
    GRANT rds_replication, rds_password TO rds_superuser WITH ADMIN OPTION;
  END IF;
  IF pg_has_role('rds_superuser', 'rds_iam', 'MEMBER') THEN
    REVOKE rds_iam FROM rds_superuser;
  END IF;
END $$;
"""
"""RDS's own roles. Source: "Understanding the rds_superuser role" in the RDS user guide."""


class Postgres:
    """The server of this machine. Every method may be repeated at no harm."""

    def __init__(self) -> None:
        self._users: object = None
        """What the roles were last made for."""
        self._marks = Marks()
        self._closing = ("", 0.0)
        """The segment that the last mark has closed, and the mark's time."""
        logins.answer()

    # -- what should be

    def apply(self, wanted: dict[str, Any], *, restart: bool) -> None:
        system.folder(RUN, "postgres", 0o755)
        system.folder(system.LOGS, "postgres", 0o755)
        system.folder(f"{system.LOGS}/error", "postgres", 0o755)
        fresh = system.first("machine")
        if not os.path.exists(_HOME + "/PG_VERSION"):
            self._make()
        if fresh:
            self._forget_former_life()
        follows = wanted["role"] != "primary"
        if follows and not os.path.exists(_STANDBY) and (fresh or not system.runs()):
            system.write(_STANDBY, "", "postgres")
        if fresh and wanted["restore"]:
            system.write(_RECOVERY, "", "postgres")
        self._configure(wanted)
        system.done("machine")
        if restart:
            system.stop()
        self._run()
        if not follows:
            if os.path.exists(_STANDBY):
                self._promote()
            self._make_users(wanted)

    def _run(self) -> None:
        """Have the server run with its configuration as it is now, and all logs applied where that was asked for."""
        running, recovers = system.runs(), os.path.exists(_RECOVERY)
        if running and not recovers:
            self._sql("SELECT pg_reload_conf()")
        elif not running:
            system.start("postgres", [f"{_BIN}/postgres", "-D", _HOME], "KillSignal=SIGINT", "KillMode=mixed")
        if recovers:
            self._recover()

    def _make(self) -> None:
        made = _HOME + ".new"
        if os.path.exists(made):
            system.run(["rm", "-r", made])
        system.folder(made, "postgres")
        system.run(
            [f"{_BIN}/initdb", "-D", made, "-U", _ADMIN, "--encoding=UTF8", "--locale=C.UTF-8", "--auth-local=peer",
             "--auth-host=scram-sha-256"], "postgres",
        )  # fmt: skip
        os.rename(made, _HOME)

    @staticmethod
    def _forget_former_life() -> None:
        """Of a snapshot, whose server ran and perhaps followed another one."""
        for name in ("postmaster.pid", "standby.signal", "recovery.signal"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{_HOME}/{name}")

    def _configure(self, wanted: dict[str, Any]) -> None:
        tls = wanted["tls"]
        system.write(_HOME + "/server.crt", tls["certificate"], "postgres")
        system.write(_HOME + "/server.key", tls["key"], "postgres")
        system.write(_HOME + "/ca.crt", tls["ca"], "postgres")
        kind = "hostssl" if wanted["tls_only"] else "host   "
        system.write(
            _HOME + "/pg_hba.conf", _ACCESS.format(kind=kind, tokens=_TOKENS if wanted["iam"] else ""), "postgres"
        )
        system.write(_HOME + "/pg_ident.conf", f"agent postgres {_ADMIN}\n", "postgres")
        settings = {
            **wanted["settings"],
            **_archiving(wanted),
            "listen_addresses": "*",
            "port": str(wanted["port"]),
            "unix_socket_directories": RUN,
            "ssl": "on",
            "ssl_cert_file": "server.crt",
            "ssl_key_file": "server.key",
            "cluster_name": wanted["machine"],
            "wal_level": "replica",
            "hot_standby": "on",
            "wal_log_hints": "on",
            "max_wal_senders": "20",
            "max_replication_slots": "20",
            "wal_keep_size": "1GB",
            "wal_sender_timeout": "5s",
            "wal_receiver_timeout": "5s",
            "wal_retrieve_retry_interval": "500ms",
            "logging_collector": "on",
            "log_directory": system.LOGS + "/error",
            "log_filename": "postgresql.log.%Y-%m-%d-%H",
            "log_rotation_age": "60",
            "log_line_prefix": "%t:%r:%u@%d:[%p]:",
            "log_timezone": "UTC",
            "synchronous_standby_names": _standbys(wanted["synchronous"]),
            "recovery_target_timeline": "latest",
        }
        if wanted["restore"] and os.path.exists(_RECOVERY):
            settings.update(_recovering(wanted))
        source = wanted.get("source")
        if source:
            passwords = f"*:*:*:{_REPLICATION}:{wanted['replication_password']}\n"
            system.write(DATA + "/.pgpass", passwords, "postgres")
            settings["primary_conninfo"] = (
                f"host={source['host']} port={source['port']} user={_REPLICATION} passfile={DATA}/.pgpass "
                f"sslmode=require connect_timeout=3 keepalives_idle=2 keepalives_interval=1 keepalives_count=3 "
                f"application_name={wanted['machine']}"
            )
        lines = (f"{name} = {_quoted(value)}\n" for name, value in sorted(settings.items()))
        system.write(_HOME + "/groundcloud.conf", "".join(lines), "postgres")
        system.write(_HOME + "/postgresql.conf", "include 'groundcloud.conf'\n", "postgres")

    def _recover(self) -> None:
        """Wait until the logs are applied. The server counts as started before that."""
        while True:
            if not system.runs():
                raise system.Failed(f"the recovery has failed: {_last_words()}")
            if not os.path.exists(_RECOVERY):
                with contextlib.suppress(system.Failed):
                    self._sql("SELECT 1")
                    return
            time.sleep(0.05)

    def _promote(self) -> None:
        self._sql("SELECT pg_promote(true, 600)")
        last = time.monotonic() + 60
        while os.path.exists(_STANDBY):
            if time.monotonic() > last:
                raise system.Failed("the promotion takes too long")
            time.sleep(0.02)

    def _make_users(self, wanted: dict[str, Any]) -> None:
        users = (wanted["master_user"], wanted["master_password"], wanted["replication_password"], wanted["database"])
        if self._users == users:
            return
        master, password = _name(wanted["master_user"]), _quoted(wanted["master_password"])
        statements = [
            "SET log_statement = 'none'; SET log_min_error_statement = 'panic'; SET log_min_duration_statement = -1;",
            "SET synchronous_commit = local; SET password_encryption = 'scram-sha-256';",
            _ROLES,
            _role(_REPLICATION, "LOGIN REPLICATION"),
            f"ALTER ROLE {_REPLICATION} PASSWORD {_quoted(wanted['replication_password'])};",
            _role(wanted["master_user"], "LOGIN CREATEDB CREATEROLE"),
            f"GRANT rds_superuser TO {master};",
            f"ALTER ROLE {master} PASSWORD {password} VALID UNTIL 'infinity';",
            f"ALTER DATABASE postgres OWNER TO {master};",
            f"ALTER DATABASE template1 OWNER TO {master};",
        ]
        self._sql("\n".join(statements))
        name = wanted["database"]
        known = self._sql("SELECT datname FROM pg_database").split("\n")
        if name and name not in known:
            self._sql(f"CREATE DATABASE {_name(name)} OWNER {master}")
        self._users = users

    def turn_logs(self) -> None:
        """PostgreSQL begins a new file each hour by itself."""

    def archived(self, wanted: dict[str, Any]) -> float:
        """Up to when all that was committed is in the archive (Unix time); 0 where that is not known.

        A mark is a transaction of its own after that time, so that a recovery finds a commit at which it has gone far
        enough, and the segment is closed behind it.
        """
        if wanted["role"] != "primary" or not wanted["archive"]:
            self._marks = Marks()
            return 0.0
        if self._marks.due(lambda: self._sql("SELECT pg_current_wal_insert_lsn()", seconds=5).strip()):
            moment, _, segment, position = self._sql(_MARK, seconds=5).split()
            self._closing = segment, float(moment)
            self._marks.set(position)
        segment, at = self._closing  # its file says `.ready` until it is archived
        if self._marks.pending and not os.path.exists(f"{_HOME}/pg_wal/archive_status/{segment}.ready"):
            self._marks.reached(at)
        return self._marks.last

    def pending(self, wanted: dict[str, Any]) -> bool:
        """Whether the archive is about to be brought up to now."""
        return bool(wanted["archive"]) and wanted["role"] == "primary" and self._marks.pending

    # -- what is

    def status(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Whether it serves, in which role, and who follows it."""
        found = json.loads(self._sql(_STATUS, seconds=5))
        role = "standby" if found["standby"] else "primary"
        followers: dict[str, Any] = found["followers"] or {}
        if role == "primary":
            settled = all(followers.get(each) == "sync" for each in wanted["synchronous"])
            settled = settled and all(each in followers for each in wanted["followers"])
        else:
            settled = found["receiver"] == "streaming"
        return {
            "ready": True,
            "settled": settled and role == ("primary" if wanted["role"] == "primary" else "standby"),
            "role": role,
            "followers": followers,
            "streaming": found["receiver"] == "streaming",
            "position": found["position"],
            "lag": found["lag"],
            "server_version": found["version"],
            "pending_restart": found["pending"] or [],
            "connections": found["connections"],
        }

    def _sql(self, text: str, seconds: float = 600) -> str:
        words = [
            f"{_BIN}/psql",
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            RUN,
            "-p",
            _port(),
            "-U",
            _ADMIN,
        ]
        return system.run([*words, "-d", "postgres", "-f", "-"], "postgres", text, seconds)


_MARK = """
SET synchronous_commit = local;
SELECT extract(epoch FROM clock_timestamp());
SELECT txid_current();
SELECT pg_walfile_name(pg_switch_wal());
SELECT pg_current_wal_insert_lsn();
"""

_STATUS = """
SELECT json_build_object(
  'standby', pg_is_in_recovery(),
  'version', current_setting('server_version'),
  'receiver', (SELECT status FROM pg_stat_wal_receiver),
  'position', CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
  'lag', CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
              ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END,
  'followers', (SELECT json_object_agg(application_name, CASE WHEN state = 'streaming' THEN sync_state ELSE state END)
                FROM pg_stat_replication),
  'connections', (SELECT count(*) FROM pg_stat_activity
                  WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()),
  'pending', (SELECT json_agg(name) FROM pg_settings WHERE pending_restart));
"""


def _last_words() -> str:
    """What the server has written down of its end."""
    with open(system.LOGS + "/postgresql.log", errors="replace") as file:
        lines = [line for line in file.readlines()[-50:] if "FATAL" in line]
    return lines[-1].strip() if lines else "it has ended"


def _port() -> str:
    """The port of the running server, which names its socket."""
    with open(_HOME + "/groundcloud.conf") as file:
        for line in file:
            name, _, value = line.partition(" = ")
            if name == "port":
                return value.strip().strip("'")
    return "5432"


def _archiving(wanted: dict[str, Any]) -> dict[str, str]:
    """A standby archives too: what its primary had closed and not yet archived when it died. A standby knows only
    from its settings whether anybody is to archive, so that turning it on or off needs no restart."""
    command = _program(wanted, 'put "%p" "%f"') if wanted["archive"] else "/bin/true"
    return {"archive_mode": "always", "archive_command": command}


def _recovering(wanted: dict[str, Any]) -> dict[str, str]:
    """From a snapshot and the logs of its source to a moment; nobody reads meanwhile, so that settings which are
    smaller than the source's do no harm."""
    return {
        "restore_command": _program(wanted, 'get "%f" "%p"'),
        "recovery_target_time": system.moment(wanted["restore"]["microseconds"]) + "+00",
        "recovery_target_action": "promote",
        "hot_standby": "off",
    }


def _program(wanted: dict[str, Any], words: str) -> str:
    return f"PYTHONPATH=/usr/lib/groundcloud exec python3 -S -m database.archive {wanted['machine']} {words}"


def _standbys(names: list[str]) -> str:
    return "FIRST 1 ({})".format(", ".join(f'"{name}"' for name in names)) if names else ""


def _role(name: str, options: str) -> str:
    return (
        f"DO $x$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {_quoted(name)}) THEN "
        f"CREATE ROLE {_name(name)} {options}; END IF; END $x$;"
    )


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted(value: str) -> str:
    return "'" + str(value).replace("'", "''") + "'"
