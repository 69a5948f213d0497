"""A rehearsal: dummies on this machine's loopback do what a room full of people does."""
