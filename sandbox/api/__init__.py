"""The gateway's API: what the contract says of paths, bodies and answers."""
