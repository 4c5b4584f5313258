"""The phrases of candidates' seats, for candidates and for who lets them in; templates know them as ``g``."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text
from orchestrator.labd.seat_contract import SeatAct
from orchestrator.labd.sitting_contract import SittingStanding

# A candidate's door -------------------------------------------------------------------------------------------

SEAT = Text(fr="Ma place", en="My seat")
SEAT_ABOUT = Text(
    fr="Pour les candidats d'une session : tapez le code qui est sur votre feuille.",
    en="For candidates of a session: type the code on your sheet.",
)
CODE = Text(fr="Code", en="Code")
CODE_HINT = Text(
    fr="Seize caractères. Majuscules, espaces et tirets ne comptent pas.",
    en="Sixteen characters. Capitals, spaces and hyphens do not matter.",
)
ENTER = Text(fr="Continuer", en="Go on")
GONE = Text(
    fr="Ce navigateur n'a plus de place : l'accès a pris fin, votre demande a été refusée, ou vous avez changé de "
    "place. Retapez votre code, ou appelez la personne qui surveille.",
    en="This browser has no seat any more: access has ended, your request was refused, or you have changed seats. "
    "Type your code again, or call the invigilator.",
)
WAIT = Text(fr="Attendez que l'on vienne à vous", en="Wait until somebody comes to you")
WAIT_ABOUT = Text(
    fr="Votre code est juste. La personne qui surveille vérifie maintenant que c'est bien vous qui êtes ici ; cette "
    "page continue alors d'elle-même.",
    en="Your code is right. The invigilator now makes sure that it is you who sits here; this page then goes on "
    "by itself.",
)
NOT_ME = Text(fr="Annuler ma demande", en="Withdraw my request")
LEAVE = Text(fr="Quitter ce poste", en="Leave this computer")
LEAVE_ABOUT = Text(
    fr="Plus rien de vous ne restera ouvert dans ce navigateur. Votre temps continue, et ce que vous avez écrit est "
    "gardé. Pour revenir, ici ou ailleurs, il faut votre code et la personne qui surveille ; une fois tout scellé, "
    "on ne revient plus.",
    en="Nothing of yours will stay open in this browser. Your time goes on, and what you wrote is kept. To come back, "
    "here or elsewhere, you need your code and the invigilator; once all is sealed, nobody comes back.",
)
HAS_LEFT = Text(
    fr="Plus rien de vous n'est ouvert dans ce navigateur. Pour revenir, retapez votre code.",
    en="Nothing of yours is open in this browser any more. To come back, type your code again.",
)
YOU_ARE = Text(fr="Candidat {number}", en="Candidate {number}")
LOOK_AGAIN = Text(fr="Regarder à nouveau", en="Look again")
LOST = Text(
    fr="La liaison est coupée ; cette page la reprend d'elle-même.",
    en="The connection is gone; this page takes it up again by itself.",
)
STANDINGS: Mapping[SittingStanding, Text] = {
    "waiting": Text(fr="pas encore commencée", en="not begun yet"),
    "reading": Text(fr="temps de lecture", en="reading time"),
    "working": Text(fr="en cours", en="under way"),
    "stopped": Text(fr="le temps est arrêté", en="time stands still"),
    "over": Text(fr="terminée", en="over"),
}
STANDING_ICONS: Mapping[SittingStanding, str] = {
    "waiting": "new",
    "reading": "running",
    "working": "running",
    "stopped": "hinted",
    "over": "solved",
}
STANDINGS_MEAN: Mapping[SittingStanding, Text] = {
    "waiting": Text(
        fr="Attendez : les sujets s'affichent ici quand l'épreuve commence.",
        en="Wait: the scenarios are shown here once it begins.",
    ),
    "reading": Text(
        fr="Lisez les tickets ; les machines sont encore fermées.",
        en="Read the tickets; the machines are still closed.",
    ),
    "working": Text(
        fr="Les machines sont ouvertes. Ce que vous écrivez est gardé jusqu'à la fin.",
        en="The machines are open. What you write is kept until the end.",
    ),
    "stopped": Text(
        fr="Votre temps est arrêté : vous ne perdez rien, et rien ne s'écrit jusqu'à la reprise.",
        en="Your time stands still: you lose nothing, and nothing is written until it goes on.",
    ),
    "over": Text(
        fr="C'est fini. Ce que vous avez rendu reste affiché dans chaque sujet.",
        en="It is over. What you have handed in stays on the page of each scenario.",
    ),
}
RECORDED = Text(
    fr="Ce que vos terminaux et vos bureaux affichent, et ce que vous tapez dans les terminaux, est enregistré pour le "
    "jury ; la salle peut le voir. Un mot de passe qu'un bureau affiche s'y lit : rien n'est masqué sur les images.",
    en="What your terminals and desktops show, and what you type in terminals, is recorded for the jury; the room's "
    "staff can see it. A password that a desktop shows can be read there: nothing is masked in pictures.",
)
LEFT = Text(fr="Temps restant", en="Time left")
OPENS_IN = Text(fr="Ouverture des machines dans", en="The machines open in")
REHEARSED = Text(
    fr="Répétition : une minute dure {n} s. Rien ici n'est une évaluation.",
    en="Rehearsal: a minute lasts {n} s. Nothing here is an assessment.",
)
ANNOUNCED = Text(fr="Annonces", en="Announcements")

# A scenario ---------------------------------------------------------------------------------------------------

SUBJECT = Text(fr="Sujet {n} :", en="Scenario {n}:")
TO_SEAT = Text(fr="Retour à ma place ({number})", en="Back to my seat ({number})")
TICKET = Text(fr="Le ticket", en="The ticket")
ABOUT = Text(fr="Présentation du réseau", en="About this network")
TO_HAND_IN = Text(fr="À rendre", en="To be handed in")
HANDED_IN = Text(fr="Ce que vous avez rendu", en="What you have handed in")
NOTHING_WRITTEN = Text(fr="(rien)", en="(nothing)")

# Codes on paper -----------------------------------------------------------------------------------------------

CODES = Text(fr="Codes des candidats", en="The candidates' codes")
CODES_ABOUT = Text(
    fr="Un candidat entre dans le portail, à /seat, avec un code sur papier, sans compte. Le code ne suffit pas : "
    "quelqu'un confirme sur la page du déroulement qui est assis là.",
    en="A candidate enters the portal, at /seat, with a code on paper and without an account. The code is not enough: "
    "somebody confirms on the day's page who sits there.",
)
FOR_WHOM = Text(fr="Pour", en="For")
ALL_CANDIDATES = Text(fr="tous les candidats", en="all candidates")
VOIDS = Text(
    fr="Les codes d'avant ne valent plus ; qui a déjà pris place la garde.",
    en="The codes before hold no longer; who has taken a seat keeps it.",
)
MAKE_CODES = Text(fr="Faire de nouveaux codes", en="Make new codes")
ONCE = Text(
    fr="Imprimez ces feuilles maintenant : rien ne garde les codes, ils ne s'affichent plus ensuite.",
    en="Print these sheets now: nothing keeps the codes, and they are not shown again.",
)
PRINT = Text(fr="Imprimer", en="Print")
FOR_ORGANISER = Text(fr="Pour l'organisation", en="For the organisers")
FOR_CANDIDATE = Text(fr="Pour le candidat", en="For the candidate")
CUT_HERE = Text(
    fr="Séparez les deux moitiés en remettant la seconde au candidat.",
    en="Part the two halves when you hand the second one to the candidate.",
)
HOW = Text(fr="Pour entrer", en="How to sign in")
HOW_OPEN = Text(fr="Ouvrez cette adresse dans le navigateur :", en="Open this address in the browser:")
HOW_TYPE = Text(fr="Tapez ce code :", en="Type this code:")
HOW_WAIT = Text(
    fr="Restez à votre place : quelqu'un vient vérifier qui vous êtes, et la page continue.",
    en="Stay at your seat: somebody comes to see who you are, and the page goes on.",
)
HOW_AGAIN = Text(
    fr="Gardez cette feuille : le même code sert si vous devez changer de place. Ne le montrez à personne.",
    en="Keep this sheet: the same code serves if you have to change seats. Show it to nobody.",
)

# Who sits where -----------------------------------------------------------------------------------------------

SEATS = Text(fr="Les places", en="The seats")
ASKED = Text(fr="Demandent à entrer", en="Ask to be let in")
NOBODY_ASKS = Text(fr="Personne n'attend d'être confirmé.", en="Nobody waits to be confirmed.")
ASKED_AT = Text(fr="à {at}, depuis {address}", en="at {at}, from {address}")
CHANGES = Text(fr="autre place que la précédente", en="another seat than before")
CONFIRM = Text(fr="C'est bien {number}", en="This is {number}")
REFUSE = Text(fr="Refuser {number}", en="Refuse {number}")
END = Text(fr="Mettre fin à l'accès de {number}", en="End the access of {number}")
SEATS_TABLE = Text(fr="Qui est assis où", en="Who sits where")
SINCE = Text(fr="Depuis", en="Since")
ADDRESS = Text(fr="Adresse", en="Address")
CHANGED = Text(fr="Changements de place", en="Changes of seat")
WITH_CODE = Text(fr="a un code", en="has a code")
WITHOUT_CODE = Text(fr="sans code", en="without a code")
ACCESS = Text(fr="Accès", en="Access")
SEATED = Text(fr="à sa place", en="at the seat")
OVER = Text(
    fr="Tout est scellé : plus personne ne prend place. Qui en a une y relit ce qu'il a rendu, jusqu'à la clôture.",
    en="All is sealed: nobody takes a seat any more. Who has one reads there what they handed in, until the session is "
    "closed.",
)
CLOSED = Text(fr="L'accès des candidats a pris fin.", en="The candidates' access has ended.")
DONE: Mapping[SeatAct, Text] = {
    "confirm": Text(fr="La place est donnée.", en="The seat is given."),
    "refuse": Text(fr="La demande est refusée.", en="The request is refused."),
    "end": Text(fr="L'accès a pris fin.", en="The access has ended."),
}
