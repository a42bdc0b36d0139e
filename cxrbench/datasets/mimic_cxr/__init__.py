"""MIMIC-CXR-JPG 2.x and the reports of MIMIC-CXR (Johnson et al., PhysioNet 2019-2024)."""
