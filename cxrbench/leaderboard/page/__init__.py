"""What all pages share: one self-contained HTML file with styles, scripts and data, and how values are written."""
