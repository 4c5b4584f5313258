"""``capacity``: how many of each lab fit on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.cli.click_classes import argument, command, option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import table
from orchestrator.cli.progress_view import steps
from orchestrator.cli.room_for_labs import room_for_labs
from orchestrator.core.number_text import number_text
from orchestrator.core.text import Text

if TYPE_CHECKING:
    from orchestrator.bench.capacity import CapacityReport

_MIB = 1 << 20


@command(
    "capacity",
    help=Text(
        fr="Dire combien de chaque lab cette machine supporte, d'après ce qui y a été mesuré.\n\n"
        "Sans LAB : tous les labs. Les mesures viennent de « bench », ou de --measure, qui démarre une fois chacun des "
        "labs sans mesure, puis le retire. Les limites sont celles du portail, s'il est réglé.",
        en="Tell how many of each lab fit on this machine, from what was measured on it.\n\n"
        "Without LAB: all labs. The figures come from 'bench', or from --measure, which starts each lab without a "
        "figure once and removes it. The limits are those of the portal, where it is set up.",
    ),
)
@argument("labs", metavar="[LAB]...", nargs=-1)
@option(
    "--measure",
    is_flag=True,
    help=Text(fr="Mesurer d'abord les labs sans mesure.", en="Measure the labs without a figure first."),
)
@pass_invocation
def capacity_command(invocation: Invocation, labs: tuple[str, ...], *, measure: bool) -> None:
    """Show how many of each lab there may be, once what lacks was measured."""
    from orchestrator.bench.boots import measure_labs
    from orchestrator.bench.capacity import capacity
    from orchestrator.bench.lab_figures import figures_file, kept_figures

    app = invocation.app
    plans = {name: app.labs.plans.of_lab(name) for name in labs or app.content.labs()}
    room = room_for_labs(invocation)
    report = capacity(plans, kept_figures(figures_file()), room)
    if measure and report.unmeasured:
        with steps(invocation) as shown:
            measure_labs(app, {name: plans[name] for name in report.unmeasured}, progress=shown)
        report = capacity(plans, kept_figures(figures_file()), room)
    invocation.output.emit(report.to_document(), lambda: _show(invocation, report))


def _show(invocation: Invocation, report: CapacityReport) -> None:
    from orchestrator.bench.capacity import why_no_more, why_two_numbers

    out, language = invocation.output, invocation.language
    memory = number_text(report.room.memory / (_MIB << 10), ",.1f")
    out.print(
        Text(
            fr=f"Pour les labs : {memory.fr} Gio de mémoire, {report.room.starts} démarrages à la fois.",
            en=f"For labs: {memory.en} GiB of memory, {report.room.starts} starts at once.",
        )
    )
    rows = table(
        "Lab",
        Text(fr="Machines", en="Hosts"),
        Text(fr="Mesuré", en="Measured"),
        Text(fr="Au plus", en="At most"),
        Text(fr="Prêt en", en="Ready in"),
        Text(fr="Supportés", en="Fit"),
        Text(fr="Admis", en="Admitted"),
    )
    for column in rows.columns[1:]:
        column.justify, column.no_wrap = "right", True
    for one in report.labs:
        seconds = "–" if one.seconds is None else number_text(one.seconds, ".1f").in_(language) + " s"
        rows.add_row(
            one.lab,
            str(one.hosts),
            _mib(one.memory).in_(language),
            _mib(one.most).in_(language),
            seconds,
            "–" if one.fit is None else f"{one.fit}{'*' if one.by_hosts else ''}",
            str(one.admitted),
        )
    out.print(rows)
    out.quiet(why_two_numbers())
    if any(one.by_hosts for one in report.labs):
        out.quiet(why_no_more())
    if report.unmeasured:
        out.quiet(
            Text(
                fr="→ « breakfix capacity --measure » mesure ceux qui ne le sont pas.",
                en="→ 'breakfix capacity --measure' measures those that are not.",
            )
        )


def _mib(size: int | None) -> Text:
    if size is None:
        return Text(fr="–", en="–")
    number = number_text(size / _MIB, ",.0f")
    return Text(fr=f"{number.fr} Mio", en=f"{number.en} MiB")
