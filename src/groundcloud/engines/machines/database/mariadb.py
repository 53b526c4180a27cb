"""MariaDB: its files, its configuration, its users, and its replication by global transaction ids."""

import os
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from . import binlogs, logins, logs, plugin, system
from .system import DATA, RUN

_HOME = DATA + "/mysql"
_BINLOG = binlogs.FOLDER
_SOCKET = RUN + "/mysql.sock"
_CONFIG = DATA + "/my.cnf"
_PLUGINS = "/usr/lib/mysql/plugin"
_REPLICATION = "rdsrepladmin"

_PRIVILEGES = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, "
    "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, "
    "CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER, DELETE HISTORY, SLAVE MONITOR"
)
"""Source: "Master user account privileges" in the RDS user guide."""


_OPTIONS = {"time_zone": "default_time_zone", "tx_isolation": "transaction_isolation"}
"""Variables that have another name in the file."""

_LOGS = ("error/mysql-error.log", "slowquery/mysql-slowquery.log", "general/mysql-general.log")


_CLIENT = ("mariadb", "--no-defaults", "--batch", f"--socket={_SOCKET}", "--user=root")

_REPLAYING = {
    "skip_networking": "ON",
    "event_scheduler": "OFF",
    "read_only": "OFF",
    "sync_binlog": "0",
    "innodb_flush_log_at_trx_commit": "0",
    "max_allowed_packet": "1G",
}
"""How the server runs while logs are applied."""


class MariaDb:
    """The server of this machine. Every method may be repeated at no harm."""

    def __init__(self) -> None:
        self._users: object = None
        self._source: object = None
        self._settings: dict[str, str] = {}
        self._logs = binlogs.BinaryLogs(self._sql)

    # -- what should be

    def apply(self, wanted: dict[str, Any], *, restart: bool) -> None:
        for path in (RUN, system.LOGS, *(f"{system.LOGS}/{each}" for each in logs.FOLDERS)):
            system.folder(path, "mysql", 0o755)
        system.folder(_BINLOG, "mysql")
        fresh = system.first("machine")
        if not os.path.exists(_HOME + "/mysql"):
            self._make()
        if wanted["restore"] and system.first("restored"):
            self._restore(wanted)
        self._configure(wanted)
        running = system.runs()
        if running and restart:
            system.stop()
            running = False
        if not running:
            self._start()
            self._source = None
        else:
            self._change_settings(wanted["settings"])
        self._settings = dict(wanted["settings"])
        if fresh:
            self._sql("STOP SLAVE; RESET SLAVE ALL;")
            system.done("machine")
        if wanted["role"] == "primary":
            self._lead(wanted)
        else:
            self._follow(wanted, fresh)
        self._logs.keep(wanted)

    def _restore(self, wanted: dict[str, Any]) -> None:
        """From a snapshot and the logs of its source to a moment, by a server that only this program reaches. It syncs
        nothing: should the host fail, the logs are there still."""
        if system.runs():
            system.stop()
        self._configure(wanted, _REPLAYING)
        self._start()
        self._sql("STOP SLAVE; RESET SLAVE ALL;")
        client = [*_CLIENT, "--skip-column-names", "--unbuffered", "--max-allowed-packet=1G", "--binary-mode"]
        stop = -(-wanted["restore"]["microseconds"] // 1_000_000)  # the times in these logs are whole seconds
        binlogs.Replay(self._sql, client, wanted["machine"], system.moment(stop * 1_000_000)).run()
        system.stop()
        system.done("restored")

    @staticmethod
    def _start() -> None:
        system.start("mysql", ["/usr/sbin/mariadbd", f"--defaults-file={_CONFIG}"])

    def archived(self, wanted: dict[str, Any]) -> float:
        """Up to when all that was committed is in the archive (Unix time); 0 where that is not known."""
        return self._logs.archived()

    def pending(self, wanted: dict[str, Any]) -> bool:
        """Whether the archive is about to be brought up to now."""
        return self._logs.pending()

    def _make(self) -> None:
        made = _HOME + ".new"
        if os.path.exists(made):
            system.run(["rm", "-r", made])
        system.folder(made, "mysql")
        system.run(["mariadb-install-db", "--no-defaults", f"--datadir={made}", "--user=mysql", "--skip-test-db",
                    "--auth-root-authentication-method=socket", "--skip-name-resolve"])  # fmt: skip
        os.rename(made, _HOME)

    def _configure(self, wanted: dict[str, Any], more: Mapping[str, str] = MappingProxyType({})) -> None:
        tls = wanted["tls"]
        for name in ("certificate", "key", "ca"):
            system.write(f"{DATA}/server.{name}.pem", tls[name], "mysql")
        settings = {
            **wanted["settings"],
            "datadir": _HOME,
            "socket": _SOCKET,
            "pid_file": RUN + "/mysql.pid",
            "port": str(wanted["port"]),
            "bind_address": "0.0.0.0",  # noqa: S104 - security groups decide who reaches it
            "server_id": str(wanted["server_id"]),
            "log_bin": _BINLOG + "/mysql-bin",
            "relay_log": _BINLOG + "/relay",
            "log_slave_updates": "ON",
            "max_binlog_size": "128M",
            "sync_binlog": "1",
            "sync_relay_log": "1",
            "innodb_flush_log_at_trx_commit": "1",
            "gtid_strict_mode": "ON",
            "rpl_semi_sync_master_wait_point": "AFTER_SYNC",
            "rpl_semi_sync_slave_enabled": "ON" if wanted["waited_for"] else "OFF",
            "slave_net_timeout": "5",
            "skip_name_resolve": "ON",
            "skip_slave_start": "ON",
            "log_error": f"{system.LOGS}/{_LOGS[0]}",
            "slow_query_log_file": f"{system.LOGS}/{_LOGS[1]}",
            "general_log_file": f"{system.LOGS}/{_LOGS[2]}",
            "ssl_cert": f"{DATA}/server.certificate.pem",
            "ssl_key": f"{DATA}/server.key.pem",
            "ssl_ca": f"{DATA}/server.ca.pem",
        }
        if wanted["tls_only"]:
            settings["require_secure_transport"] = "ON"
        if wanted["role"] != "primary":
            settings["read_only"] = "ON"
        if _tokens(wanted["machine"]):
            settings["plugin_load_add"] = "auth_rds"
            settings["loose_awsauthenticationplugin_use_cleartext_plugin"] = "ON"
        settings.update(more)
        lines = "".join(f"{_OPTIONS.get(name, name)} = {value}\n" for name, value in sorted(settings.items()))
        system.write(_CONFIG, f"[mysqld]\n{lines}", "mysql")

    def _change_settings(self, settings: dict[str, str]) -> None:
        """Dynamic ones at once; those that only a start reads are in the file, for then."""
        for name, value in settings.items():
            if self._settings.get(name) != value:
                number = value.lstrip("-").replace(".", "", 1).isdigit()
                try:
                    self._sql(f"SET GLOBAL {name} = {value if number else _quoted(value)};")
                except system.Failed as error:
                    if "read only" not in str(error):
                        raise

    def _lead(self, wanted: dict[str, Any]) -> None:
        if self._source != "none":
            slave = self._slave()
            if slave:
                self._catch_up(slave)
                self._sql("STOP SLAVE; RESET SLAVE ALL;")
            self._sql("SET GLOBAL read_only = OFF;")
            self._source = "none"
        users = (wanted["master_user"], wanted["master_password"], wanted["replication_password"], wanted["database"])
        if self._users != users:
            self._make_users(wanted)
            self._users = users
        on = "ON" if wanted["synchronous"] else "OFF"
        self._sql(
            f"SET GLOBAL rpl_semi_sync_master_timeout = 1000000000;\nSET GLOBAL rpl_semi_sync_master_enabled = {on};"
        )

    def _catch_up(self, slave: dict[str, str]) -> None:
        """All that has been received is to be there before it leads."""
        self._sql("STOP SLAVE IO_THREAD;")
        last = time.monotonic() + 600
        while True:
            slave = self._slave()
            received, applied = slave.get("Gtid_IO_Pos", ""), self._sql("SELECT @@gtid_slave_pos").strip()
            if received in ("", applied) or slave.get("Slave_SQL_Running") != "Yes":
                return
            if time.monotonic() > last:
                raise system.Failed("what was received cannot be applied")
            time.sleep(0.02)

    def _follow(self, wanted: dict[str, Any], fresh: bool) -> None:
        source = wanted["source"]
        on = "ON" if wanted["waited_for"] else "OFF"  # else the primary would wait for whoever is first to have it
        target = (source["host"], source["port"], wanted["replication_password"], on)
        if self._source == target and not fresh:
            return
        self._sql("SET GLOBAL read_only = ON; SET GLOBAL rpl_semi_sync_master_enabled = OFF; STOP SLAVE;")
        self._sql(f"SET GLOBAL rpl_semi_sync_slave_enabled = {on};")
        if fresh:
            self._sql("SET GLOBAL gtid_slave_pos = @@gtid_binlog_pos;")
        self._sql(
            f"CHANGE MASTER TO MASTER_HOST = {_quoted(source['host'])}, MASTER_PORT = {int(source['port'])}, "
            f"MASTER_USER = '{_REPLICATION}', MASTER_PASSWORD = {_quoted(wanted['replication_password'])}, "
            "MASTER_USE_GTID = slave_pos, MASTER_SSL = 1, MASTER_SSL_VERIFY_SERVER_CERT = 0, MASTER_CONNECT_RETRY = 1, "
            "MASTER_HEARTBEAT_PERIOD = 1; START SLAVE;"
        )
        self._source = target

    def _make_users(self, wanted: dict[str, Any]) -> None:
        master = f"{_quoted(wanted['master_user'])}@'%'"
        statements = [
            f"CREATE USER IF NOT EXISTS '{_REPLICATION}'@'%';",
            f"ALTER USER '{_REPLICATION}'@'%' IDENTIFIED BY {_quoted(wanted['replication_password'])} REQUIRE SSL;",
            f"GRANT REPLICATION SLAVE ON *.* TO '{_REPLICATION}'@'%';",
            f"CREATE USER IF NOT EXISTS {master};",
            f"ALTER USER {master} IDENTIFIED BY {_quoted(wanted['master_password'])};",
            f"GRANT {_PRIVILEGES} ON *.* TO {master} WITH GRANT OPTION;",
        ]
        if wanted["database"]:
            statements.append(f"CREATE DATABASE IF NOT EXISTS {_name(wanted['database'])};")
        self._sql("\n".join(statements))

    def turn_logs(self) -> None:
        """New files; the old ones get a name with the hour."""
        logs.turn(_LOGS)
        self._sql("FLUSH LOCAL ERROR LOGS; FLUSH LOCAL SLOW LOGS; FLUSH LOCAL GENERAL LOGS;")

    # -- what is

    def status(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Whether it serves, in which role, and who follows it."""
        found = self._sql(_STATUS, seconds=5).split("\n")
        version, position, hosts, semi, threads, connections = (found + [""] * 6)[:6]
        slave = self._slave()
        streaming = slave.get("Slave_IO_Running") == "Yes" and slave.get("Slave_SQL_Running") == "Yes"
        lag = slave.get("Seconds_Behind_Master", "0")
        leads = wanted["role"] == "primary" and not slave
        synchronous = semi == "1" and bool(wanted["synchronous"])
        followers = {each: "sync" if synchronous else "async" for each in hosts.split(",") if each}
        return {
            "ready": True,
            "settled": (leads and int(threads or 0) >= len(wanted["followers"])) or (not leads and streaming),
            "role": "primary" if leads else "standby",
            "followers": followers,
            "synchronous": synchronous,
            "streaming": streaming,
            "position": position,
            "lag": int(lag) if lag.isdigit() else None,
            "server_version": version,
            "pending_restart": [],
            "connections": int(connections or 0),
            "replication_error": slave.get("Last_SQL_Error") or slave.get("Last_IO_Error") or "",
        }

    def _slave(self) -> dict[str, str]:
        lines = self._sql("SHOW SLAVE STATUS\\G", seconds=5, names=True).split("\n")
        pairs = (line.strip().partition(":") for line in lines if ":" in line)
        return {name: value.strip() for name, _, value in pairs}

    def _sql(self, text: str, seconds: float = 600, *, names: bool = False) -> str:
        words = [*_CLIENT, *([] if names else ["--skip-column-names"])]
        return system.run(words, "", text, seconds)


_STATUS = """
SELECT @@version;
SELECT @@gtid_binlog_pos;
SELECT IFNULL(GROUP_CONCAT(DISTINCT SUBSTRING_INDEX(host, ':', 1)), '') FROM information_schema.processlist
  WHERE command LIKE 'Binlog Dump%';
SELECT IF((SELECT variable_value FROM information_schema.global_status
           WHERE variable_name = 'RPL_SEMI_SYNC_MASTER_STATUS') = 'ON' AND
          (SELECT variable_value FROM information_schema.global_status
           WHERE variable_name = 'RPL_SEMI_SYNC_MASTER_CLIENTS') > 0, 1, 0);
SELECT COUNT(*) FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%';
SELECT COUNT(*) FROM information_schema.processlist
  WHERE command NOT LIKE 'Binlog Dump%' AND user NOT IN ('system user', 'event_scheduler') AND id <> CONNECTION_ID();
"""


def _tokens(machine: str) -> bool:
    """Have the plugin that asks the cloud about tokens; False where the server's own is not as it should be."""
    try:
        with open(f"{_PLUGINS}/auth_pam.so", "rb") as file:
            made = plugin.renamed(file.read())
    except (OSError, plugin.NotUnderstood):
        return False
    if not os.path.exists(f"{_PLUGINS}/auth_rds.so"):
        with open(f"{_PLUGINS}/auth_rds.so.new", "wb") as new:
            new.write(made)
        os.rename(f"{_PLUGINS}/auth_rds.so.new", f"{_PLUGINS}/auth_rds.so")
    logins.install(machine, _PLUGINS)
    return True


def _name(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _quoted(value: str) -> str:
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"
