"""``phodang report``: one HTML page of what is in a labelled corpus."""

from __future__ import annotations

from typing import Annotated

import typer

from phodang.commands.options import LabelledArgument, UnfinishedOption
from phodang.commands.writing import write_file_or_output


def report(
    labelled: LabelledArgument,
    output: Annotated[
        str, typer.Option("--output", "-o", help="HTML file to write, or - for standard output.")
    ],
    title: Annotated[
        str, typer.Option("--title", help="Title of the page.")
    ] = "Báo cáo về kho bài viết",
    date_field: Annotated[
        str, typer.Option("--date-field", help="Field of the articles that holds their date.")
    ] = "date",
    top: Annotated[int, typer.Option("--top", min=1, help="Names listed of each type.")] = 30,
    passages: Annotated[
        int, typer.Option("--passages", min=0, help="Passages shown for each name.")
    ] = 5,
    unfinished: UnfinishedOption = False,
) -> None:
    """Show a labelled corpus in one HTML page that opens without network.

    Needs the extra report.
    """
    # Imported here: plots take a library that labelling does not.
    from phodang.batch.output import read_labelled
    from phodang.report import ReportOptions, build_report

    options = ReportOptions(
        title=title,
        date_field=date_field,
        top=top,
        passages_per_entity=passages,
    )
    page = build_report(lambda: read_labelled(labelled, allow_unfinished=unfinished), options)
    write_file_or_output(output, page)
