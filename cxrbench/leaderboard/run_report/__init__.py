"""The stratified report of one run: what its folder holds as data, then one page."""
