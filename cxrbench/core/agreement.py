"""Restricted data stay on this machine, unless the user names the agreement under which they may leave it."""

from __future__ import annotations

from collections.abc import Sequence

from cxrbench.core.errors import UsageError


def require_agreement(
    sender: str,
    *,
    where: str,
    task: str,
    terms: str,
    agreement: str | None,
    host: str | None = None,
    allowed_hosts: Sequence[str] = (),
) -> None:
    """Refuse to send the texts and films of a restricted task elsewhere.

    Args:
        sender: Who would send them, for example "model openai:name".
        where: The option that named it.
        terms: What the data are under, for example "PhysioNet Credentialed Health Data License 1.5.0".
        agreement: What the user stated with --data-agreement; None or blank for nothing.
        host: The machine they would go to; None where it is not known.
        allowed_hosts: The machines that the user named with --allow-host.

    Raises:
        UsageError: The user stated no agreement, or did not name the machine.
    """
    if agreement is not None and agreement.strip():
        if host is None or host in allowed_hosts:
            return
        raise UsageError(
            f"{sender} would send restricted data to {host}, which is not among the allowed hosts",
            where=where,
            valid=", ".join(allowed_hosts) or "no host is allowed so far",
            hint=f"if the agreement covers this machine, add --allow-host {host}",
        )
    raise UsageError(
        f"{sender} sends texts and films to another machine, and the data of {task} are restricted ({terms})",
        where=where,
        valid="what runs on this machine",
        hint='if an agreement allows it, name it: --data-agreement "who, under which agreement, until when"; '
        "it is recorded in run.json",
    )
