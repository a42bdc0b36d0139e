"""Which questions a model is trained on: balanced draws from the index, label targets, label consistency."""
