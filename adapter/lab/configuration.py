"""The working folder of the lab's Asterisk: asterisk-conf/ with a site/ of its own."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from adapter.lab.files import lab_file
from adapter.lab.installation import Installation
from adapter.lab.layout import FULL_NUMBERS, Layout
from adapter.lab.tones import make_tone

# From here customers call; asterisk-conf takes whoever calls from this address for the public network.
TRUNK_IP = "127.0.0.2"
# Here a phone may play the public network that is called.
CARRIER_IP = "127.0.0.3"

# The AMI user of tests that do what the adapter may not, such as have a call recorded. Its secret is the
# adapter's.
TEST_AMI_USERNAME = "lab"

# The ARI user of tests that are an application; its secret is the adapter's.
ARI_USERNAME = "lab"
STREAM_MODULES = ("codec_resample", "func_devstate", "res_audiosocket", "chan_audiosocket")
"""func_devstate tells that there is AudioSocket; codec_resample makes 16 kHz of telephone audio."""
ARI_MODULES = (
    *("res_http_websocket", "res_websocket_client", "res_stasis", "res_stasis_answer", "res_stasis_playback"),
    *("res_stasis_recording", "res_stasis_snoop", "res_ari_model", "res_ari", "res_ari_events"),
    *("res_ari_channels", "res_ari_bridges", "app_stasis"),
)

MUSIC_HZ = 350

OVERLAYS = ("ordinary",)
"""Folders of asterisk-conf/ that lie over its files where they are asked for."""

RUNTIME_FOLDERS = ("var", "db", "keys", "agi", "spool", "run", "log", "music")

# Asterisk's core complains when these are missing. It needs nothing that would stand in them.
EMPTY_FILES = (
    "acl",
    "ccss",
    "cdr",
    "cel",
    "indications",
    "pjproject",
    "queuerules",
    "stasis",
    "udptl",
)


@dataclass(frozen=True)
class Site:
    """What stands in site/: the addresses, ports and secret of one lab."""

    host: str
    sip_port: int
    ami_port: int
    ami_secret: str
    carrier_port: int
    rtp_first_port: int
    rtp_last_port: int
    ari_port: int | None = None
    """Where ARI listens; None where there is none."""


def write_configuration(
    folder: Path,
    site: Site,
    installation: Installation,
    numbers: Iterable[str] = (),
    layout: Layout = FULL_NUMBERS,
) -> Path:
    """Lay out the working folder of an Asterisk and return the path of its asterisk.conf.

    It has a phone for each of `numbers` besides those of the layout.
    """
    folder.mkdir(parents=True, exist_ok=True)
    etc = folder / "etc"
    source = lab_file("asterisk-conf")
    not_copied = shutil.ignore_patterns("site", *OVERLAYS)
    shutil.copytree(source, etc, ignore=not_copied, dirs_exist_ok=True)
    if layout.overlay is not None:
        shutil.copytree(source / layout.overlay, etc, dirs_exist_ok=True)
    for name in RUNTIME_FOLDERS:
        (folder / name).mkdir(exist_ok=True)
    for name in EMPTY_FILES:
        (etc / f"{name}.conf").touch()
    _write(
        etc / "site/manager.conf",
        (
            f"bindaddr = {site.host}",
            f"port = {site.ami_port}",
            f"[{TEST_AMI_USERNAME}]",
            f"secret = {site.ami_secret}",
            "read = call,reporting",
            "write = call,reporting,originate,system,agent",
        ),
    )
    (folder / "music/tone.ulaw").write_bytes(make_tone(MUSIC_HZ))
    _write(etc / "site/musiconhold.conf", (f"directory = {folder / 'music'}",))
    _write(etc / "site/secret.conf", (f"secret = {site.ami_secret}",))
    _write(
        etc / "site/rtp.conf",
        (
            f"rtpstart = {site.rtp_first_port}",
            f"rtpend = {site.rtp_last_port}",
            # The phones speak from one port and listen at another: nothing to learn, nothing to suspect.
            "strictrtp = no",
        ),
    )
    _write(
        etc / "site/pjsip.conf",
        (
            "[transport-udp]",
            "type = transport",
            "protocol = udp",
            f"bind = {site.host}:{site.sip_port}",
            "[media](!)",
            f"media_address = {site.host}",
            # Else Asterisk takes audio at every address of the machine.
            "bind_rtp_to_media_address = yes",
            "[trunk]",
            "type = identify",
            "endpoint = trunk",
            f"match = {TRUNK_IP}",
            "[carrier]",
            "type = aor",
            f"contact = sip:{CARRIER_IP}:{site.carrier_port}",
        ),
    )
    ari = ARI_MODULES if site.ari_port is not None else ()
    _write(etc / "site/modules.conf", (f"load = {name}.so" for name in (*ari, *_streams(installation))))
    layout.write(folder, numbers, installation)
    if site.ari_port is not None:
        _write_ari(etc, site, site.ari_port)
    folders = {
        "astetcdir": etc,
        "astvarlibdir": folder / "var",
        "astdbdir": folder / "db",
        "astkeydir": folder / "keys",
        "astagidir": folder / "agi",
        "astspooldir": folder / "spool",
        "astrundir": folder / "run",
        "astlogdir": folder / "log",
        "astmoddir": installation.modules_folder,
        "astdatadir": installation.data_folder,
    }
    main = etc / "asterisk.conf"
    _write(main, ("[directories]", *(f"{name} = {path}" for name, path in folders.items() if path)))
    return main


def _streams(installation: Installation) -> tuple[str, ...]:
    """What brings audio to a socket, where this Asterisk has it: 16 does not."""
    folder = installation.modules_folder
    has_it = folder is not None and (folder / f"{STREAM_MODULES[-1]}.so").is_file()
    return STREAM_MODULES if has_it else ()


def _write_ari(etc: Path, site: Site, port: int) -> None:
    where = (f"bindaddr = {site.host}", f"bindport = {port}")
    _write(etc / "http.conf", ("[general]", "enabled = yes", *where))
    user = (f"[{ARI_USERNAME}]", "type = user", f"password = {site.ami_secret}")
    _write(etc / "ari.conf", ("[general]", "enabled = yes", *user))


def _write(path: Path, lines: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
