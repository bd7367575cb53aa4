"""One file a toolset. No toolset imports another."""
