"""What the portal says of web pages of labs, in both languages: on the lab's page, and instead of a page."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.text import Text
from orchestrator.labd.calls import Refusal
from orchestrator.labd.web_contract import PageState
from orchestrator.portal.page_certificate import CertificateTrouble

# On the lab's page --------------------------------------------------------------------------------------------

PAGES = Text(fr="Pages web", en="Web pages")
OPEN_PAGE = Text(
    fr="Ouvrir {address} depuis {host}, dans un nouvel onglet", en="Open {address} from {host}, in a new tab"
)
FROM = Text(fr="depuis {host}", en="from {host}")
BY_PROXY = Text(fr="par le mandataire {proxy}", en="by the proxy {proxy}")
OTHER = Text(fr="Une autre adresse", en="Another address")
HOST = Text(fr="Depuis la machine", en="From the machine")
ADDRESS = Text(fr="Adresse", en="Address")
PROXY = Text(fr="Mandataire (proxy), s'il en faut un", en="Proxy, if one is needed")
OPEN = Text(fr="Ouvrir", en="Open")
AS_SEEN = Text(
    fr="La page s'ouvre dans un nouvel onglet, telle que cette machine la voit : avec ses noms (DNS), son réseau et "
    "ses certificats.",
    en="The page opens in a new tab, as that machine sees it: with its names (DNS), its network and its certificates.",
)
OPENING = Text(fr="Ouverture de la page…", en="Opening the page…")
OPEN_BY_HAND = Text(fr="Ouvrir la page", en="Open the page")

WRONG_ADDRESS = Refusal(
    "wrong",
    Text(fr="Ce n'est pas l'adresse d'une page web.", en="That is no address of a web page."),
    Text(
        fr="Écrivez http:// ou https://, puis le nom ou l'adresse d'une machine du lab ; une adresse IPv6 entre "
        "crochets, [fd00::80].",
        en="Write http:// or https://, then the name or the address of a machine of the lab; an IPv6 address in "
        "brackets, [fd00::80].",
    ),
)
PROXIED_TLS = Refusal(
    "wrong",
    Text(
        fr="Une page en https ne s'ouvre pas ici par un mandataire.",
        en="A page in https does not open here by a proxy.",
    ),
    Text(
        fr="Sans mandataire, ou dans un terminal : curl --proxy.", en="Without a proxy, or in a terminal: curl --proxy."
    ),
)
NO_HOST = Refusal("missing", Text(fr="Cette machine n'existe pas.", en="There is no such machine."))

# Instead of a page --------------------------------------------------------------------------------------------

FAILED = Text(fr="Cette page ne s'ouvre pas", en="This page does not open")
CLOSED = Text(fr="Cette page n'est pas ouverte", en="This page is not open")
CLOSED_HINT = Text(
    fr="Ouvrez-la depuis la page de votre lab, dans le portail : une page reste ouverte pour le navigateur et la "
    "session qui l'ont demandée.",
    en="Open it from your lab's page, in the portal: a page stays open for the browser and the sign-in that asked for "
    "it.",
)
SEEN_FROM = Text(fr="Vue de {host}", en="As seen from {host}")
AGAIN = Text(fr="Réessayer", en="Try again")
TO_LAB = Text(fr="Retour au lab", en="Back to the lab")
BY_US = Text(
    fr="Ce message vient du portail, à la place du navigateur de cette machine ; aucun serveur du lab ne l'a écrit.",
    en="This message is the portal's, in place of that machine's browser; no server of the lab has written it.",
)

STATES: Mapping[PageState, Text] = {
    "open": FAILED,
    "no-name": Text(
        fr="{host} ne trouve aucune adresse pour le nom {name}.", en="{host} finds no address for the name {name}."
    ),
    "refused": Text(
        fr="Connexion refusée : à l'adresse {address}, aucun programme n'écoute sur le port {port}, ou une machine sur "
        "le chemin a refusé.",
        en="Connection refused: at the address {address} no program listens on port {port}, or a machine on the way "
        "has refused.",
    ),
    "no-answer": Text(
        fr="Aucune réponse de {address}, port {port}, dans le délai.",
        en="No answer from {address}, port {port}, in time.",
    ),
    "no-way": Text(
        fr="L'adresse {address} est injoignable depuis {host}.",
        en="The address {address} cannot be reached from {host}.",
    ),
    "host-down": Text(fr="La machine {host} est éteinte, ou redémarre.", en="{host} is off, or reboots."),
    "frozen": Text(
        fr="Le lab est en pause. Rechargez la page : il reprendra.",
        en="The lab is frozen. Load the page again: it goes on.",
    ),
    "shut": Text(
        fr="Les machines sont fermées : votre temps est arrêté, n'a pas commencé, ou est écoulé.",
        en="The machines are closed: your time stands still, has not begun, or is over.",
    ),
}
"""What became of the connection → what is said."""
SLOW = Text(
    fr="La connexion est ouverte, mais {address} n'a pas répondu à temps à la demande.",
    en="The connection is open, but {address} has not answered the request in time.",
)
EMPTY = Text(
    fr="{address} a fermé la connexion sans rien répondre.", en="{address} has closed the connection without an answer."
)
NONSENSE = Text(
    fr="Ce que {address} a répondu sur le port {port} n'est pas du HTTP lisible.",
    en="What {address} has answered on port {port} is no readable HTTP.",
)
NO_TLS = Text(
    fr="{address} ne parle pas TLS sur le port {port} comme un navigateur l'attend ({reason}).",
    en="{address} does not speak TLS on port {port} as a browser expects it ({reason}).",
)
LEADS_AWAY = Text(
    fr="Ce site renvoie à une adresse qui ne peut pas être ouverte ici : {location}",
    en="This site leads to an address that cannot be opened here: {location}",
)
READ_ONLY = Text(
    fr="Vous regardez le lab de quelqu'un d'autre : seule la lecture y est possible.",
    en="You look at somebody else's lab: only reading is possible there.",
)
TOO_MUCH = Text(fr="C'est trop à la fois pour une page de lab.", en="This is too much at once for a lab's page.")
NOT_THIS = Text(
    fr="Les pages de labs ne laissent pas passer cette demande.", en="Pages of labs do not let this request pass."
)
ELSEWHERE = Text(fr="Cette demande vient d'une autre page.", en="This request comes from another page.")
NO_SEAT = Text(
    fr="Ce navigateur n'a plus de place : appelez la personne qui surveille.",
    en="This browser has no seat any more: call the invigilator.",
)
REFUSALS: Mapping[str, Text] = {
    "signed-out": Text(fr="Votre session au portail est terminée.", en="Your sign-in at the portal has ended."),
    "missing": Text(fr="Ce lab n'existe plus, ou n'est pas en marche.", en="This lab is gone, or is not running."),
    "busy": Text(
        fr="Ce lab est occupé, ou ouvre trop de pages à la fois. Réessayez dans un instant.",
        en="This lab is busy, or opens too many pages at once. Try again in a moment.",
    ),
    "machine": Text(
        fr="Le service des labs ne répond pas. Réessayez dans un instant.",
        en="The lab service does not answer. Try again in a moment.",
    ),
}

# A certificate ------------------------------------------------------------------------------------------------

NOT_PRIVATE = Text(
    fr="Le certificat de ce site n'est pas valable pour {host}", en="This site's certificate does not hold for {host}"
)
CERTIFICATES: Mapping[CertificateTrouble, Text] = {
    "unknown-authority": Text(
        fr="{host} ne connaît pas l'autorité qui a signé le certificat.",
        en="{host} does not know the authority that signed the certificate.",
    ),
    "expired": Text(fr="Le certificat a expiré.", en="The certificate has expired."),
    "not-yet": Text(fr="Le certificat n'est pas encore valable.", en="The certificate does not hold yet."),
    "wrong-name": Text(
        fr="Le certificat n'est pas au nom de {name}.", en="The certificate is not for the name {name}."
    ),
    "other": Text(fr="Le certificat n'est pas acceptable.", en="The certificate cannot be accepted."),
}
NAMES = Text(fr="Au nom de", en="For")
ISSUER = Text(fr="Signé par", en="Signed by")
BEGINS = Text(fr="Valable du", en="Holds from")
ENDS = Text(fr="au", en="until")
FINGERPRINT = Text(fr="SHA-256", en="SHA-256")
ALL_THE_SAME = Text(fr="Ouvrir quand même", en="Open all the same")
FOR_THIS_VISIT = Text(
    fr="Ce choix vaut pour ce certificat, tant que la page est ouverte.",
    en="This choice holds for this certificate, as long as the page is open.",
)
