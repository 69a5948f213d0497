"""From a chapter to paper and to a lecture hall: what slides and hand-outs share."""
