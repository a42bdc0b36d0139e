"""Patients over time, their films from the front and the side, and the reports: what MIMIC-CXR holds."""
