"""A phantom of SLAKE, from pictures that look different from those of the MIMIC phantom."""
