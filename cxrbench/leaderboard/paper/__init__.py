"""Tables for a paper: rows from runs, marks from corrected tests, footnotes, methods and a bibliography."""
