"""What a camera's settings mean, and what is known of it at the moment."""
