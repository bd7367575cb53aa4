"""One file a REST subject. No route imports another."""
