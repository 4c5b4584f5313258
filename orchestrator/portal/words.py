"""The phrases of the portal's pages, in both languages; those of the lab page are its own."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text, same
from orchestrator.labd.calls import Refusal, RoleName

# Every page ---------------------------------------------------------------------------------------------------

SKIP = Text(fr="Aller au contenu", en="Skip to the content")
NAVIGATION = Text(fr="Pages", en="Pages")
PATH = Text(fr="Parcours", en="Path")
CLASSES = Text(fr="Classes", en="Classes")
CATALOGUE = Text(fr="Catalogue", en="Catalogue")
JURY = same("Jury")
SESSIONS = same("Sessions")
PEOPLE = Text(fr="Personnes", en="People")
ACCOUNT = Text(fr="Compte", en="Account")
ACCOUNT_OF = Text(fr="Compte de {name}", en="Account of {name}")
SIGN_OUT = Text(fr="Se déconnecter", en="Sign out")
LANGUAGE = Text(fr="Langue", en="Language")
LANGUAGES: Mapping[str, Text] = {"fr": same("Français"), "en": same("English")}
BACK = Text(fr="Retour au parcours", en="Back to the path")
AGAIN = Text(fr="Réessayer", en="Try again")
SECONDS = Text(fr="Réessayez dans {n}\N{NO-BREAK SPACE}s.", en="Try again in {n}\N{NO-BREAK SPACE}s.")
WRONG = Text(fr="Ce n'est pas fait", en="This was not done")
ROLES: Mapping[RoleName, Text] = {
    "trainee": Text(fr="stagiaire", en="trainee"),
    "trainer": Text(fr="formateur", en="trainer"),
    "jury": same("jury"),
    "invigilator": Text(fr="surveillant de sessions", en="invigilator of sessions"),
    "organiser": Text(fr="organisateur de sessions", en="organiser of sessions"),
    "administrator": Text(fr="administrateur", en="administrator"),
    "candidate": Text(fr="candidat", en="candidate"),
}

ROLES_MEAN: Mapping[RoleName, Text] = {
    "trainee": Text(fr="démarre des labs et les répare.", en="starts labs and repairs them."),
    "trainer": Text(
        fr="a des classes, voit les labs de leurs stagiaires, et le catalogue de l'intérieur.",
        en="has classes, sees their trainees' labs, and the catalogue from inside.",
    ),
    "jury": Text(
        fr="juge dans les sessions dont le plan nomme ce compte, et voit le catalogue de l'intérieur.",
        en="judges in the sessions whose plan names this account, and sees the catalogue from inside.",
    ),
    "invigilator": Text(
        fr="est dans la salle le jour d'une session : vérifie les identités, voit les écrans, note présences et "
        "incidents. Ne touche ni aux sujets ni au temps.",
        en="is in the room on a session's day: confirms identities, sees screens, notes presence and incidents. "
        "Touches neither scenarios nor times.",
    ),
    "organiser": Text(
        fr="planifie les sessions de jury et les mène : temps, candidats, incidents. Ne juge pas.",
        en="plans jury sessions and holds them: times, candidates, incidents. Does not judge.",
    ),
    "administrator": Text(
        fr="donne les comptes et les rôles, prouve des scénarios, efface des personnes, et peut ce que peut qui "
        "organise ou forme.",
        en="gives accounts and roles, proves scenarios, erases people, and may do what organisers and trainers may.",
    ),
    "candidate": Text(
        fr="a un numéro pour les sessions ; sans autre rôle, pas de mot de passe.",
        en="has a number for sessions; without another role, no password.",
    ),
}
CHANGE_ROLES = Text(fr="Changer les rôles", en="Change the roles")
CHANGE_ROLES_OF = Text(fr="Changer les rôles de {name}", en="Change the roles of {name}")
ROLES_CHANGED = Text(
    fr="Les rôles sont changés, et valent dès maintenant ; le journal le garde.",
    en="The roles are changed, and count from now on; the journal keeps it.",
)
ROLES_ABOUT = Text(
    fr="Qui organise des sessions n'y juge pas : un compte n'a pas à la fois ces deux rôles.",
    en="Who organises sessions does not judge in them: no account has both of these roles.",
)
YOUR_PASSWORD = Text(fr="Votre mot de passe", en="Your password")
YOUR_PASSWORD_HINT = Text(
    fr="Un rôle ouvre des portes : confirmez que c'est vous.", en="A role opens doors: confirm that it is you."
)

GRID = Text(
    fr="Une personne lira ce texte, une machine ne le note pas. Elle regardera :",
    en="People read this text, and no machine gives it points. They look at:",
)

# Signing in ---------------------------------------------------------------------------------------------------

SIGN_IN = Text(fr="Se connecter", en="Sign in")
HANDLE = Text(fr="Nom court", en="Short name")
PASSWORD = Text(fr="Mot de passe", en="Password")
SHOW_PASSWORD = Text(fr="Montrer", en="Show")
WELCOME = Text(
    fr="Des machines en panne, un ticket, et vous : réparez-les dans votre navigateur.",
    en="Broken machines, a ticket, and you: repair them in your browser.",
)
NO_ACCOUNT = Text(
    fr="Pas de mot de passe, ou oublié ? Demandez un lien à votre formateur ou à un administrateur.",
    en="No password, or forgotten? Ask your trainer or an administrator for a link.",
)
HAVE_CODE = Text(fr="Vous avez un code de classe ?", en="Do you have the code of a class?")
JOIN = Text(fr="Rejoindre une classe", en="Join a class")
LINK = Text(fr="Choisir un mot de passe", en="Choose a password")
LINK_FOR = Text(fr="Compte de {name} ({handle})", en="Account of {name} ({handle})")
LINK_CODE = Text(fr="Code du lien", en="The link's code")
LINK_HINT = Text(
    fr="Ce qui suit # dans l'adresse que vous avez reçue.",
    en="What follows # in the address that you were given.",
)
LINK_NEXT = Text(fr="Continuer", en="Continue")
LINK_SCRIPT = Text(
    fr="Sans JavaScript, copiez le code vous-même. Les labs, eux, ne s'en passent pas.",
    en="Without JavaScript, copy the code yourself. Labs cannot do without it.",
)
LINK_ENDS = Text(
    fr="Les connexions ouvertes sous ce nom seront fermées.",
    en="Whoever is signed in under this name no longer will be.",
)
NEW_PASSWORD = Text(fr="Nouveau mot de passe", en="New password")
PASSWORD_HINT = Text(
    fr="Une phrase est plus sûre qu'un mot, et se retient mieux.",
    en="A phrase is safer than a word, and easier to remember.",
)
SAVE_AND_SIGN_IN = Text(fr="Enregistrer et se connecter", en="Save and sign in")

# One's account ------------------------------------------------------------------------------------------------

CHANGE = Text(fr="Changer", en="Change")
CHANGE_PASSWORD = Text(fr="Changer de mot de passe", en="Change the password")
OLD_PASSWORD = Text(fr="Mot de passe actuel", en="Current password")
OTHERS_END = Text(fr="Vos autres connexions seront fermées.", en="Your other sign-ins will end.")
PASSWORD_CHANGED = Text(
    fr="Le mot de passe est changé. Vos autres connexions sont fermées.",
    en="The password is changed. Your other sign-ins have ended.",
)
SIGN_IN_ENDED = Text(fr="La connexion est fermée.", en="The sign-in has ended.")
SIGN_INS = Text(fr="Vos connexions", en="Your sign-ins")
SIGN_INS_ABOUT = Text(
    fr="Vous n'en reconnaissez pas une ? Fermez-la, et changez de mot de passe.",
    en="You do not recognise one? End it, and change your password.",
)
THIS_ONE = Text(fr="celle-ci", en="this one")
SINCE = Text(fr="depuis le", en="since")
LAST_SEEN_ON = Text(fr="dernière activité le", en="last activity on")
LAST_SEEN = Text(fr="Dernière activité", en="Last activity")
UNKNOWN_BROWSER = Text(fr="Navigateur inconnu", en="Unknown browser")
END = Text(fr="Fermer", en="End")
END_ONE = Text(fr="Fermer la connexion de {agent}", en="End the sign-in of {agent}")
NAME = Text(fr="Nom", en="Name")
ROLE = Text(fr="Rôle", en="Role")

# People -------------------------------------------------------------------------------------------------------

PEOPLE_COUNT = Text(fr="Personnes : {n}", en="People: {n}")
ADD = Text(fr="Ajouter", en="Add")
ADD_PERSON = Text(fr="Ajouter une personne", en="Add somebody")
HANDLE_HINT = Text(
    fr="Par exemple lea.martin : c'est avec lui qu'on se connecte.",
    en="For example lea.martin: it is what one signs in with.",
)
GIVEN_NAME = Text(fr="Prénom", en="Given name")
FAMILY_NAME = Text(fr="Nom de famille", en="Family name")
ROLES_LABEL = Text(fr="Rôles", en="Roles")
CAN_SIGN_IN = Text(fr="Mot de passe", en="Password")
HAS_PASSWORD = Text(fr="choisi", en="chosen")
NO_PASSWORD = Text(fr="pas encore", en="not yet")
NEVER = Text(fr="jamais", en="never")
NEW_LINK = Text(fr="Nouveau lien", en="New link")
NEW_LINK_FOR = Text(fr="Nouveau lien pour {name}", en="New link for {name}")
LINK_READY = Text(fr="Un lien pour {handle}", en="A link for {handle}")
LINK_ONCE = Text(
    fr="Il n'est montré que cette fois : copiez-le, et donnez-le à cette personne seule. Il sert une fois, jusqu'au",
    en="It is shown this once: copy it, and give it to this person alone. It works once, until",
)
COPY = Text(fr="Copier", en="Copy")
COPIED = Text(fr="Copié", en="Copied")
LINK_ADDRESS = Text(fr="Adresse du lien", en="The link's address")

# The path and a scenario --------------------------------------------------------------------------------------

YOUR_PATH = Text(fr="Votre parcours", en="Your path")
CERTIFICATION = Text(
    fr="Titre professionnel Technicien supérieur ou technicienne supérieure de support en informatique",
    en='Professional title "Senior IT support technician"',
)
RNCP = same("RNCP 227")
RUNNING = Text(fr="En cours", en="Running")
NEXT = Text(fr="À faire ensuite", en="What to do next")
CONTINUE = Text(fr="Reprendre", en="Continue")
CONTINUE_LAB = Text(fr="Reprendre : {title}", en="Continue: {title}")
ALL = Text(fr="Tout le parcours", en="The whole path")
SOLVED_OF = Text(fr="{done} sur {total} résolus", en="{done} of {total} solved")
NO_SCENARIO = Text(fr="Pas encore de scénario.", en="No scenario yet.")
STATES: Mapping[str, Text] = {
    "new": Text(fr="à faire", en="to do"),
    "running": Text(fr="en cours", en="running"),
    "tried": Text(fr="essayé", en="tried"),
    "hinted": Text(fr="résolu avec indices", en="solved with hints"),
    "solved": Text(fr="résolu", en="solved"),
}
KINDS: Mapping[str, Text] = {
    "fault": Text(fr="panne", en="fault"),
    "task": Text(fr="travail à faire", en="task"),
}
LAB_STATES: Mapping[str, Text] = {
    "waiting": Text(fr="attend son tour", en="waits for its turn"),
    "starting": Text(fr="démarre", en="starting"),
    "started": Text(fr="prêt", en="ready"),
    "frozen": Text(fr="en pause", en="frozen"),
    "saved": Text(fr="sauvegardé", en="saved"),
    "stopping": Text(fr="s'arrête", en="stopping"),
    "cut off": Text(fr="interrompu", en="cut off"),
    "failed": Text(fr="le démarrage a échoué", en="the start failed"),
    "gone": Text(fr="arrêté", en="stopped"),
}
DIFFICULTY = Text(fr="difficulté {n} sur 4", en="difficulty {n} of 4")
DIFFICULTY_LABEL = Text(fr="Difficulté", en="Difficulty")
TIME = Text(fr="Durée", en="Time")
LAB = same("Lab")
MACHINES = Text(fr="Machines", en="Machines")
COMPETENCES = Text(fr="Compétences", en="Competences")
KIND = Text(fr="Genre", en="Kind")
STATE = Text(fr="État", en="State")
START = Text(fr="Démarrer", en="Start")
START_ABOUT = Text(
    fr="Le lab démarre tel que son ticket le décrit ; votre temps compte à partir de là. Il reste à vous jusqu'à "
    "ce que vous l'arrêtiez.",
    en="The lab starts as its ticket describes it; your time counts from there. It stays yours until you stop it.",
)
SEED = Text(fr="Variante (facultatif)", en="Variant (optional)")
SEED_HINT = Text(
    fr="Le même nombre donne les mêmes noms, les mêmes adresses et la même panne.",
    en="The same number gives the same names, addresses and fault.",
)
SEED_WRONG = Text(fr="Une variante est un nombre entier.", en="A variant is a whole number.")
NOT_PROVEN = Text(
    fr="Aucune preuve ne vaut pour ce scénario en ce moment : ses contrôles peuvent se tromper.",
    en="No proof holds for this scenario now: its checks may be mistaken.",
)
ATTEMPTS = Text(fr="Vos essais", en="Your attempts")
NO_ATTEMPT = Text(fr="Aucun pour l'instant.", en="None yet.")
WHEN = Text(fr="Quand", en="When")
VARIANT = Text(fr="Variante", en="Variant")
RESULT = Text(fr="Résultat", en="Result")
HINTS = Text(fr="Indices", en="Hints")
GRADINGS = Text(fr="Évaluations", en="Gradings")
NOT_SOLVED = Text(fr="pas résolu", en="not solved")
ABOUT_LAB = Text(fr="Le lab", en="The lab")

# What is not a page -------------------------------------------------------------------------------------------

NOT_FOUND = Refusal(
    "missing",
    Text(fr="Cette page n'existe pas.", en="There is no such page."),
    Text(fr="Ou elle n'est pas à vous. Revenez à votre parcours.", en="Or it is not yours. Go back to your path."),
)
SIGNED_OUT = Refusal(
    "signed-out",
    Text(fr="Vous n'êtes pas connecté.", en="You are not signed in."),
    Text(fr="Connectez-vous.", en="Sign in."),
)
BROKEN = Refusal(
    "broken",
    Text(fr="Le portail s'est trompé.", en="The portal made a mistake."),
    Text(
        fr="Réessayez ; si cela revient, dites-le à votre formateur. Vos labs continuent.",
        en="Try again; if it comes back, tell your trainer. Your labs go on.",
    ),
)
STALE = Refusal(
    "forbidden",
    Text(fr="Cette page n'était plus à jour.", en="This page was out of date."),
    Text(
        fr="Rien n'a été changé. Revenez en arrière, rechargez la page et recommencez.",
        en="Nothing was changed. Go back, load the page again and repeat.",
    ),
)
