"""A phantom of VQA-RAD, from pictures that look different from those of the MIMIC phantom."""
