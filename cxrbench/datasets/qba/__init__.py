"""MIMIC-Ext-CXR-QBA 1.0.0: scene graphs and questions of studies (Müller et al., PhysioNet 2025)."""
