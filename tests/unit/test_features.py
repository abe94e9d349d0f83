"""What a dialplan include can do: as it announces it, or, where it is older, by its parts."""

import pytest

from adapter.ami.errors import ActionRefused
from adapter.ami.probe import find_features
from adapter.asterisk.actions import Action
from adapter.asterisk.features import ALL_FEATURES, NO_FEATURES, PARTS, Feature, Part, PbxFeatures
from adapter.asterisk.naming import FEATURES_CONTEXT, NOTICE_EXTEN, SPY_CONTEXT

NOTICE = (SPY_CONTEXT, NOTICE_EXTEN)


class Dialplan:
    """An Asterisk whose dialplan has these extensions."""

    def __init__(self, *parts: Part, has_func_logic: bool = True) -> None:
        self.parts, self.has_func_logic = parts, has_func_logic
        self.asked: list[str] = []

    async def ask(self, action: Action) -> dict[str, str]:
        headers = dict(action.headers)
        self.asked.append(headers.get("Context", action.name))
        if action.name == "Getvar":
            return {"Value": "yes" if self.has_func_logic else ""}
        if (headers["Context"], headers["Extension"]) not in self.parts:
            raise ActionRefused(f"Did not find extension {headers['Extension']}@{headers['Context']}")
        return {}


def announcing(*features: str) -> list[Part]:
    return [(FEATURES_CONTEXT, feature) for feature in features]


@pytest.mark.parametrize(
    ("parts", "features"),
    [
        (announcing(*Feature), ALL_FEATURES),
        (announcing(*Feature, "record"), ALL_FEATURES),  # of a newer include
        (announcing("ring", "switch"), {Feature.RING, Feature.SWITCH}),
        (announcing("record"), NO_FEATURES),
        ([*announcing("ring"), *PARTS], {Feature.RING}),  # it says itself what it can do
        ([], NO_FEATURES),
    ],
)
async def test_an_include_that_announces_features_has_these(parts: list[Part], features: PbxFeatures) -> None:
    """What a newer one announces beyond them is ignored; so is what its contexts look like."""
    assert await find_features(Dialplan(*parts).ask) == features


@pytest.mark.parametrize("lacks", [(), *((part,) for part in PARTS)])
async def test_an_older_include_has_what_its_parts_can_do(lacks: tuple[Part, ...]) -> None:
    """Without the notice tone it is of use; without another part a stranger might hear."""
    there = [part for part in PARTS if part not in lacks]
    expected = {(): ALL_FEATURES, (NOTICE,): ALL_FEATURES - {Feature.NOTICE}}.get(lacks, NO_FEATURES)
    assert await find_features(Dialplan(*there).ask) == expected


@pytest.mark.parametrize("parts", [announcing(*Feature), [*PARTS]])
async def test_an_include_that_cannot_run_has_nothing(parts: list[Part]) -> None:
    """It calls IMPORT of func_logic to see whom it is about to spy on."""
    assert await find_features(Dialplan(*parts, has_func_logic=False).ask) == NO_FEATURES


async def test_one_that_announces_is_not_asked_for_its_parts() -> None:
    """It is looked for with each ping."""
    dialplan = Dialplan(*announcing(*Feature))
    await find_features(dialplan.ask)
    assert dialplan.asked == [FEATURES_CONTEXT] * len(Feature) + ["Getvar"]
