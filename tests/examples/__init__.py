"""Examples of manifests, as authors write them."""
