"""The phrases of classes and of joining one, in both languages; templates know them as ``c``."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text, same
from orchestrator.labd.calls import Refusal

# The classes --------------------------------------------------------------------------------------------------

CLASSES_ABOUT = Text(
    fr="Une classe réunit des stagiaires : vous lancez un scénario pour eux, et voyez où chacun en est.",
    en="A class brings trainees together: you launch a scenario for them, and see how far each one is.",
)
NO_CLASS = Text(fr="Pas encore de classe : créez la première.", en="No class yet: make the first one.")
NEW_CLASS = Text(fr="Nouvelle classe", en="New class")
CLASS_NAME = Text(fr="Nom de la classe", en="Name of the class")
CLASS_NAME_HINT = Text(
    fr="Des minuscules, des chiffres et . _ - ; par exemple tssr-2026.",
    en="Lower-case letters, digits and . _ -; for example tssr-2026.",
)
MAKE = Text(fr="Créer", en="Make")
CLASS = Text(fr="Classe", en="Class")
CLASS_OF = Text(fr="Classe {name}", en="Class {name}")
TRAINEES = Text(fr="Stagiaires", en="Trainees")
LABS_RUNNING = Text(fr="Labs en cours", en="Running labs")
BOARD = Text(fr="Tableau", en="Board")
BOARD_OF = Text(fr="Tableau de {name}", en="Board of {name}")
TO_CLASSES = Text(fr="Toutes les classes", en="All classes")
TO_CLASS = Text(fr="Retour à la classe", en="Back to the class")

# A class ------------------------------------------------------------------------------------------------------

LAUNCH = Text(fr="Lancer un scénario", en="Launch a scenario")
MEMBERS = Text(fr="Membres", en="Members")
MEMBERS_COUNT = Text(fr="Membres : {n}", en="Members: {n}")
NO_MEMBER = Text(
    fr="Personne pour l'instant : montrez le code de la classe, ou ajoutez une liste.",
    en="Nobody yet: show the code of the class, or add a list.",
)
TRAINEE = Text(fr="stagiaire", en="trainee")
TRAINER = Text(fr="formateur", en="trainer")
REMOVE = Text(fr="Retirer", en="Remove")
REMOVE_ONE = Text(fr="Retirer {name} de la classe", en="Remove {name} from the class")
REMOVED = Text(
    fr="C'est fait : cette personne n'est plus dans la classe. Son travail reste.",
    en="Done: this person is no longer in the class. Their work stays.",
)
LAUNCHES = Text(fr="Lancements", en="Launches")
NO_LAUNCH = Text(fr="Rien n'a encore été lancé pour cette classe.", en="Nothing was launched for this class yet.")
CODE = Text(fr="Code de la classe", en="Code of the class")
CODE_ABOUT = Text(
    fr="Avec ce code, n'importe qui peut entrer dans la classe et choisir son mot de passe. À écrire au tableau, à "
    "fermer quand tout le monde est là.",
    en="With this code anybody can join the class and choose a password. Write it on the board, end it once everybody "
    "is there.",
)
CODE_AT = Text(fr="À saisir sur", en="To be typed at")
CODE_UNTIL = Text(fr="Il vaut jusqu'au", en="It holds until")
NO_CODE = Text(fr="Aucun code ne vaut en ce moment.", en="No code holds now.")
MAKE_CODE = Text(fr="Créer un code", en="Make a code")
RENEW_CODE = Text(fr="Nouveau code", en="New code")
RENEW_ABOUT = Text(
    fr="Un nouveau code remplace celui-ci, qui ne vaudra plus.",
    en="A new code takes the place of this one, which ends.",
)
END_CODE = Text(fr="Fermer le code", en="End the code")
CODE_ENDED = Text(fr="Le code ne vaut plus.", en="The code no longer holds.")

# What its labs may take ---------------------------------------------------------------------------------------

LIMITS = Text(fr="Limites", en="Limits")
LIMITS_ABOUT = Text(
    fr="Ce que prennent au plus, ensemble, les labs lancés pour cette classe. Les suivants attendent que d'autres "
    "s'arrêtent, et le disent à leur stagiaire. Les processeurs changent pour les labs qui démarrent ensuite. Ceux "
    "qu'un stagiaire démarre seul ne comptent pas ici.",
    en="What the labs that are launched for this class take together, at most. Further ones wait until others are "
    "stopped, and tell their trainee so. Processors change for labs that start from then on. Those that a trainee "
    "starts alone do not count here.",
)
LIMIT_FIELDS: Mapping[str, Text] = {
    "labs": Text(fr="Labs à la fois", en="Labs at a time"),
    "memory": Text(fr="Mémoire de ces labs, en Gio", en="Memory of these labs, in GiB"),
    "processors": Text(fr="Processeurs de chaque machine", en="Processors of each machine"),
}
LIMIT_FREE = Text(fr="Vide : pas de limite.", en="Empty: no limit.")
LIMIT_MOST = Text(fr="Jusqu'à {most} ; vide : {most}.", en="Up to {most}; empty: {most}.")
SET_LIMITS = Text(fr="Fixer les limites", en="Set the limits")
LIMITED = Text(fr="Les limites de la classe sont fixées.", en="The limits of the class are set.")
WRONG_NUMBER: Mapping[str, Refusal] = {
    "labs": Refusal(
        "wrong",
        Text(fr="Écrivez un nombre entier de labs, par exemple 8.", en="Write a whole number of labs, such as 8."),
        field="labs",
    ),
    "memory": Refusal(
        "wrong",
        Text(fr="Écrivez un nombre de Gio, par exemple 12.", en="Write a number of GiB, such as 12."),
        field="memory",
    ),
    "processors": Refusal(
        "wrong",
        Text(fr="Écrivez un nombre de processeurs, par exemple 0,5.", en="Write a number of processors, such as 0.5."),
        field="processors",
    ),
}

# Adding people ------------------------------------------------------------------------------------------------

ADD_MEMBERS = Text(fr="Ajouter une liste", en="Add a list")
PEOPLE_LIST = Text(fr="La liste, en CSV", en="The list, as CSV")
PEOPLE_LIST_HINT = Text(
    fr="La première ligne nomme les colonnes ; entre deux cases, une virgule ou un point-virgule. Qui est déjà connu "
    "garde son compte et son mot de passe. S'il y a une erreur, personne n'est ajouté.",
    en="The first line names the columns; between two cells, a comma or a semicolon. Whoever is known already keeps "
    "their account and password. With one mistake, nobody is added.",
)
COLUMNS = Text(fr="Les colonnes", en="The columns")
COLUMN_LIST: Mapping[str, Text] = {
    "handle": Text(
        fr="nom court, nécessaire : minuscules, chiffres et . _ -", en="short name, needed: a-z, 0-9, . _ -"
    ),
    "given_name": Text(fr="prénom", en="given name"),
    "family_name": Text(fr="nom de famille", en="family name"),
    "email": Text(fr="adresse de courriel", en="email address"),
    "organisation": Text(fr="école ou entreprise", en="school or company"),
    "born": Text(fr="date de naissance, 2004-05-17", en="date of birth, 2004-05-17"),
}
EXAMPLE = Text(fr="Par exemple", en="For example")
EXAMPLE_LIST = "handle,given_name,family_name\nlea.martin,Léa,Martin\nyann.legoff,Yann,Le Goff\n"
FILE = Text(fr="Ou un fichier", en="Or a file")
FILE_HINT = Text(
    fr="CSV, 256 ko au plus. Il est mis dans la liste ci-dessus : relisez-la avant d'ajouter.",
    en="CSV, 256 kB at most. It is put into the list above: read it before you add.",
)
FILE_TOO_LARGE = Text(
    fr="Ce fichier dépasse 256 ko : faites-en plusieurs.",
    en="This file is larger than 256 kB: make several of it.",
)
FILE_UNREAD = Text(fr="Ce fichier n'a pas pu être lu.", en="This file could not be read.")
FILE_TAKEN = Text(fr="La liste est remplie avec le fichier.", en="The list is filled with the file.")
ADD = Text(fr="Ajouter à la classe", en="Add to the class")
ADDED = Text(
    fr="C'est fait. Personne n'était nouveau : il n'y a pas de lien à donner.",
    en="Done. Nobody was new: there are no links to hand out.",
)
LINKS = Text(fr="Les liens des nouveaux", en="Links of the new ones")
LINKS_ONCE = Text(
    fr="Ils ne sont montrés que cette fois. Chacun sert une fois, à une personne, pour choisir son mot de passe : "
    "donnez-le à elle seule.",
    en="They are shown this once. Each works once, for one person, to choose a password: give it to nobody else.",
)
LINK_FOR = Text(fr="Lien de {name}", en="Link of {name}")
LINK = Text(fr="Lien", en="Link")
UNTIL = Text(fr="Jusqu'au", en="Until")
COPY_FOR = Text(fr="Copier le lien de {name}", en="Copy the link of {name}")
PRINT = Text(fr="Imprimer", en="Print")
PRINT_ABOUT = Text(
    fr="Imprimée, la page donne une bande à découper par personne.",
    en="Printed, this page gives a strip to cut out for each person.",
)

# Joining ------------------------------------------------------------------------------------------------------

JOIN_ABOUT = Text(
    fr="Saisissez le code que votre formateur a écrit au tableau.",
    en="Type the code that your trainer has written on the board.",
)
JOIN_CODE = same("Code")
JOIN_NEXT = Text(fr="Continuer", en="Continue")
JOIN_CLASS = Text(fr="Rejoindre {name}", en="Join {name}")
JOIN_NEW = Text(
    fr="Vous avez déjà un compte ? Connectez-vous, et demandez à votre formateur de vous ajouter.",
    en="You have an account already? Sign in, and ask your trainer to add you.",
)
JOIN_SIGNED_IN = Text(
    fr="Vous êtes connecté comme {name}. Rejoindre une classe ici crée un autre compte, et vous connecte avec lui.",
    en="You are signed in as {name}. To join a class here makes another account, and signs you in with it.",
)
JOIN_DO = Text(fr="Rejoindre et se connecter", en="Join and sign in")
JOIN_HANDLE_HINT = Text(
    fr="C'est avec lui que vous vous connecterez : des minuscules, des chiffres et . _ - ; par exemple lea.martin.",
    en="It is what you will sign in with: lower-case letters, digits and . _ -; for example lea.martin.",
)

# Launching ----------------------------------------------------------------------------------------------------

LAUNCH_FOR = Text(fr="Lancer un scénario pour {name}", en="Launch a scenario for {name}")
LAUNCH_ABOUT = Text(
    fr="Chacun reçoit son lab, avec sa variante. Qui en a déjà un de ce scénario le garde.",
    en="Everybody gets a lab with a variant of their own. Whoever has one of this scenario keeps it.",
)
WHICH = Text(fr="Quel scénario ?", en="Which scenario?")
FOR_WHOM = Text(fr="Pour qui ?", en="For whom?")
FOR_ALL = Text(fr="Tous les stagiaires ({n})", en="All trainees ({n})")
FOR_SOME = Text(fr="Seulement ceux-ci", en="Only these")
PROVEN = Text(fr="prouvé", en="proven")
UNPROVEN = Text(fr="sans preuve", en="not proven")
DO_LAUNCH = Text(fr="Lancer", en="Launch")
NOTHING_CHOSEN = Refusal("wrong", Text(fr="Choisissez un scénario.", en="Choose a scenario."), field="scenarios")
NOBODY_CHOSEN = Refusal(
    "wrong",
    Text(fr="Choisissez au moins un stagiaire, ou tous.", en="Choose at least one trainee, or all."),
    field="for-some",
)
BOTH_CHOSEN = Refusal(
    "wrong",
    Text(
        fr="Des stagiaires sont cochés, mais « tous » est choisi : gardez l'un ou l'autre.",
        en="Trainees are ticked, but “all” is chosen: keep one of the two.",
    ),
    field="for-all",
)
NO_TRAINEE = Text(
    fr="Cette classe n'a pas encore de stagiaire : ajoutez-en d'abord.",
    en="This class has no trainee yet: add some first.",
)
