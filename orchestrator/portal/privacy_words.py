"""The phrases of the pages about what is kept of people: what, why, how long, who sees it; taking it along; erasure."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.core.text import Text

TITLE = Text(fr="Ce qui est enregistré sur vous", en="What is recorded about you")
LEAD = Text(
    fr="Ce que le portail garde, pourquoi, combien de temps, et qui le voit. Les durées sont celles de cette machine. "
    "Le portail n'envoie rien à un tiers, et ces pages ne demandent rien à un autre site.",
    en="What the portal keeps, why, for how long, and who sees it. The times are those of this machine. The portal "
    "sends nothing to anybody else, and these pages ask nothing of another site.",
)
SHORT = Text(
    fr="Qui vous êtes, vos connexions, vos essais, vos réponses et rapports, ce que vous dites aux personnes d'un lab, "
    "et ce que vos terminaux affichent.",
    en="Who you are, your sign-ins, your attempts, your answers and reports, what you say to people of a lab, and what "
    "your terminals show.",
)
SEE_ALL = Text(
    fr="Voir tout, l'emporter ou le faire effacer",
    en="See all of it, take it with you, or have it erased",
)
TO_ACCOUNT = Text(fr="Retour à votre compte", en="Back to your account")

# The table ----------------------------------------------------------------------------------------------------

KEPT = Text(fr="Ce qui est gardé", en="What is kept")
WHAT = Text(fr="Quoi", en="What")
WHY = Text(fr="Pourquoi", en="Why")
HOW_LONG = Text(fr="Combien de temps", en="For how long")
WHO_SEES = Text(fr="Qui le voit", en="Who sees it")


@dataclass(frozen=True)
class KeptRow:
    """One sort of data: what it is, why it is kept, for how long, and who sees it; with places for real values."""

    name: Text
    what: Text
    why: Text
    how_long: Text
    who: Text


ROWS: tuple[KeptRow, ...] = (
    KeptRow(
        Text(fr="Qui vous êtes", en="Who you are"),
        Text(
            fr="Nom, nom court, rôles, langue, classes, et ce que votre organisme y a ajouté (voir plus bas).",
            en="Name, short name, roles, language, classes, and what your organisation has added (see below).",
        ),
        Text(
            fr="Vous reconnaître, et savoir de qui est un travail.",
            en="To recognise you, and to know whose a piece of work is.",
        ),
        Text(
            fr="{days} jours après votre dernière activité : jusqu'au {until} pour l'instant. Un administrateur efface "
            "ensuite, ou plus tôt si vous le demandez.",
            en="{days} days after your last activity: until {until} as things stand. Then an administrator erases it, "
            "or sooner if you ask.",
        ),
        Text(
            fr="Vous, vos formateurs, les administrateurs.",
            en="You, your trainers, the administrators.",
        ),
    ),
    KeptRow(
        Text(fr="Votre mot de passe", en="Your password"),
        Text(
            fr="Une empreinte (Argon2id), dont on ne peut pas le retrouver, et quand vous l'avez choisi.",
            en="A hash (Argon2id), from which it cannot be found again, and when you chose it.",
        ),
        Text(fr="Vous connecter.", en="To sign you in."),
        Text(fr="Jusqu'au suivant, ou jusqu'à l'effacement.", en="Until the next one, or until erasure."),
        Text(fr="Personne.", en="Nobody."),
    ),
    KeptRow(
        Text(fr="Vos connexions", en="Your sign-ins"),
        Text(
            fr="Début, dernier usage, et le nom que le navigateur se donne. Pas d'adresse.",
            en="When it began, when it was last used, and what the browser calls itself. No address.",
        ),
        Text(
            fr="Repérer celle qui n'est pas de vous, et la fermer.",
            en="To notice one that is not yours, and end it.",
        ),
        Text(
            fr="Une connexion prend fin après {sign_in_hours} heures sans usage, et après {sign_in_days} jours. Elle "
            "est effacée quand vous vous connectez de nouveau.",
            en="A sign-in ends after {sign_in_hours} hours without use, and after {sign_in_days} days. It is erased "
            "when you sign in again.",
        ),
        Text(
            fr="Vous. Les administrateurs voient votre dernière activité.",
            en="You. The administrators see your last activity.",
        ),
    ),
    KeptRow(
        Text(fr="Vos essais", en="Your attempts"),
        Text(
            fr="Scénario, variante, dates, chaque évaluation, indices lus.",
            en="Scenario, variant, times, each grading, hints that you read.",
        ),
        Text(
            fr="Vous dire où vous en êtes, et permettre à vos formateurs de vous aider.",
            en="To tell you how far you are, and to let your trainers help you.",
        ),
        Text(
            fr="Les résultats restent après l'effacement, sous une référence qui ne mène à personne.",
            en="Results stay after erasure, under a reference that leads to nobody.",
        ),
        Text(
            fr="Vous, vos formateurs, les administrateurs.",
            en="You, your trainers, the administrators.",
        ),
    ),
    KeptRow(
        Text(fr="Vos réponses et rapports", en="Your answers and reports"),
        Text(fr="Ce que vous écrivez, et quand.", en="What you write, and when."),
        Text(fr="Évaluer votre travail.", en="To grade your work."),
        Text(fr="Jusqu'à l'effacement.", en="Until erasure."),
        Text(
            fr="Vous, vos formateurs, les administrateurs.",
            en="You, your trainers, the administrators.",
        ),
    ),
    KeptRow(
        Text(fr="Ce que vous dites aux personnes d'un lab", en="What you say to people of a lab"),
        Text(
            fr="Vos phrases, ce qu'elles ont répondu et fait, et quand.",
            en="Your sentences, what they answered and did, and when.",
        ),
        Text(fr="Évaluer une intervention, et la revoir.", en="To grade an intervention, and to see it again."),
        Text(fr="Jusqu'à l'effacement.", en="Until erasure."),
        Text(
            fr="Vous, vos formateurs, les administrateurs.",
            en="You, your trainers, the administrators.",
        ),
    ),
    KeptRow(
        Text(fr="Ce que vos formateurs vous écrivent", en="What your trainers write to you"),
        Text(
            fr="Leurs indices et leurs commentaires. Si vous en laissez un taper dans un terminal, l'essai le note.",
            en="Their hints and comments. If you let one of them type in a terminal, the attempt notes it.",
        ),
        Text(fr="Vous aider à avancer.", en="To help you on."),
        Text(fr="Jusqu'à l'effacement.", en="Until erasure."),
        Text(
            fr="Vous, vos formateurs, les administrateurs.",
            en="You, your trainers, the administrators.",
        ),
    ),
    KeptRow(
        Text(fr="Vos terminaux", en="Your terminals"),
        Text(
            fr="Ce qu'ils affichent, et quand. Ce qui ne s'affiche pas, comme un mot de passe que vous tapez, n'est "
            "pas enregistré.",
            en="What they show, and when. What is not shown, such as a password that you type, is not recorded.",
        ),
        Text(
            fr="Revoir votre travail, et comprendre avec un formateur ce qui a marché.",
            en="To see your work again, and to understand with a trainer what worked.",
        ),
        Text(
            fr="{recordings_days} jours après la fin de chaque enregistrement, puis il est supprimé.",
            en="{recordings_days} days after the end of each recording, then it is removed.",
        ),
        Text(
            fr="Vous, vos formateurs, et si vous êtes dans une classe les administrateurs ; vous voyez plus bas qui "
            "l'a fait.",
            en="You, your trainers, and if you are in a class the administrators; you see below who did.",
        ),
    ),
    KeptRow(
        Text(fr="Qui regarde", en="Who looks"),
        Text(
            fr="Quand un formateur revoit vos terminaux. S'il en regarde un en direct, la page du lab le dit.",
            en="When a trainer looks at your terminals again. If they look at one live, the lab page says so.",
        ),
        Text(fr="Que vous le sachiez.", en="So that you know."),
        Text(
            fr="Aussi longtemps que le journal ; en direct, le temps du lab.",
            en="As long as the journal; live, for the time of the lab.",
        ),
        Text(fr="Vous, les administrateurs.", en="You, the administrators."),
    ),
    KeptRow(
        Text(fr="Le journal", en="The journal"),
        Text(
            fr="Chaque fait dont un résultat dépend, sous une référence tirée au hasard, sans votre nom.",
            en="Each fact that a result depends on, under a reference drawn by chance, without your name.",
        ),
        Text(
            fr="Prouver qu'aucun résultat n'a été changé après coup.",
            en="To prove that no result was changed afterwards.",
        ),
        Text(
            fr="Il n'est pas effacé ; après l'effacement, la référence ne mène plus à vous.",
            en="It is not erased; after erasure the reference no longer leads to you.",
        ),
        Text(fr="Les administrateurs.", en="The administrators."),
    ),
)
JURY = Text(
    fr="Si vous avez passé une session de jury, son dossier dit qui vous êtes jusqu'à son propre terme, et ses preuves "
    "ont ce que vos terminaux et vos bureaux affichaient ; le jury vous le montre.",
    en="If you have sat a jury session, its record says who you are until its own term, and its evidence has what your "
    "terminals and desktops showed; the jury shows it to you.",
)
MACHINE = Text(
    fr="Qui administre la machine elle-même peut en lire les fichiers, sans que ce soit noté ici.",
    en="Whoever administers the machine itself can read its files, which is not noted here.",
)

# What there is now --------------------------------------------------------------------------------------------

NOW = Text(fr="En ce moment", en="As of now")
CLASSES = Text(fr="Classes", en="Classes")
TRAINERS = Text(fr="Formateurs qui voient votre travail", en="Trainers who see your work")
ATTEMPTS = Text(fr="Essais", en="Attempts")
RECORDINGS = Text(fr="Enregistrements de terminaux", en="Recordings of terminals")
SIZE = Text(fr="{n} ({size})", en="{n} ({size})")
BORN = Text(fr="Date de naissance", en="Date of birth")
EMAIL = Text(fr="Adresse électronique", en="E-mail address")
ORGANISATION = Text(fr="Organisme", en="Organisation")
NUMBER = Text(fr="Numéro de candidat", en="Candidate's number")
MACHINE_ACCOUNT = Text(fr="Compte sur la machine", en="Account on the machine")
NONE = Text(fr="aucun", en="none")
LOOKS = Text(fr="Qui a revu vos terminaux", en="Who looked at your terminals again")
NO_LOOK = Text(fr="Personne, à part vous.", en="Nobody but you.")
LOOK = Text(fr="{by} : un essai de « {title} »", en="{by}: an attempt at “{title}”")

# Taking it along ----------------------------------------------------------------------------------------------

EXPORT = Text(fr="Emporter vos données", en="Take your data with you")
EXPORT_ABOUT = Text(
    fr="Un fichier zip avec tout ce qui précède : des fichiers JSON, vos terminaux au format asciicast, et une page "
    "qui explique le reste. Rien de ce qui concerne d'autres personnes n'y est.",
    en="A zip file with all of the above: JSON files, your terminals as asciicasts, and a page that explains the rest. "
    "Nothing that is about others is in it.",
)
EXPORT_BUTTON = Text(fr="Télécharger", en="Download")

# Erasure ------------------------------------------------------------------------------------------------------

ERASURE = Text(fr="Faire effacer vos données", en="Have your data erased")
ERASURE_ABOUT = Text(
    fr="Vous demandez, un administrateur exécute : rien ne part d'un clic, et vous pouvez retirer la demande tant "
    "qu'elle n'est pas exécutée.",
    en="You ask, an administrator carries it out: nothing goes by one click, and you can withdraw the request until it "
    "is carried out.",
)
GOES = Text(fr="Ce qui sera effacé, sans retour possible", en="What will be gone for good")
GOES_LINES: tuple[Text, ...] = (
    Text(
        fr="votre nom et tout ce qui vous identifie, votre mot de passe et vos connexions : le compte n'existe plus ;",
        en="your name and all that identifies you, your password and your sign-ins: the account is gone;",
    ),
    Text(fr="votre place dans vos classes ;", en="your place in your classes;"),
    Text(
        fr="vos réponses, vos rapports et ce que vous avez dit, et ce que vos formateurs ont écrit de vos essais ;",
        en="your answers, reports and what you said, and what your trainers wrote to your attempts;",
    ),
    Text(fr="les enregistrements de vos terminaux.", en="the recordings of your terminals."),
)
STAYS = Text(fr="Ce qui restera", en="What will stay")
STAYS_LINES: tuple[Text, ...] = (
    Text(
        fr="les résultats de vos essais, sous une référence qui ne mène à personne : vous ne pourrez plus les prouver "
        "vôtres ;",
        en="the results of your attempts, under a reference that leads to nobody: you can no longer prove them yours;",
    ),
    Text(fr="le dossier d'une session de jury, jusqu'à son terme.", en="the record of a jury session, until its term."),
)
NUMBER_STAYS = Text(
    fr="Votre numéro de candidat reste aussi : votre organisme l'a réglé ainsi.",
    en="Your candidate's number stays as well: your organisation has set it so.",
)
TAKE_FIRST = Text(
    fr="Téléchargez d'abord vos données si vous voulez en garder une trace.",
    en="Download your data first if you want to keep a trace of it.",
)
STOP_FIRST = Text(
    fr="Vos labs en marche devront être arrêtés avant : {labs}.",
    en="Your running labs will have to be stopped before: {labs}.",
)
ASK = Text(fr="Demander l'effacement", en="Ask for erasure")
ASK_OPEN = Text(fr="Demander l'effacement…", en="Ask for erasure…")
ASKED = Text(fr="Vous avez demandé l'effacement le", en="You asked for erasure on")
ASKED_NEXT = Text(
    fr="Un administrateur l'exécutera. D'ici là, tout reste, et vous pouvez changer d'avis.",
    en="An administrator will carry it out. Until then everything stays, and you can change your mind.",
)
WITHDRAW = Text(fr="Retirer la demande", en="Withdraw the request")
DONE_ASKED = Text(fr="La demande est enregistrée.", en="The request is noted.")
DONE_WITHDRAWN = Text(fr="La demande est retirée.", en="The request is withdrawn.")

# For administrators -------------------------------------------------------------------------------------------

REQUESTS = Text(fr="Demandes d'effacement", en="Requests for erasure")
REQUESTED_ON = Text(fr="demandé le", en="asked on")
LOOK_AT_REQUEST = Text(fr="Examiner…", en="Look at it…")
LOOK_AT_REQUEST_OF = Text(fr="Examiner la demande de {name}", en="Look at the request of {name}")
TO_PEOPLE = Text(fr="Retour aux personnes", en="Back to the people")
ERASE_ONE = Text(fr="Effacer {name} ?", en="Erase {name}?")
ERASE_GOES: tuple[Text, ...] = (
    Text(
        fr="le nom et tout ce qui identifie cette personne, son mot de passe et ses connexions ;",
        en="the name and all that identifies this person, their password and sign-ins;",
    ),
    Text(fr="ses places dans des classes : {classes} ;", en="their places in classes: {classes};"),
    Text(
        fr="ses réponses et ses rapports, et ce que ses formateurs ont écrit de ses essais ;",
        en="their answers and reports, and what their trainers wrote to their attempts;",
    ),
    Text(
        fr="les enregistrements de ses terminaux sur cette machine : {recordings} ({size}).",
        en="the recordings of their terminals on this machine: {recordings} ({size}).",
    ),
)
ERASE_STAYS = Text(
    fr="les résultats de ses essais ({attempts}), sous une référence qui ne mène à personne ;",
    en="the results of their attempts ({attempts}), under a reference that leads to nobody;",
)
ERASE_JOURNAL = Text(
    fr="le journal, et les sauvegardes faites jusqu'ici : à vous de les laisser expirer.",
    en="the journal, and the backups that were made so far: it is for you to let these expire.",
)
KEPT_BY = Text(
    fr="Le dossier de ces sessions de jury dit encore de qui il s'agit, jusqu'à son terme : {sessions}.",
    en="The record of these jury sessions goes on saying who it was, until its term: {sessions}.",
)
RUNNING = Text(
    fr="Ses labs en marche doivent d'abord être arrêtés, par cette personne ou depuis le tableau de sa classe : "
    "{labs}.",
    en="Their running labs have to be stopped first, by this person or from the board of their class: {labs}.",
)
CONFIRM = Text(fr="Nom court de cette personne", en="Short name of this person")
CONFIRM_HINT = Text(
    fr="Pour confirmer, tapez « {handle} ».",
    en="To confirm, type “{handle}”.",
)
CONFIRM_WRONG = Text(
    fr="Ce n'est pas le nom court de cette personne : rien n'a été effacé.",
    en="This is not the short name of this person: nothing was erased.",
)
ERASE = Text(fr="Effacer définitivement", en="Erase for good")
ERASED = Text(
    fr="C'est effacé : plus rien ne dit qui c'était. Les résultats restent, sans nom.",
    en="It is erased: nothing says who it was any more. Results stay, without a name.",
)
