"""The teacher's screen: keys become commands, notices become state, state becomes words."""
