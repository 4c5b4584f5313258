"""The lines that tell which node of a cluster works at which scenario."""

from __future__ import annotations

from orchestrator.cli.invocation import Invocation
from orchestrator.cli.progress_view import Steps
from orchestrator.core.text import Text


class NodeProgress:
    """Tells the nodes that can work, and what each begins with."""

    def __init__(self, invocation: Invocation, shown: Steps) -> None:
        """Tell it on a view of steps."""
        self._cluster = invocation.app.cluster
        self._shown = shown
        self._at_work: dict[str, str] = {}

    def see_nodes(self) -> None:
        """Have the nodes tell what they are, and say which can work.

        Raises:
            UsageError: this machine manages no cluster, or no node of it can work.
        """
        self._shown.step(Text(fr="Les machines disent ce qu'elles sont", en="The machines tell what they are"))
        listed = ", ".join(one.node.name for one in self._cluster.ready())
        self._shown.step(Text(fr=f"Cluster : {listed}", en=f"Cluster: {listed}"))

    def placed(self, scenario: str, node: str) -> None:
        """Say that a node begins with a scenario."""
        before = self._at_work.get(scenario)
        self._at_work[scenario] = node
        self._shown.detail(
            Text(fr=f"{scenario} : sur {node}", en=f"{scenario}: on {node}")
            if before is None
            else Text(
                fr=f"{scenario} : recommencé sur {node} ({before} n'y travaille plus)",
                en=f"{scenario}: begun again on {node} ({before} works at it no longer)",
            )
        )

    def failed(self, scenario: str, node: str, why: str, *, last: bool) -> None:
        """Say that a node could not do its work, and whether it is given up."""
        self._at_work.pop(scenario, None)
        again = Text(fr="abandonné", en="given up") if last else Text(fr="à recommencer", en="to begin again")
        self._shown.detail(
            Text(
                fr=f"{scenario} : échec sur {node}, {again.fr} ({why})",
                en=f"{scenario}: failed on {node}, {again.en} ({why})",
            )
        )
