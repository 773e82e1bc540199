"""How a client asks and what it makes of the answers."""
