"""Restricted data stay on this machine, unless the user names the agreement under which they may leave it."""

from __future__ import annotations

from cxrbench.core.errors import UsageError


def require_agreement(sender: str, *, where: str, task: str, terms: str, agreement: str | None) -> None:
    """Refuse to send the texts and films of a restricted task elsewhere.

    Args:
        sender: Who would send them, for example "model openai:name".
        where: The option that named it.
        terms: What the data are under, for example "PhysioNet Credentialed Health Data License 1.5.0".
        agreement: What the user stated with --data-agreement; None or blank for nothing.

    Raises:
        UsageError: The user stated no agreement.
    """
    if agreement is not None and agreement.strip():
        return
    raise UsageError(
        f"{sender} sends texts and films to another machine, and the data of {task} are restricted ({terms})",
        where=where,
        valid="what runs on this machine",
        hint='if an agreement allows it, name it: --data-agreement "who, under which agreement, until when"; '
        "it is recorded in run.json",
    )
