"""The shape of production on this machine, to try it out."""
