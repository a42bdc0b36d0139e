"""Charts as coordinates: Python computes where everything stands, `templates/charts.html` draws it as inline SVG."""
