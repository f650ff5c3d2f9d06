"""`backbones pick`."""

from __future__ import annotations

import click

from backbones.cli.session import Session, catalog_options, format_option, say, table_width
from backbones.store.adviser import Advice, Recommended, Wish, advise
from backbones.store.advising.table import table_of
from backbones.store.formats import render, shown


@click.command("pick")
@click.option(
    "--task", "-t", default="classification", show_default=True, help="What for: detection, zero-shot, robustness …"
)
@click.option("--where", "-w", default="", metavar="FILTER", help="Hard limits, in the language of `query`.")
@click.option(
    "--maximise", "-m", default="", metavar="REF", help="What is to be best; else what most models of the task report."
)
@click.option("--dataset", default="", metavar="NAME", help="The data set that it has to be good on.")
@click.option("--head", default="", metavar="NAME", help="The head that is put on it, such as mask-r-cnn.")
@click.option("--device", "-d", default="", metavar="NAME", help="The device it runs on; `here` is this machine.")
@click.option("--precision", default="", metavar="P", help="Of the speed on that device: fp32, fp16, amp …")
@click.option(
    "--min-img-s", type=click.FloatRange(min=0), metavar="N", help="At least so many images a second on --device."
)
@click.option("--max-ms", type=click.FloatRange(min=0), metavar="N", help="At most so many milliseconds on --device.")
@click.option("--max-params", type=click.FloatRange(min=0), metavar="M", help="At most so many million parameters.")
@click.option("--max-memory", type=click.FloatRange(min=0), metavar="MIB", help="At most so much memory, in MiB.")
@click.option(
    "--licence", default="", metavar="CLASS", help="A class of licences: permissive, copyleft, non-commercial …"
)
@click.option("--installable", is_flag=True, help="Only weights that a library can load.")
@click.option("--per-setting", is_flag=True, help="A backbone may be listed once for each of its settings.")
@click.option(
    "--limit", "-n", type=click.IntRange(min=1), default=5, show_default=True, help="At most so many answers."
)
@click.option("--explain", is_flag=True, help="Say how the question is understood, and the query that shows all of it.")
@format_option
@catalog_options
@click.pass_obj
def command(
    session: Session, task: str, where: str, maximise: str, dataset: str, head: str, device: str, precision: str,
    min_img_s: float | None, max_ms: float | None, max_params: float | None, max_memory: float | None, licence: str,
    installable: bool, per_setting: bool, limit: int, explain: bool, form: str,
) -> int | None:  # fmt: skip
    """Which backbone for a task, within limits: a short list with reasons.

    All limits are hard. The answers are on the Pareto front of what is maximised and of every cost that you name (speed,
    memory, MACs; parameters always): nothing that meets the limits is better in one and as good in all. Of a longer front
    the best is listed, then the cheapest within growing distances from it. What a tenth looser a limit would bring, and what
    nobody has measured, stands below (in other formats than `table` on stderr).

    \b
    backbones pick --device v100 --precision amp --min-img-s 1000
    backbones pick --task detection --head mask-r-cnn --max-params 60
    backbones pick --where 'throughput@rtx3090:precision=amp > 2000 and family != ViT' --licence permissive --installable
    """
    if (min_img_s is not None or max_ms is not None or precision) and not device:
        raise click.UsageError("a speed or precision needs --device NAME; `backbones list devices` names them")
    if device and min_img_s is None and max_ms is None and max_memory is None and precision == "":
        say(f"no limit on {device} is given; its speed is only weighed")
    wish = Wish(
        task=task, where=where, maximise=maximise, dataset=dataset, head=head, device=device, precision=precision,
        min_img_s=min_img_s, max_ms=max_ms, max_params_m=max_params, max_memory_mib=max_memory, licence=licence,
        is_installable=installable, limit=limit, per_setting=per_setting,
    )  # fmt: skip
    advice = advise(session.connect(), wish)
    if explain:
        click.echo("\n".join(explained(advice)))
        return None
    if form == "table":
        click.echo(as_text(advice, table_width()), nl=False)
    else:
        click.echo(render(table_of(advice), form), nl=False)
        for line in surroundings(advice):
            say(line)
    return None if advice.answers else 1


def explained(advice: Advice) -> list[str]:
    """How the question is understood."""
    metric, *costs = advice.columns
    word = "smallest" if metric.higher_is_better is False else "largest"
    limits = [limit.limit for limit in advice.relaxed]
    return [
        f"best: the {word} {metric.label} ({advice.maximise})",
        f"filter: {advice.filter or 'none'}",
        *(f"  limit: {limit}" for limit in limits),
        f"compared besides: {', '.join(c.label for c in costs)}",
        f"rows: {advice.candidates:,} have the metric, {advice.meeting:,} meet the limits, {len(advice.front):,} are on the Pareto front",
        f"all rows{' (without the limit on the memory)' if advice.omits_memory else ''}: {advice.query_command()}",
        *advice.notes,
    ]


def as_text(advice: Advice, width: int | None) -> str:
    """The short list, then each answer with its reason and evidence, then what surrounds it."""
    if not advice.answers:
        return "\n".join(["nothing meets all limits", *surroundings(advice)]) + "\n"
    parts = [render(table_of(advice, short=True), "table", width)]
    parts += ["\n".join(_told(number, answer, advice)) for number, answer in enumerate(advice.answers, 1)]
    parts.append("\n".join(surroundings(advice)))
    return "\n\n".join(part.rstrip("\n") for part in parts if part) + "\n"


def _told(number: int, answer: Recommended, advice: Advice) -> list[str]:
    proof = answer.evidence
    lines = [f"{number}  {answer.name}: {answer.reason}"]
    for column, value, source in zip(advice.columns, answer.values, proof.sources, strict=True):
        spread = f" {proof.spread}" if column is advice.columns[0] and str(proof.spread) else ""
        lines.append(
            f"   {column.label} {shown(value, column) or 'unknown'}{spread}" + (f"  ({source})" if source else "")
        )
    if proof.load:
        lines.append(f"   load: {proof.load}")
    lines.append(f"   licence: {proof.licence or 'not stated'} ({proof.licence_class or 'unknown'})")
    if proof.why_not:
        lines.append(f"   not installable: {proof.why_not}")
    if answer.others:
        lines.append(f"   {answer.others} more of this backbone's settings on the front: --per-setting lists them")
    return [*lines, *(f"   doubtful: {doubt}" for doubt in proof.doubts)]


def surroundings(advice: Advice) -> list[str]:
    """What looser limits would bring, what is not known, what to know of the numbers."""
    lines = []
    if advice.relaxed:
        lines += ["a tenth looser:", *(f"  {relaxed.text}" for relaxed in advice.relaxed)]
    if advice.unknown:
        lines += ["not known:", *(f"  {unknown.text}" for unknown in advice.unknown)]
    return lines + [f"note: {note}" for note in advice.notes]
