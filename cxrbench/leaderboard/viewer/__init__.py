"""The example viewer: every example of a run with its film, its texts and what went wrong, in one file."""
