"""An index of MIMIC-Ext-CXR-QBA: one row per question in Parquet, built once, queried with DuckDB."""
