"""A phantom of MIMIC-CXR-JPG, MIMIC-CXR and MIMIC-Ext-CXR-QBA: one folder with the exact layout of all three."""
