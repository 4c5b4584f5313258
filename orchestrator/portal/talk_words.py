"""The phrases of talk with the people of a lab, in both languages; the lab page's scripts get theirs with the page."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text

TALK = Text(fr="Parler", en="Talk")
PEOPLE = Text(fr="Personnes à qui parler", en="People to talk to")
ABOUT = Text(
    fr="Écrivez comme au téléphone. Ce qui se dit est gardé avec votre essai.",
    en="Write as on the telephone. What is said is kept with your attempt.",
)
ABOUT_AT_SEAT = Text(
    fr="Écrivez comme au téléphone. Ce qui se dit est scellé avec vos preuves.",
    en="Write as on the telephone. What is said is sealed with your evidence.",
)
ONE_LANGUAGE: Mapping[str, Text] = {
    "fr": Text(fr="{name} ne parle que le français.", en="{name} speaks French only."),
    "en": Text(fr="{name} ne parle que l'anglais.", en="{name} speaks English only."),
}
LOG = Text(fr="Conversation avec {name}", en="Conversation with {name}")
YOU = Text(fr="Vous", en="You")
TRAINEE = Text(fr="Stagiaire", en="Trainee")
SAY_TO = Text(fr="Dire à {name}", en="Say to {name}")
SEND = Text(fr="Envoyer", en="Send")
PHRASES = Text(fr="Que puis-je dire ?", en="What can I say?")
PHRASES_ABOUT = Text(
    fr="Une phrase choisie vient dans le champ : complétez-la, puis envoyez.",
    en="A phrase that you choose comes into the field: complete it, then send.",
)
ENDED = Text(fr="Fin de la conversation", en="End of the conversation")
OVER = Text(
    fr="La conversation est finie. Si vous écrivez encore, vous rappelez {name}.",
    en="The conversation is over. If you write again, you call {name} back.",
)
ANSWERING = Text(fr="{name} répond…", en="{name} is answering…")
LOAD_AGAIN = Text(fr="Rechargez la page pour lire la réponse.", en="Load the page again to read the answer.")
TO_SUBJECT = Text(fr="Retour au sujet {n}", en="Back to scenario {n}")
TALK_WITH = Text(fr="Parler avec {name}", en="Talk with {name}")
NOTHING_CAME = Text(fr="Ce que vous avez dit en dernier n'a rien donné :", en="Nothing came of what you said last:")
TRANSCRIPT = Text(fr="Ce qui s'est dit", en="What was said")

SCRIPT_WORDS: Mapping[str, Text] = {
    "answering": ANSWERING,
    "acting": Text(fr="{name} s'en occupe…", en="{name} is seeing to it…"),
    "you": YOU,
}
"""What the page's scripts say, by the name that they use."""
