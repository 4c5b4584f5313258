"""What ``serve`` shows: what runs, how it is reached and how to end it, in words or as lines of JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestrator.cli.invocation import Invocation
from orchestrator.cli.output import table
from orchestrator.core.text import Text, same

if TYPE_CHECKING:
    from orchestrator.serving.portal_server import Serving
    from orchestrator.serving.process_group import GroupEvent
    from orchestrator.serving.serve_plan import ServePlan

_LINE = 48
"""Characters of a fingerprint's first half."""


def json_line(document: dict[str, Any]) -> None:
    """Write a document on a line of its own, at once."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _moment(text: str) -> str:
    """Return a moment in ISO 8601 as it is read here."""
    try:
        return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return text


@dataclass
class ServeView:
    """Shows in words what runs and how to end it, or as lines of JSON.

    Attributes:
        pids: the processes that run, by name.
    """

    invocation: Invocation
    plan: ServePlan
    serving: Serving
    pids: dict[str, int] = field(default_factory=dict)
    _link: dict[str, str] = field(default_factory=dict)
    _shown: bool = False

    def tell(self, event: GroupEvent) -> None:
        """Show what happened."""
        if event.kind == "told":
            self._told(event)
        elif event.kind == "ready":
            self._ready(event)
        elif self.invocation.json:
            again = {"again_in": event.wait} if event.kind == "crashed" else {}
            json_line({"event": event.kind, "name": event.name, "pid": event.pid, "status": event.status, **again})
        else:
            self._say(event)

    def over(self, keeper: int) -> None:
        """Say what goes on though nothing is served any more."""
        if self.invocation.json:
            json_line({"event": "over", "keeper": keeper or None})
            return
        out = self.invocation.output
        out.print("")
        out.ok(Text(fr="✔ Le portail est arrêté.", en="✔ The portal has ended."))
        kept = Text(fr="Les labs continuent", en="Labs go on")
        if keeper:
            kept = Text(
                fr=f"Les labs et leurs terminaux continuent (gardien : processus {keeper})",
                en=f"Labs and their terminals go on (keeper: process {keeper})",
            )
        out.print(Text(fr=f"  {kept.fr}.", en=f"  {kept.en}."))
        out.print(
            Text(
                fr="  « ./breakfix serve » les retrouve, « ./breakfix stop --all » arrête les labs.",
                en="  './breakfix serve' finds them again, './breakfix stop --all' ends labs.",
            )
        )

    def _told(self, event: GroupEvent) -> None:
        # The portal, too, may say documents, once somebody has broken into it.
        link = event.document.get("first_link") if event.name == "labd" else None
        if isinstance(link, dict) and {"handle", "link", "until"} <= link.keys():
            self._link = {name: str(link[name]) for name in ("handle", "link", "until")}
            if self._shown:
                self._show_link()

    def _ready(self, event: GroupEvent) -> None:
        again = event.name in self.pids
        self.pids[event.name] = event.pid
        if self.invocation.json:
            json_line({"event": "ready", "name": event.name, "pid": event.pid})
        elif again:
            self.invocation.output.ok(
                Text(
                    fr=f"✔ {event.name} tourne de nouveau (processus {event.pid}).",
                    en=f"✔ {event.name} runs again (process {event.pid}).",
                )
            )
        if not self._shown and len(self.pids) == len(self.serving.processes):
            self._shown = True
            self._show()

    def _say(self, event: GroupEvent) -> None:
        out, name = self.invocation.output, event.name
        match event.kind:
            case "crashed":
                wait = f"{event.wait:g}"
                out.warn(
                    Text(
                        fr=f"! {name} s'est arrêté (état {event.status}) ; nouveau départ dans {wait} s.",
                        en=f"! {name} has ended (status {event.status}); it is started again in {wait} s.",
                    )
                )
            case "ending":
                out.quiet(Text(fr=f"  {name} s'arrête…", en=f"  {name} is ending…"))
            case "killed":
                out.warn(
                    Text(
                        fr=f"! {name} ne s'arrêtait pas : il a été tué.",
                        en=f"! {name} did not end: it was killed.",
                    )
                )
            case _:
                pass

    # The screen -------------------------------------------------------------------------------------------

    def _show(self) -> None:
        address = self.serving.origins[0]
        if self.invocation.json:
            json_line(
                {
                    "event": "serving",
                    "address": address,
                    "addresses": list(self.serving.origins),
                    "listen": str(self.plan.listen),
                    "pages": self.serving.pages.replace("://", "://*.") or None,
                    "fingerprint": self.serving.fingerprint or None,
                    "portal_account": self.serving.account or None,
                }
            )
            self._show_link()
            return
        out = self.invocation.output
        rows = table("", "")
        rows.show_header = False
        rows.add_row(Text(fr="Adresse", en="Address"), same(address))
        if others := self.serving.origins[1:]:
            rows.add_row(Text(fr="Aussi", en="Also"), same("\n".join(others)))
        if self.serving.fingerprint:
            rows.add_row(Text(fr="Certificat", en="Certificate"), self._certificate())
        rows.add_row(Text(fr="Pages web des labs", en="Labs' web pages"), self._pages())
        rows.add_row(Text(fr="Processus", en="Processes"), self._processes())
        rows.add_row(
            Text(fr="Arrêter", en="To end"),
            Text(fr="Ctrl-C ; les labs et leurs terminaux continuent", en="Ctrl-C; labs and their terminals go on"),
        )
        out.ok(Text(fr="✔ Les labs sont servis dans le navigateur.", en="✔ Labs are served in the browser."))
        out.print("", rows)
        if self.plan.listen.only_this_machine and not self.plan.behind_proxy:
            out.print(
                "",
                Text(
                    fr="Seule cette machine y accède. Pour une salle ou une école :\n"
                    "  ./breakfix serve --listen 0.0.0.0:8443",
                    en="Only this machine reaches it. For a classroom or a school:\n"
                    "  ./breakfix serve --listen 0.0.0.0:8443",
                ),
            )
        self._show_link()

    def _pages(self) -> Text:
        if self.serving.pages:
            return same(self.serving.pages.replace("://", "://*."))
        return Text(
            fr='aucune : il leur faut un autre domaine (pages = "*.DOMAINE" dans les réglages)',
            en='none: they need another domain (pages = "*.DOMAIN" in the settings)',
        )

    def _certificate(self) -> Text:
        print_ = self.serving.fingerprint
        halves = f"SHA-256 {print_[:_LINE]}\n        {print_[_LINE:]}"
        if not self.serving.self_made:
            return same(halves)
        return Text(
            fr=f"{halves}\nfait ici : le navigateur avertit une fois ; comparez l'empreinte",
            en=f"{halves}\nmade here: browsers warn once; compare the fingerprint",
        )

    def _processes(self) -> Text:
        listed = ", ".join(f"{name} ({pid})" for name, pid in self.pids.items())
        if self.serving.account:
            return Text(
                fr=f"{listed} ; portal sous le compte {self.serving.account}, sans droits",
                en=f"{listed}; portal under the account {self.serving.account}, without rights",
            )
        return Text(
            fr=f"{listed}, tous deux sous votre compte : une faille du portail aurait vos droits, dont Docker ; "
            "pour une école, lancez en root",
            en=f"{listed}, both under your account: a hole in the portal would have your rights, Docker's among them; "
            "for a school, run as root",
        )

    def _show_link(self) -> None:
        if not self._link:
            return
        handle, until = self._link["handle"], self._link["until"]
        read = _moment(until)
        address = f"{self.serving.origins[0]}/link#{self._link['link']}"
        if self.invocation.json:
            json_line({"event": "first-link", "handle": handle, "address": address, "until": until})
            return
        self.invocation.output.print(
            "",
            Text(
                fr=f"Première fois : choisissez le mot de passe de l'administrateur « {handle} »,\n"
                f"par ce lien, qui sert une fois, jusqu'au {read} :",
                en=f"First time: choose the password of the administrator '{handle}'\n"
                f"by this link, which works once, until {read}:",
            ),
            same(address),
        )
