"""A room full of people: a hub's configuration, and a rehearsal of it."""
