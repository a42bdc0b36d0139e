"""Readers, one per on-disk format; images, text cleaning and splits; and the phantom."""
