"""Programs that people use with databases, as they are: from the host by public endpoints, and from a machine."""

import io
import subprocess
import sys
import tarfile
from pathlib import Path
from urllib.parse import quote

import pymysql
import pytest

from tests.clouds import PACKAGE
from tests.examples.loading import EXAMPLES
from tests.machines.conftest import LOGIN, eventually
from tests.machines.test_rds import PASSWORD, Databases

pytestmark = pytest.mark.machines


@pytest.fixture(scope="module")
def databases(ground):
    ground.run("image", "build", "debian-12-databases")
    made = Databases(ground)
    made.create("tools", "postgres", EnableCloudwatchLogsExports=["postgresql"])
    made.create("legacy", "mysql", EnableCloudwatchLogsExports=["error", "slowquery"])
    made.available("tools")
    made.available("legacy")
    try:
        yield made
    finally:
        made.delete_all()


@pytest.fixture(scope="module")
def run(databases):
    """A program in the shell in which AWS's names are this cloud, with the passwords where it looks for them."""

    def program(*words, code=0, **environment):
        given = {"PGPASSWORD": PASSWORD, "MYSQL_PWD": PASSWORD, "PGUSER": "lab", **environment}
        ground = databases.ground
        return ground.run("shell", "--data", ground.data, "--", *words, code=code, **given)

    return program


def endpoint(databases, name):
    return databases.seen(name)["Endpoint"]["Address"]


_MANAGE = "import sys; from django.core.management import execute_from_command_line as run; run(sys.argv)"
_WITH_PYMYSQL = f"import pymysql; pymysql.install_as_MySQLdb(); {_MANAGE}"


def migrate(databases, run, scheme, name, code):
    """The gallery's `manage.py migrate`, then what it says that is still to do."""
    url = f"{scheme}://lab:{quote(PASSWORD)}@{endpoint(databases, name)}/app"
    settings = {"DATABASE_URL": url, "SECRET_KEY": "of a test", "DJANGO_SETTINGS_MODULE": "gallery.settings",
                "PYTHONPATH": f"{PACKAGE}:{EXAMPLES / 'gallery'}"}  # fmt: skip
    run(sys.executable, "-c", code, "migrate", "--noinput", **settings)
    return run(sys.executable, "-c", code, "showmigrations", "--plan", **settings).out


def test_django_migrates_postgresql(databases, run):
    plan = migrate(databases, run, "postgres", "tools", _MANAGE)
    assert "photos.0001_initial" in plan
    assert "[ ]" not in plan
    assert databases.psql("tools", "SELECT count(*) > 0 FROM django_migrations") == "t"


def test_django_migrates_mariadb(databases, run):
    """With PyMySQL in the place of mysqlclient, as its documentation says."""
    plan = migrate(databases, run, "mysql", "legacy", _WITH_PYMYSQL)
    assert "photos.0001_initial" in plan
    assert "[ ]" not in plan
    assert int(databases.mysql("legacy", "SELECT count(*) FROM django_migrations")) > 0


def test_pgbench_fills_and_runs_its_tables(databases, run):
    where = ("-h", endpoint(databases, "tools"), "app")
    run("pgbench", "-i", "-q", "-s", "1", *where)
    done = run("pgbench", "-c", "4", "-j", "2", "-t", "50", *where).out
    assert "number of transactions actually processed: 200/200" in done
    assert databases.psql("tools", "SELECT count(*) FROM pgbench_history") == "200"


def test_pg_dump_and_pg_restore_take_a_database_to_another(databases, run, tmp_path):
    databases.psql("tools", "CREATE TABLE words (id serial PRIMARY KEY, word text UNIQUE)")
    databases.psql("tools", "INSERT INTO words (word) SELECT 'word ' || n FROM generate_series(1, 1000) n")
    databases.psql("tools", "CREATE DATABASE restored", "postgres")
    host, dump = endpoint(databases, "tools"), tmp_path / "words.dump"
    run("pg_dump", "-Fc", "-h", host, "-d", "app", "-f", dump)
    run("pg_restore", "--exit-on-error", "-h", host, "-d", "restored", dump)
    summed = "SELECT count(*), md5(string_agg(word, ',' ORDER BY id)) FROM words"
    assert databases.psql("tools", summed, "restored") == databases.psql("tools", summed)


def test_mysqldump_takes_a_database_to_another(databases, run, tmp_path):
    databases.mysql("legacy", "CREATE TABLE words (id int AUTO_INCREMENT PRIMARY KEY, word varchar(100) UNIQUE)")
    many = ", ".join(f"('word {number}')" for number in range(500))
    databases.mysql("legacy", f"INSERT INTO words (word) VALUES {many}")
    where, dump = ("-h", endpoint(databases, "legacy"), "-u", "lab"), tmp_path / "words.sql"
    run("mysqldump", *where, "--single-transaction", "--routines", "--triggers", f"--result-file={dump}", "app")
    databases.mysql("legacy", "CREATE DATABASE restored")
    run("mysql", *where, "restored", "-e", f"source {dump}")
    summed = "SELECT count(*), md5(group_concat(word ORDER BY id)) FROM {}.words"
    assert databases.mysql("legacy", summed.format("restored")) == databases.mysql("legacy", summed.format("app"))


def test_pgloader_moves_a_mysql_database_to_postgresql(databases, run):
    """The way from RDS for MySQL to RDS for PostgreSQL in AWS's migration guides."""
    databases.mysql(
        "legacy",
        "CREATE DATABASE shop; USE shop; CREATE TABLE customer (id int AUTO_INCREMENT PRIMARY KEY,"
        " name varchar(50) NOT NULL, vip tinyint(1) NOT NULL DEFAULT 0, since datetime, notes text);"
        " CREATE TABLE purchase (id bigint AUTO_INCREMENT PRIMARY KEY, customer_id int NOT NULL,"
        " total decimal(10,2), made enum('web','phone'), FOREIGN KEY (customer_id) REFERENCES customer (id));"
        " INSERT INTO customer (name, vip, since, notes) VALUES ('Zoë', 1, '2024-02-29 12:34:56', 'first'),"
        " ('Bob', 0, NULL, NULL); INSERT INTO purchase (customer_id, total, made) VALUES (1, 12.50, 'web');",
    )
    databases.psql("tools", "CREATE DATABASE moved", "postgres")
    source = f"mysql://lab@{endpoint(databases, 'legacy')}/shop"
    target = f"postgresql://lab@{endpoint(databases, 'tools')}/moved?sslmode=require"
    done = run("pgloader", "--on-error-stop", source, target)
    assert "Total import time" in done.out, done.out + done.err
    assert databases.psql("tools", "SELECT id, name, vip, since, notes FROM shop.customer ORDER BY id", "moved") == (
        "1|Zoë|t|2024-02-29 12:34:56+00|first\n2|Bob|f||"
    )
    assert databases.psql("tools", "SELECT customer_id, total, made FROM shop.purchase", "moved") == "1|12.50|web"
    assert databases.psql("tools", "SELECT nextval('shop.customer_id_seq')", "moved") == "3"


def test_a_wrong_password_is_refused_in_the_servers_own_words(databases, run):
    wrong = run("psql", f"host={endpoint(databases, 'tools')} dbname=app", "-c", "SELECT 1", code=2, PGPASSWORD="guess")
    assert 'password authentication failed for user "lab"' in wrong.err
    words = ("-h", endpoint(databases, "legacy"), "-u", "lab", "-e", "SELECT 1")
    assert "ERROR 1045 (28000): Access denied for user 'lab'@" in run("mysql", *words, code=1, MYSQL_PWD="guess").err
    assert databases.seen("tools")["DBInstanceStatus"] == "available"


def test_the_log_says_what_was_refused_and_is_read_in_portions(databases, run):
    """Source: DownloadDBLogFilePortion in the API reference."""
    run("psql", f"host={endpoint(databases, 'tools')} dbname=app", "-c", "SELECT 1", code=2, PGPASSWORD="guess")
    wanted = {"DBInstanceIdentifier": "tools"}
    files = databases.rds.describe_db_log_files(**wanted, FilenameContains="postgresql.log")["DescribeDBLogFiles"]
    name = files[-1]["LogFileName"]
    assert name.startswith("error/postgresql.log.")
    where = {**wanted, "LogFileName": name}
    last = databases.rds.download_db_log_file_portion(**where, NumberOfLines=5)
    assert 'password authentication failed for user "lab"' in last["LogFileData"]
    first = databases.rds.download_db_log_file_portion(**where, Marker="0", NumberOfLines=2)
    assert len(first["LogFileData"].splitlines()) == 2
    assert first["AdditionalDataPending"]
    rest = databases.rds.download_db_log_file_portion(**where, Marker=first["Marker"])
    whole = run(
        "aws", "rds", "download-db-log-file-portion", "--db-instance-identifier", "tools", "--log-file-name", name,
        "--starting-token", "0", "--output", "text",
    ).out  # fmt: skip
    assert whole.startswith(first["LogFileData"] + rest["LogFileData"])
    with pytest.raises(databases.rds.exceptions.DBLogFileNotFoundFault):
        databases.rds.download_db_log_file_portion(**wanted, LogFileName="error/../../pg/PG_VERSION")


def test_logs_reach_cloudwatch_logs(databases, ground):
    logs = ground.client("logs")

    def messages(group, stream):
        known = [each["logGroupName"] for each in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]]
        if group not in known:
            return []
        return [each["message"] for each in logs.get_log_events(
            logGroupName=group, logStreamName=stream, startFromHead=True)["events"]]  # fmt: skip

    group = "/aws/rds/instance/tools/postgresql"
    eventually(lambda: any("ready to accept connections" in each for each in messages(group, "tools.0")))
    group = "/aws/rds/instance/legacy/error"
    eventually(lambda: any("ready for connections" in each for each in messages(group, "legacy")))
    databases.rds.modify_db_instance(
        DBInstanceIdentifier="legacy", CloudwatchLogsExportConfiguration={"DisableLogTypes": ["slowquery"]}
    )
    assert databases.seen("legacy")["EnabledCloudwatchLogsExports"] == ["error"]


_ASK = """
import pymysql, ssl, sys
host, password = sys.stdin.read().split()
trust = ssl.create_default_context()
with pymysql.connect(host=host, user="lab", password=password, database="app", ssl=trust) as connection:
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_version'")
        print(cursor.fetchone()[1])
"""


def test_a_program_on_a_machine_inside_trusts_the_endpoint(databases, ground):
    """PyMySQL with the machine's own list of authorities: the certificate's name is the endpoint's."""
    machine = ground.answers(ground.launch())
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(Path(pymysql.__file__).parent, "pymysql")
        content = _ASK.encode()
        script = tarfile.TarInfo("ask.py")
        script.size = len(content)
        archive.addfile(script, io.BytesIO(content))
    login = ["ssh", "-i", str(ground.key), *LOGIN, f"admin@{ground.seen(machine)['PublicIpAddress']}"]
    subprocess.run([*login, "tar -x"], input=packed.getvalue(), check=True, timeout=120)
    given = f"{endpoint(databases, 'legacy')} {PASSWORD}"
    done = subprocess.run([*login, "python3 ask.py"], input=given, capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith("TLSv1"), done.stderr
    ground.ec2.terminate_instances(InstanceIds=[machine])
