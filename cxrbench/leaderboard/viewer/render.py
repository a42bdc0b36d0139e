"""From the examples to one page: the index for lists and orders, the rest in chunks that are read when shown."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from cxrbench import __version__
from cxrbench.leaderboard.page.render import embedded, render
from cxrbench.leaderboard.run_report.contents import RunContents
from cxrbench.leaderboard.viewer.data import ViewerData
from cxrbench.leaderboard.viewer.films import Films
from cxrbench.leaderboard.viewer.records import Record

WORDS_CHUNK = 100
PICTURES_CHUNK = 20
_SOURCES: dict[Films, tuple[str, ...]] = {"link": ("file:",), "embed": ("data:",), "none": ()}


def viewer_html(
    contents: RunContents,
    data: ViewerData,
    banners: Sequence[tuple[str, str]],
    *,
    films: Films,
    report: str | None = None,
) -> str:
    """The page.

    Args:
        films: How films are shown; decides which images the page may load.
        report: Relative path of the report of the run, to link to.
    """
    results = contents.run.results
    return render(
        "viewer.html",
        title=f"Examples: {results['model']} on {results['task']}",
        data={**data.index, "wordsChunk": WORDS_CHUNK, "picturesChunk": PICTURES_CHUNK},
        scripts=("viewer.js", "viewer_show.js", "viewer_list.js"),
        styles=("viewer.css",),
        images=_SOURCES[films],
        version=__version__,
        record=contents.run.record,
        model=results["model"],
        task=results["task"],
        count=len(data.words),
        models=data.index["models"],
        scores=data.index["scores"],
        has_sure=any(item is not None for item in data.index["sure"]),
        filters=[(group["title"], [item[0] for item in group["items"]]) for group in data.index["filters"]],
        banners=banners,
        notes=data.notes,
        linked=films == "link",
        report=report,
        words=_chunks(data.words, WORDS_CHUNK),
        pictures=_chunks(data.pictures, PICTURES_CHUNK),
    )


def _chunks(records: Sequence[Record], size: int) -> list[Markup]:
    return [embedded(records[start : start + size]) for start in range(0, len(records), size)]
