"""Cloud storage and retention of clips, as Home Assistant sees them."""
