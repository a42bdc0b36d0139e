"""Pages of run folders: leaderboards, reports of a run, comparisons. Summaries (data) first, then rendering."""
