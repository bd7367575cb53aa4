"""Many clients against one simulated cluster: what they were told is what there is."""
