"""Other programs' tables as they publish them, with the columns that nobody but they may read."""

import sqlite3
from pathlib import Path

from tests.databases.servers import Database

FREEPBX = """
CREATE TABLE users (extension varchar(20) NOT NULL DEFAULT '', password varchar(20), name varchar(1000),
  voicemail varchar(50), ringtimer int, noanswer varchar(100), recording varchar(50), outboundcid varchar(50),
  sipname varchar(50), noanswer_cid varchar(20), busy_cid varchar(20), chanunavail_cid varchar(20),
  mohclass varchar(80));
CREATE TABLE devices (id varchar(20) NOT NULL DEFAULT '', tech varchar(10), dial varchar(1000),
  devicetype varchar(5), "user" varchar(50), description varchar(50), emergency_cid varchar(100),
  hint_override varchar(100));
CREATE TABLE queues_config (extension varchar(20), descr varchar(35), grppre varchar(100),
  password varchar(20));
CREATE TABLE queues_details (id varchar(45), keyword varchar(30), data varchar(150), flags int);
CREATE TABLE trunks (trunkid int, name varchar(50), tech varchar(20), channelid varchar(190));
CREATE TABLE sip (id varchar(20), keyword varchar(30), data varchar(255), flags int);
INSERT INTO trunks VALUES (1, 'carrier', 'pjsip', 'carrier');
"""
FREEPBX_READ = {
    "users": ("extension", "name"),
    "devices": ("id", "tech", "dial", "devicetype", "user"),
    "queues_config": ("extension", "descr"),
    "queues_details": ("id", "keyword", "data"),
}

REALTIME = """
CREATE TABLE ps_endpoints (id varchar(1000) NOT NULL, transport varchar(40), aors varchar(200),
  auth varchar(40), context varchar(40), callerid varchar(1000), mailboxes varchar(200),
  outbound_auth varchar(40), identify_by varchar(80), accountcode varchar(80), tenantid varchar(80),
  set_var text);
CREATE TABLE ps_auths (id varchar(40), username varchar(40), password varchar(80));
CREATE TABLE voicemail (uniqueid int, context varchar(80), mailbox varchar(80), password varchar(80),
  fullname varchar(80), alias varchar(80), email varchar(80));
CREATE TABLE queue_members (queue_name varchar(80), interface varchar(80), membername varchar(80),
  state_interface varchar(80), penalty int, paused int, uniqueid int);
"""
REALTIME_READ = {
    "ps_endpoints": (
        *("id", "context", "callerid", "mailboxes"),
        *("outbound_auth", "identify_by", "tenantid"),
    ),
    "voicemail": ("mailbox", "context", "fullname"),
    "queue_members": ("queue_name", "interface", "state_interface"),
}


def run(database: Database, sql: str) -> None:
    """Run the statements, which quote names by `"`. Raises LabError."""
    if database.server is None:
        with sqlite3.connect(Path(database.url.removeprefix("sqlite:///"))) as connection:
            connection.executescript(sql)
        connection.close()
    elif database.url.startswith("mysql"):
        database.run("SET NAMES utf8mb4; SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES';\n" + sql)
    else:
        database.run(sql)


def reader(database: Database, columns: dict[str, tuple[str, ...]]) -> str:
    """The database's address for a user who may read these columns and nothing else."""
    if database.server is None:
        return database.url
    name, password = f"reader_{database.name}"[:32], "p%3As%2Fs%40"  # p:s/s@
    host = "@'%'" if database.url.startswith("mysql") else ""
    quote = "'" if host else ""
    user = f"{quote}{name}{quote}{host}"
    run(database, f"CREATE USER {user} {'IDENTIFIED BY' if host else 'PASSWORD'} 'p:s/s@';")
    for table, names in columns.items():
        listed = ", ".join(f'"{each}"' for each in names)
        run(database, f"GRANT SELECT ({listed}) ON {table} TO {user};")
    scheme, _, rest = database.url.partition("://")
    return f"{scheme}://{name}:{password}@{rest.partition('@')[2]}"
