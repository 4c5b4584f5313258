"""``ledger``: whose records of proofs are believed here, and signing one's own."""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli import completing
from orchestrator.cli.click_classes import FILE, NAME, CommandGroup, argument, help_without_command, option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import plain, table
from orchestrator.core.errors import UsageError
from orchestrator.core.paths import data_folder
from orchestrator.core.text import Text
from orchestrator.proof.trust import MACHINE, OWN, sign

_MOST = 1 << 16
"""Bytes of the largest public key that is read."""

ledger_command = CommandGroup(
    "ledger",
    help=Text(
        fr="Les preuves enregistrées à côté des scénarios : à qui cette machine se fie, et signer les siennes.\n\n"
        "Celles qui viennent avec Breakfix sont crues. D'autres le sont si elles sont signées d'une clé acceptée ici.",
        en="Proofs recorded beside the scenarios: whom this machine believes, and signing one's own.\n\n"
        "Those that come with Breakfix are believed. Others are where a key signed them that was accepted here.",
    ),
    invoke_without_command=True,
    callback=help_without_command,
)


@ledger_command.command(
    "trust",
    short_help=Text(fr="Accepter une clé.", en="Accept a key."),
    help=Text(
        fr="Accepter une clé publique d'OpenSSH : le fichier .pub, ou sa ligne entre guillemets. Vérifiez auprès de "
        "son propriétaire qu'elle est bien la sienne.",
        en="Accept a public key of OpenSSH: the .pub file, or its line in quotes. Ask its owner whether it is theirs.",
    ),
)
@argument("key", metavar=Text(fr="CLÉ", en="KEY"))
@option(
    "--name",
    required=True,
    metavar=NAME,
    help=Text(fr="À qui est la clé, comme alice@ecole.fr.", en="Whose key it is, such as alice@school.org."),
)
@option("--system", is_flag=True, help=Text(fr="Pour toute la machine.", en="For the whole machine."))
@pass_invocation
def trust(invocation: Invocation, key: str, name: str, *, system: bool) -> None:
    """Accept a key."""
    signer = invocation.app.trust.add(name, _public(key), MACHINE if system else data_folder() / OWN)
    said = Text(
        fr=f"✔ Les preuves signées par {name} sont crues ici.", en=f"✔ Proofs signed by {name} are believed here."
    )
    document = {"name": signer.name, "key": signer.key, "file": str(signer.file)}
    invocation.output.emit(document, lambda: invocation.output.ok(said))


@ledger_command.command(
    "distrust", help=Text(fr="Ne plus se fier aux clés de quelqu'un.", en="Believe somebody's keys no longer.")
)
@argument("name", metavar=NAME)
@pass_invocation
def distrust(invocation: Invocation, name: str) -> None:
    """Remove keys."""
    removed = invocation.app.trust.remove(name)
    said = Text(
        fr=f"✔ Les preuves signées par {name} ne sont plus crues ici.",
        en=f"✔ Proofs signed by {name} are believed no longer.",
    )
    invocation.output.emit({"name": name, "removed": len(removed)}, lambda: invocation.output.ok(said))


@ledger_command.command("keys", help=Text(fr="Les clés acceptées ici.", en="The keys that are accepted here."))
@pass_invocation
def keys(invocation: Invocation) -> None:
    """List the keys."""
    signers = invocation.app.trust.signers()
    if invocation.json:
        invocation.output.document([{"name": s.name, "key": s.key, "file": str(s.file)} for s in signers])
        return
    if not signers:
        invocation.output.quiet(
            Text(
                fr="Aucune clé : seules les preuves qui viennent avec Breakfix sont crues.",
                en="No key: only the proofs that come with Breakfix are believed.",
            )
        )
        return
    rows = table(Text(fr="Nom", en="Name"), Text(fr="Clé", en="Key"), Text(fr="Fichier", en="File"))
    for one in signers:
        kind, _, body = one.key.partition(" ")
        rows.add_row(plain(one.name, "key"), f"{kind} …{body[-16:]}", plain(str(one.file), "quiet"))
    invocation.output.print(rows)


@ledger_command.command(
    "sign",
    short_help=Text(fr="Signer des preuves enregistrées.", en="Sign recorded proofs."),
    help=Text(
        fr="Signer les preuves enregistrées de scénarios, avec une clé privée d'OpenSSH. La signature est à côté de "
        "la preuve, et voyage avec elle.",
        en="Sign the recorded proofs of scenarios, with a private key of OpenSSH. The signature is beside the proof, "
        "and travels with it.",
    ),
)
@argument(
    "scenarios",
    nargs=-1,
    required=True,
    metavar=Text(fr="SCÉNARIO…", en="SCENARIO…"),
    shell_complete=completing.scenarios,
)
@option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar=FILE,
    help=Text(fr="La clé privée, comme ~/.ssh/id_ed25519.", en="The private key, such as ~/.ssh/id_ed25519."),
)
@pass_invocation
def sign_(invocation: Invocation, scenarios: tuple[str, ...], key: Path) -> None:
    """Sign records."""
    ledger = invocation.app.proofs.ledger
    names = tuple(dict.fromkeys(invocation.app.labs.plans.scenario(name).id for name in scenarios))
    contents = {name: ledger.content_of(name) for name in names}
    files = {name: ledger.sign(name, sign(content, key)) for name, content in contents.items()}
    if invocation.json:
        invocation.output.document({name: str(file) for name, file in files.items()})
        return
    for name, file in files.items():
        invocation.output.ok(Text(fr=f"✔ {name} : {file}", en=f"✔ {name}: {file}"))


def _public(key: str) -> str:
    """Return a public key, whose file or whose line was given."""
    path = Path(key)
    try:
        if len(key) > 4096 or not path.is_file():  # noqa: PLR2004 - no path is as long
            return key
        return path.read_bytes()[:_MOST].decode(errors="replace")
    except OSError as error:
        raise UsageError(
            Text(fr=f"{key} ne peut pas être lu : {error.strerror}", en=f"{key} cannot be read: {error.strerror}")
        ) from error
