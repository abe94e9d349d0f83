"""What one Asterisk tells of its extensions, or why it did not: over a session of its own."""

import asyncio
from dataclasses import dataclass

from adapter.ami.errors import ActionRefused, LinkDown, LinkError, LoginRefused
from adapter.ami.inventory import Asker, read_inventory
from adapter.ami.lists import Lists
from adapter.ami.probe import find_features
from adapter.ami_settings import make_session
from adapter.asterisk.actions import Action
from adapter.asterisk.inventory import Inventory
from adapter.settings import Settings
from adapter.tools.check.advice import advice_for_connecting, advice_for_login

QUESTIONS_LIMIT_S = 60.0
RIGHTS = "give the AMI user `write = originate,call,reporting`, `manager reload`"


class DiscoveryError(Exception):
    """Asterisk did not tell, or not all of it. The message says why, and what to do."""


class LoginMissingError(DiscoveryError):
    """Nobody takes a login there, or not of this user with this secret. `reason` is without the advice."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(f"{reason}; {advice}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Told:
    """An Asterisk's version, and what it has."""

    version: str
    inventory: Inventory
    has_include: bool | None
    """Whether its dialplan includes ours; None where it does not tell."""


async def ask_asterisk(settings: Settings) -> Told:
    """Log in, ask everything, log out. Raises DiscoveryError; whatever did not come whole is not used."""
    lists = Lists()
    session = make_session(settings, lists.take)
    try:
        async with asyncio.timeout(QUESTIONS_LIMIT_S):
            await session.open(settings.ami_connect_timeout_s)
            asker = Asker(session, lists, settings.ami_action_timeout_s)
            version = (await asker.ask(Action("CoreSettings"))).get("AsteriskVersion", "")
            inventory = await read_inventory(asker)
            return Told(version, inventory, await _has_include(asker))
    except LoginRefused as refused:
        why = f"Asterisk refuses the AMI login: {refused}"
        raise LoginMissingError(why, advice_for_login(str(refused))) from None
    except ActionRefused as refused:
        raise DiscoveryError(f"Asterisk does not tell: {refused}; {RIGHTS}") from None
    except LinkDown as unreachable:
        raise LoginMissingError(str(unreachable), advice_for_connecting(str(unreachable))) from None
    except LinkError as broken:
        raise DiscoveryError(f"Asterisk did not tell everything: {broken}") from None
    except TimeoutError:
        why = f"Asterisk did not answer everything within {QUESTIONS_LIMIT_S:.0f} s"
        raise DiscoveryError(why) from None
    finally:
        session.close()


async def _has_include(asker: Asker) -> bool | None:
    try:
        return bool(await find_features(asker.ask))
    except ActionRefused:
        return None
