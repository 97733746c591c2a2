"""The steps and forms in which a person sets HomeSec up."""
