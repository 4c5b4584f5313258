"""What people say where their persona gives them no words of their own, by their temper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.core.text import Text
from orchestrator.model.persona import Temper


@dataclass(frozen=True)
class TemperWords:
    """What somebody of a temper says.

    Attributes:
        not_understood: nothing was understood.
        not_known: they do not know it.
        declined: a "no" to what they had restated.
        nothing_asked: a "yes" or "no" to nothing.
        rude: they are treated rudely.
        warns: hardly any patience is left.
        lost: none is left.
        greets: they are said hello.
    """

    not_understood: Text
    not_known: Text
    declined: Text
    nothing_asked: Text
    rude: Text
    warns: Text
    lost: Text
    greets: Text


TEMPERS: Final[Mapping[Temper, TemperWords]] = {
    "calm": TemperWords(
        not_understood=Text(
            fr="Excusez-moi, je n'ai pas compris. Vous pouvez le dire autrement ?",
            en="Sorry, I didn't understand that. Could you put it another way?",
        ),
        not_known=Text(fr="Ça, je ne sais pas.", en="That I don't know, I'm afraid."),
        declined=Text(fr="D'accord, je n'y touche pas.", en="All right, I'll leave it alone."),
        nothing_asked=Text(fr="D'accord. Et qu'est-ce que je dois faire ?", en="Okay. And what should I do?"),
        rude=Text(fr="Je vous en prie, restons polis.", en="Please, let's stay polite."),
        warns=Text(fr="Je commence à trouver cela long.", en="This is beginning to take rather long."),
        lost=Text(
            fr="Écoutez, je préfère arrêter là. Je rappellerai.",
            en="Look, I'd rather stop here. I'll call again.",
        ),
        greets=Text(fr="Bonjour.", en="Hello."),
    ),
    "hurried": TemperWords(
        not_understood=Text(fr="Pardon ? Je n'ai pas compris.", en="Sorry? I didn't get that."),
        not_known=Text(fr="Aucune idée, désolé.", en="No idea, sorry."),
        declined=Text(fr="Bon, alors je ne fais rien.", en="Right, I won't do anything then."),
        nothing_asked=Text(fr="Oui, et ? Je fais quoi ?", en="Yes, and? What do I do?"),
        rude=Text(fr="Non mais, ça va pas ?", en="I beg your pardon?"),
        warns=Text(
            fr="On peut accélérer ? J'ai du monde qui attend.", en="Can we speed up? People are waiting for me."
        ),
        lost=Text(fr="Je n'ai plus le temps, je raccroche.", en="I've no more time for this. I'm hanging up."),
        greets=Text(fr="Oui, bonjour.", en="Yes, hello."),
    ),
    "vague": TemperWords(
        not_understood=Text(fr="Euh… vous voulez dire quoi ?", en="Er… what do you mean?"),
        not_known=Text(fr="Euh, je ne sais pas trop…", en="Er, I'm not really sure…"),
        declined=Text(fr="Ah, bon, je laisse, alors.", en="Oh, I'll leave it, then."),
        nothing_asked=Text(fr="Euh… oui ? Pour quoi ?", en="Er… yes? To what?"),
        rude=Text(fr="Oh, vous n'êtes pas très aimable.", en="Oh, that isn't very nice of you."),
        warns=Text(fr="C'est que je m'y perds un peu…", en="I'm getting a bit lost here…"),
        lost=Text(fr="Je m'y perds, on verra ça plus tard.", en="I'm lost. Let's see to it another time."),
        greets=Text(fr="Ah, bonjour…", en="Oh, hello…"),
    ),
    "worried": TemperWords(
        not_understood=Text(
            fr="Pardon, je n'ai pas compris, je ne suis pas très à l'aise avec tout ça.",
            en="Sorry, I didn't understand. I'm not very good with all this.",
        ),
        not_known=Text(fr="Je ne sais pas… C'est grave ?", en="I don't know… Is it bad?"),
        declined=Text(fr="D'accord, je ne touche à rien.", en="All right, I won't touch anything."),
        nothing_asked=Text(fr="Oui… mais pour quoi faire ?", en="Yes… but to do what?"),
        rude=Text(fr="Ce n'est pas ma faute, vous savez.", en="It isn't my fault, you know."),
        warns=Text(fr="Vous me faites peur, là.", en="You're frightening me now."),
        lost=Text(fr="Je préfère demander à quelqu'un d'autre.", en="I'd rather ask somebody else."),
        greets=Text(fr="Bonjour, ah, merci de me répondre.", en="Hello, oh, thank you for getting back to me."),
    ),
    "cross": TemperWords(
        not_understood=Text(fr="Je ne comprends rien à ce que vous dites.", en="I can't make out what you mean."),
        not_known=Text(fr="Et comment voulez-vous que je le sache ?", en="How should I know that?"),
        declined=Text(fr="Il faudrait savoir. Bon, je ne fais rien.", en="Make up your mind. Fine, I'll do nothing."),
        nothing_asked=Text(fr="Oui quoi ?", en="Yes what?"),
        rude=Text(fr="Parlez-moi sur un autre ton.", en="Don't you speak to me like that."),
        warns=Text(fr="Ma patience a des limites.", en="There are limits to my patience."),
        lost=Text(fr="Ça suffit. Je raccroche.", en="That's enough. I'm hanging up."),
        greets=Text(fr="Bonjour. Enfin !", en="Hello. At last!"),
    ),
}
"""What people say, by their temper."""

COMMON: Final[Mapping[str, Text]] = {
    "introduce": Text(fr="Ah, le support. D'accord.", en="Oh, the support desk. Right."),
    "call_back": Text(fr="D'accord, j'attends votre appel.", en="All right, I'll wait for your call."),
    "ask_password": Text(fr="Mon mot de passe, je ne le donne à personne.", en="I don't give my password to anybody."),
    "tell_password": Text(fr="D'accord, c'est noté.", en="All right, I've noted that."),
    "ask_wait": Text(fr="D'accord, j'attends.", en="All right, I'll wait."),
    "explain": Text(fr="Ah, d'accord. Merci de l'explication.", en="Oh, I see. Thanks for explaining."),
    "apologise": Text(fr="Ce n'est rien.", en="That's all right."),
    "thank": Text(fr="Je vous en prie.", en="You're welcome."),
    "goodbye": Text(fr="Au revoir.", en="Goodbye."),
}
"""What anybody answers to some common intents."""

OTHER_LANGUAGE: Final = Text(fr="Désolé, je ne parle que français.", en="I'm sorry, I only speak English.")
"""Somebody of one language was spoken to in the other."""
FAILED: Final = Text(fr="Ça n'a pas marché. Je vois ceci : {seen}", en="That didn't work. I can see this: {seen}")
"""What was to be done in the lab has failed."""
CALLED_AGAIN: Final = Text(fr="Oui, allô ?", en="Yes, hello?")
"""Somebody who had hung up is called again."""
REFUSES: Final = Text(
    fr="Non. Après la façon dont vous m'avez parlé, je ne touche plus à rien.",
    en="No. After the way you have treated me, I am not touching anything any more.",
)
"""Somebody without patience is asked to do something."""
WHAT_TO_TYPE: Final = Text(
    fr="Je tape quoi, exactement ? Écrivez-le-moi entre guillemets.",
    en="What exactly do I type? Write it for me in quotes.",
)
"""Somebody is to type something, and was not told what."""
NOTHING_SEEN: Final = Text(fr="(rien)", en="(nothing)")
"""What is read aloud of an empty screen."""
