"""Config and subentry flows: their steps and forms."""
