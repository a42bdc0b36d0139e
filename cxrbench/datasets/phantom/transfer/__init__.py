"""Pictures of another place than the training data, and what can be asked of them."""
