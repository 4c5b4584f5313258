"""What keeps a candidate's desktop from being recorded, in words: for the wall, the evidence and its time line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orchestrator.assessment.desktop_pictures import Happened, Trouble
from orchestrator.core.text import Text

WHY: Final[Mapping[Trouble, Text]] = {
    "off": Text(fr="l'écran ne s'ouvre pas une deuxième fois", en="the screen does not open a second time"),
    "gone": Text(fr="l'écran raccroche", en="the screen hangs up"),
    "locked": Text(fr="l'écran demande un mot de passe", en="the screen asks for a password"),
    "large": Text(fr="l'écran est trop grand", en="the screen is too large"),
    "strange": Text(fr="l'écran ne répond pas comme un écran", en="the screen does not answer as a screen does"),
    "slow": Text(fr="l'écran répond trop lentement", en="the screen answers too slowly"),
    "many": Text(fr="trop de bureaux sont ouverts à la fois", en="too many desktops are open at once"),
    "disk": Text(fr="le disque ne prend rien", en="the disk takes nothing"),
}


def told_trouble(host: str, one: Happened) -> Text | None:
    """Return what is said of something that a desktop's list says; None: that it goes on as it should."""
    match one.kind, one.why:
        case "paced", _:
            return Text(
                fr=f"Bureau de {host} : dès ici, une image toutes les {one.number} s au plus, faute de place.",
                en=f"Desktop of {host}: from here a picture every {one.number} s at most, for want of room.",
            )
        case "full", _:
            return Text(
                fr=f"Bureau de {host} : plus d'image dès ici, leur place est prise.",
                en=f"Desktop of {host}: no picture from here on, their room is taken.",
            )
        case "trouble", why if why is not None:
            return Text(
                fr=f"Bureau de {host} pas enregistré : {WHY[why].fr}.",
                en=f"Desktop of {host} not recorded: {WHY[why].en}.",
            )
    return None


def not_recorded(number: str, host: str, why: Trouble) -> Text:
    """Return what the wall says of a desktop that is open and not recorded."""
    told = WHY[why]
    return Text(
        fr=f"Le bureau de {host}, candidat {number}, n'est pas enregistré : {told.fr}.",
        en=f"The desktop of {host}, candidate {number}, is not recorded: {told.en}.",
    )


def no_room(number: str) -> Text:
    """Return what the wall says once the pictures of a candidate's desktops have taken all their room."""
    return Text(
        fr=f"Les bureaux du candidat {number} ne sont plus enregistrés : leurs images ont pris toute leur place.",
        en=f"The desktops of candidate {number} are recorded no longer: their pictures have taken all their room.",
    )
