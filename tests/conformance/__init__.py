"""Cases recorded from real Helm."""
