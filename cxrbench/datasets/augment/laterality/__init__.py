"""The horizontal flip: left and right exchanged in boxes, region names, scene graphs, questions and answers."""
