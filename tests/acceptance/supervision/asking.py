"""What the supervision's own address tells."""

from collections.abc import Callable

from adapter.lab import LabError
from adapter.lab.adapter_process import Answer
from adapter.lab.polling import until_seen
from tests.acceptance.harness import Json, Lab

TOLD_WITHIN_S = 3.0


def address_of(accepted: Answer) -> str:
    """Where the supervision that a 202 tells of is found."""
    return accepted.headers["Location"]


async def supervision(lab: Lab, address: str) -> Json:
    """GET of the supervision."""
    answer = await lab.adapter.request("GET", address, token=lab.token)
    if answer.status != 200:
        raise LabError(f"{address}: {answer.status} {answer.text}")
    return answer.json


async def until_told(lab: Lab, address: str, is_so: Callable[[Json], bool]) -> Json:
    """The supervision once it is so. Raises LabError with the last that was told."""
    return await until_seen(
        lambda: supervision(lab, address), is_so, within=TOLD_WITHIN_S, log=lambda: lab.adapter.log
    )


async def until_joined(lab: Lab, address: str) -> Json:
    """The supervision once its supervisor takes part."""
    return await until_told(lab, address, lambda told: told["state"] == "joined")


async def reason_of_end(lab: Lab, address: str) -> object:
    """The code of why it ended, once it has."""
    told = await until_told(lab, address, lambda told: told["state"] == "ended")
    reason = told["reason"]
    assert isinstance(reason, dict)
    return reason["code"]
