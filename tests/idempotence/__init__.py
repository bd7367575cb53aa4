"""The law that nothing is written twice, held to every field of every kind on a simulated cluster."""
