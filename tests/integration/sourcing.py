"""FreePBX's tables as a source beside the example's directory."""

import re
from pathlib import Path

from tests.databases.tables import FREEPBX
from tests.integration.rewriting import rewrite
from tests.integration.supervising import AGENT

OTHERS = range(220, 230)


def user(number: object, device: str) -> str:
    return (
        f"INSERT INTO users (extension, password, name) VALUES ('{number}', 's3cret', 'Name {number}');"
        'INSERT INTO devices (id, tech, dial, devicetype, "user") '
        f"VALUES ('{number}', 'pjsip', '{device}', 'fixed', '{number}');"
    )


TABLES = FREEPBX + user(210, f"PJSIP/{AGENT}") + "".join(user(each, f"PJSIP/{each}") for each in OTHERS)
"""FreePBX's with the agent and ten others."""


def without(*numbers: object) -> str:
    listed = ", ".join(f"'{number}'" for number in numbers)
    return f'DELETE FROM users WHERE extension IN ({listed}); DELETE FROM devices WHERE "user" IN ({listed});'


def give_source_the_agent(directory: Path) -> Path:
    """Change the example's directory into one whose source has the agent."""

    def change(text: str) -> str:
        lines = (
            line
            for line in text.splitlines(keepends=True)
            if not re.search(rf'{{number: "{re.escape(AGENT)}"', line)
        )
        return "".join(lines).replace('prefix: "0003"\n', 'prefix: "0003"\n    tenant: ""\n')

    rewrite(directory, change)
    return directory
