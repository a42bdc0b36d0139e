"""Changes of a film that leave it a chest film, and of the boxes on it."""
