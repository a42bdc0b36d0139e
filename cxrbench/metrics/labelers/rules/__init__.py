"""The embedded rule-based labeler.

text -> sections -> sentences of normalised tokens (`text`) -> tagged spans (`matcher`, `lexicon`)
-> polarity of each mention (`scope`, `anatomy`) -> one label per condition (`labeler`).
"""
