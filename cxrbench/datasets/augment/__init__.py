"""Augmentation of films, boxes, scene graphs, questions and answers; none of it ever mixes up left and right."""
