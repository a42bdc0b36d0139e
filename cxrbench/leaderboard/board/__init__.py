"""The leaderboard: run folders collected, sorted into tables that may be ranked, ranked, and written as a site."""
