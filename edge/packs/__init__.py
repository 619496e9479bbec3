"""What goes between a hub and a school without a link: signed folders on a stick."""
