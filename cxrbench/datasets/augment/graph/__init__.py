"""Scene graphs with parts missing, edges softened and boxes moved."""
